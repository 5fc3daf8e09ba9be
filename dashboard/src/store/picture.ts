/** The picture of the moment and how events change it. Pure: no clock, no network, no drawing. */
import type {
  Alert,
  AlertsEvent,
  Bootstrap,
  CoverageEvent,
  IndicatorView,
  LivenessEvent,
  SchoolColumns,
  StationView,
  UnitView,
} from "../api.gen";

export const ROUTINE_MAX = 500; // Kept of severities 3 and 4; a flood of camera faults must not slow the screen. 1 and 2 are never dropped.
const ROUTINE_SLACK = 100; // Trimmed in one go, rather than at each arrival.

/** Positions of a liveness or judgement letter in its byte arrays. */
export const LIVENESS = ["unknown", "live", "suspect", "offline"] as const;
export const LETTERS = ["-", "m", "n", "u", "e"] as const;
export type LivenessWord = (typeof LIVENESS)[number];
export type Letter = (typeof LETTERS)[number];

export interface Picture {
  epoch: string;
  seq: number;
  units: Map<string, UnitView>;
  stations: Map<string, StationView>;
  schools: SchoolColumns;
  schoolIx: Map<string, number>;
  indicators: IndicatorView[];
  ledger: Uint8Array;
  live: Uint8Array;
  liveness: Uint8Array;
  alerts: Map<string, Alert>;
}

/** Build the picture from the first answer. */
export function makePicture(boot: Bootstrap): Picture {
  const count = boot.schools.id.length;
  return {
    epoch: boot.epoch,
    seq: boot.seq,
    units: new Map(boot.units.map((unit) => [unit.id, unit])),
    stations: new Map(boot.stations.map((station) => [station.id, station])),
    schools: boot.schools,
    schoolIx: new Map(boot.schools.id.map((id, ix) => [id, ix])),
    indicators: boot.indicators,
    ledger: letters(boot.coverage.ledger, count * boot.indicators.length),
    live: letters(boot.coverage.live, count * boot.indicators.length),
    liveness: Uint8Array.from({ length: count }, (_, ix) => code(LIVENESS, boot.liveness[ix], 0)),
    alerts: new Map(boot.alerts.map((alert) => [alert.id, alert])),
  };
}

function letters(text: string, length: number): Uint8Array {
  const unknown = LETTERS.indexOf("u");
  return Uint8Array.from({ length }, (_, ix) => code(LETTERS, text[ix], unknown)); // What we cannot read is unknown, never met.
}

function code(words: readonly string[], word: string | undefined, otherwise: number): number {
  const at = word === undefined ? -1 : words.indexOf(word);
  return at < 0 ? otherwise : at;
}

export function isOpen(alert: Alert): boolean {
  return alert.state !== "resolved" && alert.state !== "reviewed" && alert.state !== "closed";
}

/** It waits for somebody. What is held back calls nobody; an incident never is held back. */
export const isUnacked = (alert: Alert): boolean => alert.state === "raised" && !alert.held;

/**
 * Take in new and moved alerts, as the stream tells them: its last word holds, also with a lower version, for one of several
 * servers may have been overtaken by another and says so. Says whether anything changed.
 */
export function applyAlerts(alerts: Map<string, Alert>, event: Pick<AlertsEvent, "up" | "gone">): boolean {
  let changed = false;
  for (const alert of event.up) {
    alerts.set(alert.id, alert);
    changed = true;
  }
  for (const id of event.gone) changed = alerts.delete(id) || changed;
  return trim(alerts) || changed;
}

function trim(alerts: Map<string, Alert>): boolean {
  if (alerts.size <= ROUTINE_MAX + ROUTINE_SLACK) return false;
  const routine = [...alerts.values()].filter((alert) => alert.sev > 2 || !isOpen(alert));
  if (routine.length <= ROUTINE_MAX + ROUTINE_SLACK) return false;
  const kept = (alert: Alert): number => (isOpen(alert) ? (alert.held ? 1 : 0) : 2); // What has a row of its own stays longest.
  routine.sort((a, b) => kept(a) - kept(b) || b.rx - a.rx);
  for (const alert of routine.slice(ROUTINE_MAX)) alerts.delete(alert.id);
  return true;
}

/** Take in changed cells; an index from a roster we do not know yet is skipped, the server's `reset` follows. */
export function applyCoverage(picture: Picture, event: CoverageEvent): void {
  const width = picture.indicators.length;
  for (const [school, indicator, figure, letter] of event.c) {
    const at = school * width + indicator;
    const cells = figure === "live" ? picture.live : picture.ledger;
    if (indicator < width && at < cells.length) cells[at] = code(LETTERS, letter, LETTERS.indexOf("u"));
  }
}

export function applyLiveness(picture: Picture, event: LivenessEvent): void {
  for (const [school, word] of event.g) {
    if (school < picture.liveness.length) picture.liveness[school] = code(LIVENESS, word, 0);
  }
}

export const letterAt = (picture: Picture, figure: "ledger" | "live", school: number, indicator: number): Letter =>
  LETTERS[picture[figure][school * picture.indicators.length + indicator] ?? 3] ?? "u";

/** The county-level unit a unit belongs to: the one below the root of what the user sees. */
export function countyOf(units: Map<string, UnitView>, id: string): string {
  let unit = units.get(id);
  for (let depth = 0; unit && unit.kind !== "county" && depth < 8; depth += 1) {
    const parent = unit.parent === null ? undefined : units.get(unit.parent);
    if (!parent) break;
    unit = parent;
  }
  return unit?.id ?? id;
}
