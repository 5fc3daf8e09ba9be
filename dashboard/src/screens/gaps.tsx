/** The list behind a figure: every school that is not met or unknown, with the reasons and the last proof. */
import type { Gap, GapPage } from "../api.gen";
import { API, query } from "../client";
import { count, dateTime } from "../format";
import { labelled, look, named, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { kept, type Moment } from "../store/moment";
import { me } from "../store/session";
import { schoolNameOf, unitName } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { usePages } from "../ui/pages";
import { Badge, Button, Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { formulaOf, sourceOf } from "./formula";
import { StateBadge } from "./gapparts";
import { ItemTable } from "./items";
import { DayChoice, isGone, moment, PastBanner, PastFault, useAsking, useUnitThere } from "./past";

export function GapList() {
  const m = t();
  const q = route.value.query;
  const unit = q["unit"];
  const indicator = q["gaps"] ?? "";
  const figure = q["figure"] === "ledger" ? "ledger" : "live";
  const judgement = q["judgement"] === "not_met" || q["judgement"] === "unknown" ? q["judgement"] : "";
  const filter = query({ unit, indicator, figure, judgement });
  const past = moment();
  const at = query({ unit, indicator, figure, judgement, on: past?.on, known: past?.known });
  const list = usePages<Gap, GapPage>(past?.fault ? null : `/coverage/gaps${at}`);
  const basis = list.page?.basis;
  useAsking([basis], list.page, list.reload);
  const lacking = basis && basis.state !== "ready";
  const held = picture.value;
  const indicators = (basis?.state === "ready" ? basis.indicators : held?.indicators) ?? [];
  const chosen = indicators.find((one) => one.id === indicator);
  const set = (change: Record<string, string | undefined>) => replaceQuery({ ...q, gaps: indicator, ...change });
  const place = unit ? named(held?.units.get(unit), schoolNameOf(unit) || unit) : named(me.value?.scope);
  return (
    <div class="coverage page">
      <PageHead
        back={{
          to: href("coverage", { unit: held?.units.has(unit ?? "") ? unit : undefined, ...kept(q) }),
          text: m.coverage.title,
        }}
        title={m.coverage.gapTitle(place, chosen ? labelled(chosen) : indicator.trim() || m.coverage.gapAll)}
      >
        <span class="stretch" />
        <select
          aria-label={m.coverage.gapColumns.indicator}
          value={indicator}
          onChange={(event) => set({ gaps: event.currentTarget.value || " " })}
        >
          {indicators.map((one) => (
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
        <DayChoice />
        {!past?.fault && !lacking && (
          <a class="button plain" href={`${API}/coverage/gaps.csv${past ? at : filter}`} download>
            {m.coverage.exportCsv}
          </a>
        )}
      </PageHead>
      {chosen && (
        <p class="dim small formula">
          {m.coverage.formula}
          {m.common.colon}
          {formulaOf(chosen)} · {m.coverage.source}
          {m.common.colon}
          {sourceOf(chosen)}
        </p>
      )}
      {past?.fault && <PastFault shown={past} />}
      {basis && (
        <PastBanner basis={basis} again={list.reload} pick={(on) => replaceQuery({ ...route.peek().query, on })} />
      )}
      {chosen?.made_of_items && figure === "ledger" && !(past && isGone(list.failure)) && (
        <ItemTable indicator={chosen.id} unit={unit} />
      )}
      {list.failure &&
        (past && isGone(list.failure) ? (
          <Empty title={m.past.noUnit} hint={m.past.noUnitHint} />
        ) : (
          <Trouble failure={list.failure} retry={list.reload} />
        ))}
      {!list.failure && list.items === null && !past?.fault && <Waiting />}
      {list.items && !lacking && (
        <div class="panel tablebox">
          {list.items.length === 0 ? (
            past ? (
              <PastEmpty unit={unit} shown={past} known={!indicator.trim() || chosen !== undefined} />
            ) : (
              <Empty title={m.coverage.gapEmpty} hint={m.coverage.gapEmptyHint} />
            )
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
                  <GapRow key={`${gap.school} ${gap.indicator} ${gap.figure}`} gap={gap} past={past !== null} />
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

/** Nothing on the list of a past day: because nothing was missing, or because nobody was asked. */
function PastEmpty({ unit, shown, known }: { unit: string | undefined; shown: Moment; known: boolean }) {
  const m = t();
  const there = useUnitThere(unit, shown.on, shown.known);
  if (!known) return <Empty title={m.past.noIndicator} />;
  if (there.failure) return <Trouble failure={there.failure} retry={there.reload} />;
  if (there.there === null) return <Waiting />;
  return there.there ? (
    <Empty title={m.coverage.gapEmpty} hint={m.coverage.gapEmptyHint} />
  ) : (
    <Empty title={m.past.noUnit} hint={m.past.noUnitHint} />
  );
}

/** The name of that day, in the chosen language where it is still the same. */
const nameThen = (then: string, name: string, now: string): string => (then === name ? now || then : then);

function GapRow({ gap, past }: { gap: Gap; past: boolean }) {
  const m = t();
  const held = picture.value;
  const schoolNow = held?.schools.name[held.schoolIx.get(gap.school) ?? -1] ?? "";
  const name = past
    ? nameThen(gap.school_name, schoolNow, schoolNameOf(gap.school))
    : schoolNameOf(gap.school) || gap.school_name;
  const unit = past
    ? nameThen(gap.unit_name, held?.units.get(gap.unit)?.name ?? "", unitName(gap.unit))
    : unitName(gap.unit) || gap.unit_name;
  return (
    <tr>
      <th scope="row">
        <a href={href(`schools/${gap.school}`)}>{name}</a>
      </th>
      <td>{unit}</td>
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
