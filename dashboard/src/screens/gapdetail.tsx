/** One gap: what it is, who mends it by when, everything that was done about it, and what may be asked now. */
import { useState } from "preact/hooks";
import type { GapDetail, GapEntry, GapSummary } from "../api.gen";
import { dateTime } from "../format";
import { look, named, t } from "../i18n";
import { href } from "../route";
import { unitName } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { Badge, Button, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { GapDialog, type Moving } from "./gapdialog";
import { clauseOf, Due, itemOf, reasonsOf, StateBadge } from "./gapparts";

export function GapScreen({ id }: { id: string }) {
  const m = t();
  const [moving, setMoving] = useState<Moving | null>(null);
  const found = useResource<GapDetail>(`/gaps/${encodeURIComponent(id)}`);
  const summary = useResource<GapSummary>("/gaps/summary");
  if (!found.data) return found.failure ? <Trouble failure={found.failure} retry={found.reload} /> : <Waiting />;
  const { line, history } = found.data;
  const facts: [string, preact.ComponentChildren][] = [
    [m.coverage.gapColumns.unit, unitName(line.county || line.unit)],
    [m.gap.item, `${itemOf(line)}${line.figure === "visit" ? "" : ` · ${look(m.gap.figures, line.figure)}`}`],
    [m.coverage.gapColumns.reasons, reasonsOf(line) || m.common.none],
    [m.gap.clause, clauseOf(line) || m.common.none],
    [m.gap.owner, line.owner || m.gap.noOwner],
    [m.gap.due, <Due line={line} />],
    [m.gap.first, dateTime(line.first)],
  ];
  if (line.figure !== "visit")
    facts.splice(3, 0, [
      m.gap.cellNow,
      line.judgement ? look(m.coverage as unknown as Record<string, string>, line.judgement) : m.coverage.not_asked,
    ]);
  if (line.severity) facts.push([m.visit.severity, look(m.visit.severities, line.severity)]);
  if (line.proof_at !== null) facts.push([m.coverage.gapColumns.proof, dateTime(line.proof_at)]);
  return (
    <div class="coverage page gapdetail">
      <PageHead
        back={{ to: href("gaps"), text: m.gap.title }}
        title={
          <>
            <a href={href(`schools/${line.school}`)}>
              {named({ name: line.school_name, name_en: line.school_name_en })}
            </a>{" "}
            · {itemOf(line)}
          </>
        }
      >
        <StateBadge state={line.state} />
        {line.reopened > 0 && <Badge kind="late">{m.gap.reopenedTimes(line.reopened)}</Badge>}
        <span class="stretch" />
        {line.may.map((move) => (
          <Button
            key={move}
            look={move === "note" ? "quiet" : move === "close" || move === "assign" ? "primary" : "plain"}
            onClick={() => setMoving({ move: move as Moving["move"], lines: [line] })}
          >
            {look(m.gap.moves, move)}
          </Button>
        ))}
      </PageHead>
      {found.failure && <Trouble failure={found.failure} retry={found.reload} />}
      <div class="columns">
        <section class="panel block">
          <h2>{m.gap.facts}</h2>
          <dl class="pairs">
            {facts.map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </>
            ))}
          </dl>
          {line.state === "to_verify" &&
            line.figure !== "visit" &&
            (line.judgement === "not_met" || line.judgement === "unknown") && (
              <p class="note">{m.gap.refused.illegal_move}</p>
            )}
        </section>
        <section class="panel block">
          <h2>
            {m.gap.history} <small>{m.gap.historyHint}</small>
          </h2>
          <ol class="moves">
            {[...history].reverse().map((entry) => (
              <Entry key={entry.number} entry={entry} finding={line.figure === "visit"} />
            ))}
          </ol>
        </section>
      </div>
      {moving && (
        <GapDialog
          moving={moving}
          owners={summary.data?.owners ?? []}
          done={found.reload}
          close={() => setMoving(null)}
        />
      )}
    </div>
  );
}

function Entry({ entry, finding }: { entry: GapEntry; finding: boolean }) {
  const m = t();
  const own = !entry.by || (entry.move === "found" && !finding);
  const words = own
    ? entry.note
        .split(" ")
        .filter(Boolean)
        .map((code) => look({ ...m.reason, ...m.gap.turned }, code))
        .join(m.common.listJoin)
    : entry.note;
  return (
    <li>
      <p>
        <time class="dim">{dateTime(entry.at)}</time> <b>{look(m.gap.moves, entry.move)}</b>{" "}
        <StateBadge state={entry.state} />
      </p>
      <p class="dim">
        {entry.by ? `${entry.by_display} · ${look(m.role, entry.role)}` : m.gap.itself}
        {entry.owner && ` · ${m.gap.owner}${m.common.colon}${entry.owner}`}
        {entry.due && ` · ${m.gap.due}${m.common.colon}${entry.due}`}
      </p>
      {words && <p>{words}</p>}
      {entry.evidence.map((one) => (
        <p key={one.reference} class="small">
          {m.gap.evidence}
          {m.common.colon}
          {one.reference} {one.sha256 && <span class="id dim">{one.sha256}</span>}
        </p>
      ))}
    </li>
  );
}
