/** How old the picture is. Pure: instants are milliseconds of a clock that does not jump. */

export const STALE_MS = 3_000; // Three summaries missed: the header says so.
export const LOST_MS = 60_000; // A minute: the whole width of the screen says so, and it sounds.
const SAMPLES_MAX = 60; // A minute of summaries: a server's clock step is forgotten after it.

export type Freshness = "live" | "stale" | "lost";

/** Tracks the summaries that came. Two things make a picture old: silence, and a summary that was long on its way. */
export class FeedAge {
  private offsets: number[] = [];
  private receivedAt: number | null = null;
  private serverMs = 0;

  constructor(private readonly startedAt: number) {}

  heard(serverMs: number, now: number): void {
    this.offsets.push(serverMs - now);
    if (this.offsets.length > SAMPLES_MAX) this.offsets.shift();
    this.receivedAt = now;
    this.serverMs = serverMs;
  }

  /** Estimate the server's clock: the least delayed summary of the last minute tells it best. */
  serverNow(now: number): number | null {
    return this.offsets.length ? Math.max(...this.offsets) + now : null;
  }

  ageMs(now: number): number {
    if (this.receivedAt === null) return now - this.startedAt;
    return Math.max(now - this.receivedAt, (this.serverNow(now) ?? 0) - this.serverMs, 0);
  }

  freshness(now: number): Freshness {
    const age = this.ageMs(now);
    return age > LOST_MS ? "lost" : age > STALE_MS ? "stale" : "live";
  }
}
