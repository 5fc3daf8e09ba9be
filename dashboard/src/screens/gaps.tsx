/** The list behind a figure: every school that is not met or unknown, with the reasons and the last proof. */
import type { Gap } from "../api.gen";
import { API, query } from "../client";
import { count, dateTime } from "../format";
import { labelled, look, named, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { me } from "../store/session";
import { schoolNameOf, unitName } from "../store/words";
import { usePages } from "../ui/pages";
import { Badge, Button, Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { formulaOf, sourceOf } from "./formula";
import { StateBadge } from "./gapparts";

export function GapList() {
  const m = t();
  const q = route.value.query;
  const unit = q["unit"];
  const indicator = q["gaps"] ?? "";
  const figure = q["figure"] === "ledger" ? "ledger" : "live";
  const judgement = q["judgement"] === "not_met" || q["judgement"] === "unknown" ? q["judgement"] : "";
  const filter = query({ unit, indicator, figure, judgement });
  const list = usePages<Gap>(`/coverage/gaps${filter}`);
  const held = picture.value;
  const chosen = held?.indicators.find((one) => one.id === indicator);
  const set = (change: Record<string, string | undefined>) => replaceQuery({ ...q, gaps: indicator, ...change });
  const place = unit ? named(held?.units.get(unit), schoolNameOf(unit) || unit) : named(me.value?.scope);
  return (
    <div class="coverage page">
      <header class="pagehead">
        <div>
          <a class="back" href={href("coverage", { unit: held?.units.has(unit ?? "") ? unit : undefined })}>
            ← {m.coverage.title}
          </a>
          <h1>{m.coverage.gapTitle(place, chosen ? labelled(chosen) : m.coverage.gapAll)}</h1>
        </div>
        <span class="stretch" />
        <select
          aria-label={m.coverage.gapColumns.indicator}
          value={indicator}
          onChange={(event) => set({ gaps: event.currentTarget.value || " " })}
        >
          {held?.indicators.map((one) => (
            <option key={one.id} value={one.id}>
              {labelled(one)}
            </option>
          ))}
        </select>
        <Choice
          label={m.coverage.figure}
          value={figure}
          options={[
            { value: "ledger", text: m.coverage.ledger },
            { value: "live", text: m.coverage.live },
          ]}
          pick={(value) => set({ figure: value })}
        />
        <Choice
          label={m.coverage.judgement}
          value={judgement}
          options={[
            { value: "", text: m.common.all },
            { value: "not_met", text: m.coverage.not_met },
            { value: "unknown", text: m.coverage.unknown },
          ]}
          pick={(value) => set({ judgement: value || undefined })}
        />
        <a class="button plain" href={`${API}/coverage/gaps.csv${filter}`} download>
          {m.coverage.exportCsv}
        </a>
      </header>
      {chosen && (
        <p class="dim small formula">
          {m.coverage.formula}
          {m.common.colon}
          {formulaOf(chosen)} · {m.coverage.source}
          {m.common.colon}
          {sourceOf(chosen)}
        </p>
      )}
      {list.failure && <Trouble failure={list.failure} retry={list.reload} />}
      {!list.failure && list.items === null && <Waiting />}
      {list.items && (
        <div class="panel tablebox">
          {list.items.length === 0 ? (
            <Empty title={m.coverage.gapEmpty} hint={m.coverage.gapEmptyHint} />
          ) : (
            <table class="gaps">
              <thead>
                <tr>
                  <th scope="col">{m.coverage.gapColumns.school}</th>
                  <th scope="col">{m.coverage.gapColumns.unit}</th>
                  <th scope="col">{m.coverage.gapColumns.judgement}</th>
                  <th scope="col">{m.coverage.gapColumns.reasons}</th>
                  <th scope="col">{m.gap.title}</th>
                  <th scope="col" class="num">
                    {m.coverage.gapColumns.proof}
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.items.map((gap) => (
                  <GapRow key={`${gap.school} ${gap.indicator} ${gap.figure}`} gap={gap} />
                ))}
              </tbody>
            </table>
          )}
          <footer class="row">
            <span class="dim">{m.common.total(count(list.total))}</span>
            {list.next !== null && (
              <Button busy={list.busy} onClick={list.more}>
                {m.common.more}
              </Button>
            )}
          </footer>
        </div>
      )}
    </div>
  );
}

function GapRow({ gap }: { gap: Gap }) {
  const m = t();
  return (
    <tr>
      <th scope="row">
        <a href={href(`schools/${gap.school}`)}>{schoolNameOf(gap.school) || gap.school_name}</a>
      </th>
      <td>{unitName(gap.unit) || gap.unit_name}</td>
      <td>
        <span class={`verdict ${gap.judgement}`}>{m.coverage[gap.judgement]}</span>
      </td>
      <td>{gap.reasons.map((reason) => look(m.reason, reason)).join(m.common.listJoin)}</td>
      <td>
        <Standing gap={gap} />
      </td>
      <td class="num">
        {gap.proof_at === null ? <span class="dim">{m.coverage.noProof}</span> : dateTime(gap.proof_at)}
      </td>
    </tr>
  );
}

/** Where the line of a cell stands in the ledger of gaps, or since when the cell is watched for being too young for one. */
function Standing({ gap }: { gap: Gap }) {
  const m = t();
  const line = gap.line;
  if (!line) return null;
  if (!line.state)
    return (
      <Badge kind="young" title={m.gap.youngTitle}>
        {line.watched_since ? m.gap.watchedSince(dateTime(line.watched_since)) : m.gap.young}
      </Badge>
    );
  return (
    <a href={href(`gaps/${line.id}`)} class="standing">
      <StateBadge state={line.state} /> {line.owner}{" "}
      {line.due && <span class={line.overdue ? "bad" : "dim"}>{line.due}</span>}
    </a>
  );
}
