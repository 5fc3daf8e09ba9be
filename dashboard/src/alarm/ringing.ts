/** Which alerts ring, and what a new one sounds like. Pure. */
import type { Alert } from "../api.gen";
import { isUnacked } from "../store/picture";

export const MUTE_MS_MAX = 600_000; // Ten minutes: a mute that outlives the alarm it was meant for is a lost alarm.

export type Chime = "critical" | "high" | null;

/** Keeps the set of alerts that ring: real, critical and not acknowledged. Tests and drills never sound like a real one. */
export class Ringing {
  private readonly ringing = new Map<string, number>(); // Alert id to presses counted: one more press is news again.
  private readonly muted = new Set<string>();
  private readonly chimed = new Set<string>();
  private mutedUntil = 0;

  /** Take in alerts as they come from the stream; says what must sound now because of them. */
  consider(up: readonly Alert[], gone: readonly string[] = []): Chime {
    let chime: Chime = null;
    for (const id of gone) this.drop(id);
    for (const alert of up) {
      if (alert.mode === "real" && alert.sev === 1 && isUnacked(alert)) {
        if ((this.ringing.get(alert.id) ?? 0) < alert.count) {
          this.muted.delete(alert.id);
          chime = "critical";
        }
        this.ringing.set(alert.id, alert.count);
        continue;
      }
      this.drop(alert.id);
      if (alert.mode === "real" && alert.sev === 2 && isUnacked(alert) && !this.chimed.has(alert.id)) {
        this.chimed.add(alert.id);
        chime ??= "high";
      }
    }
    return chime;
  }

  /** Start again from a full picture: what rang and is not in it has been handled. */
  replace(alerts: Iterable<Alert>): Chime {
    const present = [...alerts];
    const ids = new Set(present.map((alert) => alert.id));
    for (const id of [...this.ringing.keys()]) if (!ids.has(id)) this.drop(id);
    for (const alert of present) if (alert.sev === 2) this.chimed.add(alert.id); // Old news does not chime.
    return this.consider(present);
  }

  private drop(id: string): void {
    this.ringing.delete(id);
    this.muted.delete(id);
  }

  /** Silence what rings now. A new press rings all the same. */
  mute(now: number, spanMs = MUTE_MS_MAX): void {
    this.mutedUntil = now + Math.min(spanMs, MUTE_MS_MAX);
    for (const id of this.ringing.keys()) this.muted.add(id);
  }

  unmute(): void {
    this.mutedUntil = 0;
    this.muted.clear();
  }

  muteLeftMs(now: number): number {
    return Math.max(0, this.mutedUntil - now);
  }

  /** Say whether the alarm has to sound at this moment. */
  sounding(now: number): boolean {
    if (now >= this.mutedUntil) this.muted.clear();
    for (const id of this.ringing.keys()) if (!this.muted.has(id)) return true;
    return false;
  }

  get size(): number {
    return this.ringing.size;
  }
}
