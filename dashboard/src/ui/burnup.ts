/** The share met day by day, the line of 100 %, and the way to it at the pace of the last days. */
import type { PacePoint, PaceRow } from "../api.gen";

export const DAY_MS = 86_400_000;
const AHEAD_FACTOR = 3; // The days to come take no more than three times the width of those that were.
const AHEAD_LEAST_DAYS = 14;
const MARGIN = 0.04;
const WHOLE = 100;

type Values = (number | null)[];

/** The lines share one row of instants: what was, the target, and the ways to it (expected, earliest, latest). */
export interface BurnUp {
  times: number[];
  share: Values;
  target: Values;
  ways: [Values, Values, Values];
  to: number;
  low: number;
}

export const startOf = (on: string): number => Date.parse(`${on}T00:00:00+08:00`);

/** Lay the lines of one unit and indicator out. A day that was not frozen stays a gap. Pure. */
export function burnUp(points: readonly PacePoint[], row: Pick<PaceRow, "on" | "earliest" | "latest">): BurnUp | null {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last) return null;
  const begin = startOf(first.on);
  const end = startOf(last.on);
  const held = new Map(points.map((one) => [startOf(one.on), one.basis ? (WHOLE * one.met) / one.basis : null]));
  const goals = [row.on, row.earliest, row.latest].map((on) => (on ? startOf(on) : null));
  const expected = goals[0] ?? null;
  const least = Math.max(AHEAD_LEAST_DAYS * DAY_MS, (end - begin) * MARGIN);
  const ahead =
    expected === null ? least : Math.max(least, (Math.max(...goals.map((at) => at ?? 0)) - end) * (1 + MARGIN));
  const to = end + Math.min(ahead, Math.max(AHEAD_FACTOR * (end - begin), AHEAD_LEAST_DAYS * DAY_MS));
  const days: number[] = [];
  for (let at = begin; at <= end; at += DAY_MS) days.push(at);
  const coming = new Set([...goals.filter((at): at is number => at !== null && at > end), to]);
  const times = [...days, ...[...coming].sort((a, b) => a - b)];
  const share = times.map((at) => held.get(at) ?? null);
  const now = held.get(end) ?? null;
  const way = (goal: number | null): Values =>
    times.map((at) =>
      goal === null || goal <= end || now === null ? null : at === end ? now : at === goal ? WHOLE : null,
    );
  const lowest = Math.min(WHOLE, ...share.filter((value): value is number => value !== null));
  return {
    times,
    share,
    target: times.map(() => WHOLE),
    ways: [way(goals[0] ?? null), way(goals[1] ?? null), way(goals[2] ?? null)],
    to,
    low: Math.max(0, Math.floor(Math.min(lowest, WHOLE - 1) / 10) * 10),
  };
}
