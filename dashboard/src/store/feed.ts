/** The shell around the picture: stream in, one flush per frame out into signals. */
import { batch, computed, signal } from "@preact/signals";
import type { Alert, AlertsEvent, Bootstrap, CoverageEvent, HelloEvent, LivenessEvent, Summary } from "../api.gen";
import { hearAlerts, hearPicture, pulse, soundBlind } from "../alarm/alarm";
import { API, type Failure, failureOf, get } from "../client";
import { openLink, type Link } from "../stream/link";
import type { LineState } from "../stream/source";
import type { FromWorker } from "../stream/worker";
import { FeedAge, type Freshness } from "./age";
import { applyAlerts, applyCoverage, applyLiveness, makePicture, type Picture } from "./picture";

export type Loading = { state: "loading" } | { state: "failed"; failure: Failure } | { state: "ready" };

export const loading = signal<Loading>({ state: "loading" });
export const line = signal<LineState>("connecting");
export const summary = signal<Summary | null>(null);
export const freshness = signal<Freshness>("stale");
export const ageMs = signal(0);
export const now = signal(Date.now()); // The server's clock as well as we know it; steps four times a second.
export const second = computed(() => Math.floor(now.value / 1000) * 1000); // For what shows whole seconds.
export const resyncing = signal(false);
export const failing = signal<Failure | null>(null); // Why the picture could not be renewed; null while it can.

export const alertsTick = signal(0);
export const coverageTick = signal(0);
export const livenessTick = signal(0);
const pictureTick = signal(0);
let held: Picture | null = null;

/** The picture; it changes in place, so what draws it also reads the tick of its part. */
export const picture = computed(() => (pictureTick.value, held));

export const arrivals = signal<{ at: number; total: number; critical: number }>({ at: 0, total: 0, critical: 0 });

type Queued = { name: string; data: unknown; seq: number };
let queue: Queued[] = [];
let scheduled = false;
let link: Link | null = null;
let timer: ReturnType<typeof setInterval> | undefined;
let age = new FeedAge(performance.now());
let retry: ReturnType<typeof setTimeout> | undefined;
let attempt = 0;
let generation = 0; // A sign-out ends whatever answers are still on their way.

const FLUSH_HIDDEN_MS = 250; // Hidden tabs get no frames.
const TICK_MS = 250;
const QUEUE_MAX = 2_000;
const RETRY_MS_MAX = 10_000;

/** Begin for a user: the stream first, then the picture, so that nothing falls between them. */
export function startFeed(user: string): void {
  stopFeed();
  age = new FeedAge(performance.now());
  link = openLink(`${API}/stream`, user, receive);
  timer = setInterval(tick, TICK_MS);
  void load();
}

export function stopFeed(): void {
  generation += 1;
  link?.close();
  link = null;
  clearInterval(timer);
  clearTimeout(retry);
  queue = [];
  held = null;
  batch(() => {
    pictureTick.value += 1;
    loading.value = { state: "loading" };
    summary.value = null;
    failing.value = null;
    freshness.value = "stale";
  });
}

/** Fetch the whole picture anew. */
export async function load(): Promise<void> {
  const mine = generation;
  clearTimeout(retry);
  resyncing.value = held !== null;
  try {
    const boot = await get<Bootstrap>("/bootstrap");
    if (mine !== generation) return;
    held = makePicture(boot);
    queue = queue.filter((item) => item.seq > boot.seq || item.name === "alerts");
    hearPicture([
      ...boot.alerts,
      ...queue.flatMap((item) => (item.name === "alerts" ? (item.data as AlertsEvent).up : [])),
    ]);
    attempt = 0;
    batch(() => {
      if (!summary.value || summary.value.server_ms < boot.summary.server_ms) summary.value = boot.summary;
      loading.value = { state: "ready" };
      resyncing.value = false;
      failing.value = null;
      pictureTick.value += 1;
      bumpAll();
    });
    schedule();
  } catch (error) {
    if (mine !== generation) return;
    const failure = failureOf(error);
    if (held === null) loading.value = { state: "failed", failure };
    else failing.value = failure;
    attempt += 1;
    retry = setTimeout(() => void load(), Math.min(RETRY_MS_MAX, 1_000 * 2 ** attempt));
  }
}

function bumpAll(): void {
  alertsTick.value += 1;
  coverageTick.value += 1;
  livenessTick.value += 1;
}

/** Bring an alert in from an answer to a request, where the stream has not told as much already. */
export function takeAlert(alert: Alert): void {
  hearAlerts([alert], []);
  const known = held?.alerts.get(alert.id);
  if (known && known.ver >= alert.ver) return;
  if (held && applyAlerts(held.alerts, { up: [alert], gone: [] })) alertsTick.value += 1;
}

function receive(message: FromWorker): void {
  if (message.type === "line") line.value = message.state;
  else if (message.type === "attached") missed(message.epoch, message.seq);
  else arrived(message.name, message.data, message.fresh);
}

/** A stream that starts later than our picture has skipped what lies between: fetch the picture again. */
function missed(epoch: string, seq: number): void {
  if (held && (epoch !== held.epoch || seq > held.seq)) void load();
}

function arrived(name: string, text: string, fresh: boolean): void {
  let data: { seq?: number };
  try {
    data = JSON.parse(text) as { seq?: number };
  } catch {
    return; // A torn message: the age of the feed will tell if it goes on.
  }
  switch (name) {
    case "hello": {
      const hello = data as HelloEvent;
      if (fresh || (held && held.epoch !== hello.epoch)) missed(hello.epoch, hello.seq);
      return;
    }
    case "reset":
      void load();
      return;
    case "summary":
      age.heard((data as Summary).server_ms, performance.now());
      pulse();
      break;
    case "alerts": {
      const event = data as AlertsEvent;
      hearAlerts(event.up, event.gone);
      break;
    }
  }
  queue.push({ name, data, seq: data.seq ?? 0 });
  if (queue.length > QUEUE_MAX && !held) queue.splice(0, queue.length - QUEUE_MAX); // The picture to come is newer than these.
  if (held) schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(flush, FLUSH_HIDDEN_MS);
  else requestAnimationFrame(flush);
}

function flush(): void {
  scheduled = false;
  const picture = held;
  if (!picture) return;
  const items = queue;
  queue = [];
  let fresh = 0;
  let critical = 0;
  batch(() => {
    for (const { name, data, seq } of items) {
      if (seq > picture.seq) picture.seq = seq;
      switch (name) {
        case "alerts": {
          const event = data as AlertsEvent;
          for (const alert of event.up) {
            if (picture.alerts.has(alert.id) || alert.state !== "raised" || alert.held) continue;
            fresh += 1;
            critical += Number(alert.sev === 1 && alert.mode === "real");
          }
          if (applyAlerts(picture.alerts, event)) alertsTick.value += 1;
          break;
        }
        case "coverage":
          applyCoverage(picture, data as CoverageEvent);
          coverageTick.value += 1;
          break;
        case "liveness":
          applyLiveness(picture, data as LivenessEvent);
          livenessTick.value += 1;
          break;
        case "summary":
          summary.value = data as Summary;
      }
    }
    if (fresh) {
      const before = arrivals.value;
      arrivals.value = { at: Date.now(), total: before.total + fresh, critical: before.critical + critical };
    }
  });
}

function tick(): void {
  const at = performance.now();
  batch(() => {
    ageMs.value = age.ageMs(at);
    freshness.value = age.freshness(at);
    now.value = age.serverNow(at) ?? Date.now();
  });
  if (freshness.value === "lost") soundBlind();
  pulse();
}

document.addEventListener("visibilitychange", () => {
  if (!scheduled) return;
  if (document.hidden)
    setTimeout(flush, FLUSH_HIDDEN_MS); // The frame that was asked for will not come.
  else requestAnimationFrame(flush);
});
