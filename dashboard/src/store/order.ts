/** What the duty list shows and in which order: filter, group, sort. Pure. */
import type { Alert } from "../api.gen";
import { isOpen, isUnacked } from "./picture";

/** Somebody called for help; everything else is a fault of a thing. */
export const isIncident = (alert: Pick<Alert, "flow">): boolean => alert.flow === "incident";

export interface Filter {
  severities: ReadonlySet<number>; // Empty: the duty view, severities 1 to 3.
  unackedOnly: boolean;
  words: string; // Matched against school, rule, place and device, all words must occur.
  school: string;
  unit: string;
  held: boolean; // What calls nobody, instead of what does.
  storm: boolean; // More rings than a person can answer: medium and low faults are folded away.
}

export const NO_FILTER: Filter = {
  severities: new Set(),
  unackedOnly: false,
  words: "",
  school: "",
  unit: "",
  held: false,
  storm: false,
};

export const STORM_RINGS = 10; // More than ten in ten minutes is a flood (ISA-18.2).

/** One line of the list: an incident, or the faults of one kind at one school. */
export interface Row {
  key: string; // Stays the same while the leading alert changes.
  lead: Alert; // The most urgent unacknowledged, then the newest.
  members: Alert[];
}

/** Filter, group and sort. `text` gives the words an alert can be found by; `within` says whether a school lies in a unit. */
export function listRows(
  alerts: Iterable<Alert>,
  filter: Filter,
  text: (alert: Alert) => string,
  within: (alert: Alert, unit: string) => boolean,
): Row[] {
  const all = [...alerts];
  const held = heldAmong(all);
  const wanted = all.filter(
    (alert) => isOpen(alert) && filter.held === held(alert) && matches(alert, filter, text, within),
  );
  const groups = new Map<string, Alert[]>();
  for (const alert of wanted) {
    const key = groupKey(alert);
    const members = groups.get(key);
    if (members) members.push(alert);
    else groups.set(key, [alert]);
  }
  const rows: Row[] = [];
  for (const [key, members] of groups) {
    members.sort(compare);
    rows.push({ key, lead: members[0]!, members });
  }
  return rows.sort((a, b) => compare(a.lead, b.lead));
}

/** What has no row of its own: shelved, in planned work, or under a group that this screen has. */
function heldAmong(alerts: readonly Alert[]): (alert: Alert) => boolean {
  const open = new Set(alerts.filter(isOpen).map((alert) => alert.id));
  return (alert) => !isIncident(alert) && !!alert.held && (alert.held !== "grouped" || open.has(alert.group));
}

/** One cause over many schools: others stand under it. */
export const isGroup = (alert: Pick<Alert, "school" | "unit">): boolean => !alert.school && !!alert.unit;

/** Faults that a storm folds away: never a call for help, never what is about people and gates, never high or critical. */
export const isFolded = (alert: Alert): boolean => !isIncident(alert) && !alert.security && alert.sev > 2;

/** Count what is open, in sight or not. */
export function countOpen(alerts: Iterable<Alert>): number {
  let count = 0;
  for (const alert of alerts) count += Number(isOpen(alert));
  return count;
}

/** Count what a storm folds away. */
export function countFolded(alerts: Iterable<Alert>): number {
  let count = 0;
  for (const alert of alerts) count += Number(isOpen(alert) && !alert.held && alert.mode === "real" && isFolded(alert));
  return count;
}

function groupKey(alert: Alert): string {
  // Incidents are never grouped: each is a call for help of its own.
  return isIncident(alert) || !alert.school ? alert.id : `${alert.school}|${alert.rule}|${alert.code}|${alert.mode}`;
}

/** Real incidents first, the unacknowledged before the others; then by severity, rows of areas, unacknowledged, newest. */
export function compare(a: Alert, b: Alert): number {
  return (
    rank(a) - rank(b) ||
    a.sev - b.sev ||
    Number(isGroup(b)) - Number(isGroup(a)) ||
    Number(isUnacked(b)) - Number(isUnacked(a)) ||
    b.rx - a.rx ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

function rank(alert: Alert): number {
  if (!isIncident(alert) || alert.mode !== "real") return 2;
  return isUnacked(alert) ? 0 : 1;
}

function matches(
  alert: Alert,
  filter: Filter,
  text: (alert: Alert) => string,
  within: (alert: Alert, unit: string) => boolean,
): boolean {
  const incident = isIncident(alert);
  if (filter.severities.size ? !filter.severities.has(alert.sev) : alert.sev > 3 && !incident && !filter.held)
    return false;
  if (filter.storm && !filter.severities.size && !filter.held && isFolded(alert)) return false;
  if (filter.unackedOnly && !isUnacked(alert)) return false;
  if (filter.school && alert.school !== filter.school) return false;
  if (filter.unit && !within(alert, filter.unit)) return false;
  const words = filter.words.trim().toLowerCase();
  if (!words) return true;
  const haystack = text(alert).toLowerCase();
  return words.split(/\s+/).every((word) => haystack.includes(word));
}
