/** Alerts of the last two hours counted by five minutes. Pure. */
import type { Alert } from "../api.gen";

export const SLOT_MS = 300_000;
export const SLOTS = 24;

export interface Slot {
  at: number;
  critical: number;
  high: number;
  rest: number;
}

/** Count real alerts by the slot they were received in; the last slot holds `now`. */
export function countSlots(alerts: Iterable<Pick<Alert, "rx" | "sev" | "mode">>, now: number): Slot[] {
  const first = (Math.floor(now / SLOT_MS) - SLOTS + 1) * SLOT_MS;
  const slots = Array.from({ length: SLOTS }, (_, ix): Slot => ({
    at: first + ix * SLOT_MS,
    critical: 0,
    high: 0,
    rest: 0,
  }));
  for (const alert of alerts) {
    const slot = alert.mode === "real" ? slots[Math.floor((alert.rx - first) / SLOT_MS)] : undefined;
    if (!slot) continue;
    if (alert.sev === 1) slot.critical += 1;
    else if (alert.sev === 2) slot.high += 1;
    else slot.rest += 1;
  }
  return slots;
}
