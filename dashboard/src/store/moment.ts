/** Which past day a screen shows and whose knowledge of it, as its address has it. Pure. */

export type Knowledge = "then" | "now";

export interface Moment {
  on: string;
  known: Knowledge;
  fault: "" | "unreadable" | "future";
}

const DAY_MS = 86_400_000;

/** Read the day of an address; null is the present. A day that cannot be shown is named as a fault, never taken for today. */
export function momentOf(query: Record<string, string>, today: string): Moment | null {
  const on = query["on"];
  if (!on || on === today) return null;
  const known = query["known"] === "now" ? "now" : "then";
  return { on, known, fault: !isDay(on) ? "unreadable" : on > today ? "future" : "" };
}

/** Give what an address must carry to keep the day. */
export const kept = (query: Record<string, string>): Record<string, string | undefined> => ({
  on: query["on"],
  known: query["known"],
});

export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text;

/** Give the day so many days later. */
export const addDays = (on: string, days: number): string =>
  new Date(Date.parse(on) + days * DAY_MS).toISOString().slice(0, 10);

/** Give the last of some days, in their order, that is not after a day. */
export const lastUntil = (days: readonly string[], on: string): string | undefined =>
  days.filter((one) => one <= on).pop();
