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
}

export const NO_FILTER: Filter = { severities: new Set(), unackedOnly: false, words: "", school: "", unit: "" };

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
  const wanted = [...alerts].filter((alert) => isOpen(alert) && matches(alert, filter, text, within));
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

function groupKey(alert: Alert): string {
  // Incidents are never grouped: each is a call for help of its own.
  return isIncident(alert) || !alert.school ? alert.id : `${alert.school}|${alert.rule}|${alert.code}|${alert.mode}`;
}

/** Real incidents first, the unacknowledged before the others; then by severity, unacknowledged, newest; id breaks ties. */
export function compare(a: Alert, b: Alert): number {
  return (
    rank(a) - rank(b) ||
    a.sev - b.sev ||
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
  if (filter.severities.size ? !filter.severities.has(alert.sev) : alert.sev > 3 && !incident) return false;
  if (filter.unackedOnly && !isUnacked(alert)) return false;
  if (filter.school && alert.school !== filter.school) return false;
  if (filter.unit && !within(alert, filter.unit)) return false;
  const words = filter.words.trim().toLowerCase();
  if (!words) return true;
  const haystack = text(alert).toLowerCase();
  return words.split(/\s+/).every((word) => haystack.includes(word));
}
