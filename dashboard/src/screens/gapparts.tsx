/** What the screens of gaps share: states, what a gap is about, why it is one, and when it is due. */
import type { GapLine, GapState } from "../api.gen";
import { labelled, look, t } from "../i18n";
import { language } from "../preferences";
import { picture } from "../store/feed";
import { Badge } from "../ui/parts";

export const GAP_STATES: readonly GapState[] = ["open", "in_progress", "to_verify", "closed"];

export function StateBadge({ state }: { state: GapState }) {
  return <span class={`gapstate ${state}`}>{look(t().gap.states, state)}</span>;
}

/** The item of a gap: its indicator, or that a visit found it. */
export function itemOf(line: Pick<GapLine, "indicator" | "figure">): string {
  const m = t();
  const indicator = picture.value?.indicators.find((one) => one.id === line.indicator);
  const name = indicator ? labelled(indicator) : line.indicator;
  return line.figure === "visit" ? [m.gap.figures.visit, name].filter(Boolean).join(" · ") : name;
}

/** Why it is a gap: the words of a finding as they were written, or the reasons of a cell. */
export function reasonsOf(line: Pick<GapLine, "figure" | "reasons" | "found_reasons">): string {
  const m = t();
  if (line.figure === "visit") return line.found_reasons.join(m.common.listJoin);
  const codes = line.reasons.length ? line.reasons : line.found_reasons;
  return codes.map((code) => look(m.reason, code)).join(m.common.listJoin);
}

export const clauseOf = (line: Pick<GapLine, "clause" | "clause_en">): string =>
  language.value === "en" && line.clause_en ? line.clause_en : line.clause;

export function Due({ line }: { line: Pick<GapLine, "due" | "overdue" | "due_soon"> }) {
  const m = t();
  if (!line.due) return <span class="dim">{m.gap.noDue}</span>;
  return (
    <>
      {line.due} {line.overdue && <Badge kind="overdue">{m.gap.overdue}</Badge>}
      {line.due_soon && <Badge kind="late">{m.gap.dueSoon}</Badge>}
    </>
  );
}
