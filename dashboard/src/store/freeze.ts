/**
 * The order of the list while somebody's cursor is in it. Nothing moves under a cursor: what is new waits aside,
 * so that an acknowledgement never hits a line that has just slipped into its place. Pure.
 */
import type { Alert } from "../api.gen";
import type { Row } from "./order";

export interface Line extends Row {
  ended: boolean; // It keeps its place until the cursor leaves, drawn as done.
}

export interface Shown {
  lines: Line[];
  waiting: number; // New lines that are held back.
  waitingTop: number; // The highest severity among them, 0 for none.
}

/** Lay the current rows out in the frozen order, or as they are when nothing is frozen. `latest` finds an alert as it is now. */
export function show(
  current: readonly Row[],
  frozen: readonly Row[] | null,
  latest: (id: string) => Alert | undefined,
): Shown {
  // An empty list has nothing that could slip under a cursor, and must never say "nothing" while something waits.
  if (!frozen?.length) return { lines: current.map((row) => ({ ...row, ended: false })), waiting: 0, waitingTop: 0 };
  const byKey = new Map(current.map((row) => [row.key, row]));
  const lines = frozen.map((old): Line => {
    const row = byKey.get(old.key);
    byKey.delete(old.key);
    if (row) return { ...row, ended: false };
    return { ...old, lead: latest(old.lead.id) ?? old.lead, ended: true };
  });
  const waiting = [...byKey.values()];
  return {
    lines,
    waiting: waiting.length,
    waitingTop: waiting.length ? Math.min(...waiting.map((row) => row.lead.sev)) : 0,
  };
}
