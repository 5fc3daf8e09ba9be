/** What the phone does by itself: sends calls for help first, then what was tapped, in order, until the server has answered. */
import { signal } from "@preact/signals";
import type { CheckIns, Me, PhoneView } from "../api.gen";
import { type Failure, failureOf, get, post, setAccess, uuid } from "../client";
import { type Act, blank, type Box, type Home, type Item, type Memory, openBox, type Press, within } from "./box";
import { begin, CONFLICT, heartbeat, isOpen, moveOn, pauseAfter, send } from "./sos";

export const QUEUE_MAX = 200; // A week without a network; then the page says that it is full instead of forgetting.
const DONE_MAX = 30;
const AT_ONCE = 20; // Check-ins in one request.
const CHECK_MS = 15_000;
const RETRY_MS = [2_000, 4_000, 8_000, 15_000, 30_000];
const KEEP_MS = 1_000; // A call for help is sent even where its storage hangs.

export const memory = signal<Memory>(blank());
export const box = signal<Box | null>(null);
export const person = signal<Me | null>(null);
export const door = signal<"opening" | "login" | "in">("opening");
export const link = signal<"online" | "offline" | "unsure">("unsure");
export const failing = signal(""); // Why the queue does not move; empty where it does.
export const expired = signal(false);
export const tries = signal<Record<string, { count: number; reason: string }>>({}); // Of calls for help, by id.

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("anxiao-guard");

async function change<T>(work: (memory: Memory) => T): Promise<T> {
  const [answer, now] = await box.value!.change(work);
  memory.value = now;
  channel?.postMessage("changed");
  return answer;
}

const look = async () => {
  if (box.value && box.value.kind !== "page") memory.value = (await box.value.change(() => undefined))[1];
};

/** Open the memory, see who is signed in, and go to work. */
export async function start(): Promise<void> {
  box.value = await openBox();
  await look();
  if (channel) channel.onmessage = () => void look().then(kick);
  addEventListener("online", kick);
  addEventListener("offline", () => (link.value = "offline"));
  document.addEventListener("visibilitychange", () => document.hidden || kick());
  setInterval(kick, CHECK_MS);
  void callsLoop();
  await enter();
  void queueLoop();
}

/** See whether the session still stands; without a network the phone works on with what it knows. */
async function enter(): Promise<void> {
  try {
    await admit(await get<Me>("/me"));
  } catch (error) {
    const failure = failureOf(error);
    note(failure);
    if (failure.status === 401 || !memory.value.guard) door.value = "login";
    else door.value = "in";
  }
}

export async function login(username: string, password: string): Promise<void> {
  const me = await post<Me>("/login", { body: { username, password } });
  await admit(me);
}

export class NoGuard extends Error {}

async function admit(me: Me): Promise<void> {
  setAccess(me.csrf, () => {
    expired.value = true;
    person.value = null;
    door.value = "login";
  });
  if (!me.permissions.includes("check_in")) {
    door.value = "login";
    throw new NoGuard();
  }
  const began = Date.now();
  const told = await post<PhoneView>("/phone", { body: { mark: memory.value.mark } });
  const skew = Math.round((began + Date.now()) / 2 - told.server_ms);
  await change((held) => {
    held.guard = told.guard;
    held.homes = told.homes;
    held.skew = skew;
    const posts = told.homes.flatMap((home) => home.posts);
    const known = posts.some((one) => one.gateway === held.post?.gateway && one.device === held.post?.device);
    if (!known) held.post = posts[0] ? { gateway: posts[0].gateway, device: posts[0].device } : null;
    for (const press of held.presses) {
      const home = told.homes.find((one) => one.gateway === press.gateway);
      if (home) press.key = home.key; // A new password, a new key.
    }
  });
  link.value = "online";
  expired.value = false;
  person.value = me;
  door.value = "in";
  kick();
}

/** Sign out; refused while anything waits, for nobody else may send it. The keys leave the phone. */
export async function logout(): Promise<boolean> {
  await look();
  if (mine(memory.value).length || memory.value.presses.some(isOpen)) return false;
  try {
    await post("/logout");
  } catch (error) {
    if (failureOf(error).status !== 401) throw error;
  }
  await change((held) => {
    held.guard = "";
    held.homes = [];
    held.post = null;
    held.presses = [];
    held.done = [];
  });
  person.value = null;
  door.value = "login";
  return true;
}

export const mine = (held: Memory): Item[] => held.queue.filter((item) => item.by === held.guard);
export const homeOf = (held: Memory): Home | undefined =>
  held.homes.find((home) => home.posts.some((one) => one.gateway === held.post?.gateway)) ?? held.homes[0];

export const choose = (gateway: string, device: string): Promise<void> =>
  change((held) => void (held.post = { gateway, device }));

/** Keep a check-in; it is shown as waiting until the server has answered. Says no where the queue is full. */
export async function checkIn(act: Act, point = ""): Promise<boolean> {
  const id = uuid();
  const t = Date.now();
  const kept = await change((held) => {
    if (held.queue.length >= QUEUE_MAX || !held.post || !held.guard) return false;
    held.queue.push({ id, by: held.guard, act, t, point, ...held.post });
    return true;
  });
  kick();
  return kept;
}

// ---------------------------------------------------------------- the queue

let wake: () => void = () => undefined;
let wakeCalls: () => void = () => undefined;

export function kick(): void {
  wake();
  wakeCalls();
}

const pause = (ms: number, set: (go: () => void) => void) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    set(() => {
      clearTimeout(timer);
      resolve();
    });
  });

async function queueLoop(): Promise<never> {
  for (let failed = 0; ;) {
    const good = await sendQueue().catch(() => false);
    failed = good ? 0 : failed + 1;
    await pause(good ? CHECK_MS : RETRY_MS[Math.min(failed, RETRY_MS.length) - 1]!, (go) => (wake = go));
  }
}

/** Send what waits, the oldest first; says whether all went that could. */
async function sendQueue(): Promise<boolean> {
  await look();
  for (;;) {
    const batch = mine(memory.value).slice(0, AT_ONCE);
    if (!batch.length || door.value !== "in") {
      failing.value = "";
      return true;
    }
    if (!person.value) {
      await enter(); // The page opened without a network: before anything is sent, see who we are.
      if (!person.value) return false;
    }
    let told: CheckIns;
    try {
      const items = batch.map((item) => ({
        id: item.id,
        post: { gateway: item.gateway, device: item.device },
        act: item.act,
        t: item.t,
        point: item.point,
      }));
      told = await post<CheckIns>("/checkins", { body: { items, sent: Date.now() } });
    } catch (error) {
      const failure = failureOf(error);
      note(failure);
      failing.value = failure.code;
      return false;
    }
    link.value = "online";
    const later = told.items.some((one) => one.reason === "unavailable");
    await change((held) => {
      held.skew = told.skew_ms;
      for (const one of told.items) {
        const at = held.queue.findIndex((item) => item.id === one.id);
        if (at < 0 || one.reason === "unavailable") continue; // Another tab was quicker, or the server cannot store now.
        const [item] = held.queue.splice(at, 1);
        const { id, status, reason, rx, late } = one;
        held.done.unshift({ id, act: item!.act, t: item!.t, status, reason, rx, late });
      }
      held.done.length = Math.min(held.done.length, DONE_MAX);
    });
    failing.value = later ? "unavailable" : "";
    if (later) return false;
  }
}

function note(failure: Failure): void {
  if (failure.status) link.value = "online";
  else link.value = navigator.onLine === false ? "offline" : "unsure";
}

// ---------------------------------------------------------------- calls for help

/** Call for help, or learn that this very call is under way already. */
export async function callForHelp(): Promise<Press | null> {
  const home = homeOf(memory.value);
  if (!home) return null;
  const now = Date.now();
  const id = uuid(); // One for both ways below: however storage behaves, it is one call.
  let press: Press;
  try {
    press = (
      await within(
        KEEP_MS,
        change((held) => begin(held, home, now, id)),
      )
    ).press;
  } catch {
    // Nothing can be kept: it goes out all the same, in an epoch of its own, and the page holds it.
    const loose = { ...memory.value, lanes: {}, presses: [...memory.value.presses] };
    press = begin(loose, home, now, id).press;
    memory.value = loose;
    void deliver(press);
  }
  kick();
  return press;
}

/** Try every open call once a while, for ever: each tab does, and the server shows a call once however often it is told. */
async function callsLoop(): Promise<never> {
  for (;;) {
    await look().catch(() => undefined);
    const open = memory.value.presses.filter(isOpen);
    let most = 0;
    for (const press of open) {
      await deliver(press);
      most = Math.max(most, isOpenNow(press.id) ? (tries.value[press.id]?.count ?? 0) : 0);
    }
    await pause(open.length ? pauseAfter(most) || 1 : CHECK_MS, (go) => (wakeCalls = go));
  }
}

const isOpenNow = (id: string) => memory.value.presses.some((one) => one.id === id && isOpen(one));

async function deliver(press: Press): Promise<void> {
  const key = memory.value.homes.find((home) => home.gateway === press.gateway)?.key ?? press.key;
  const skew = memory.value.skew ?? 0;
  const { stage, reason } = await send(press, key, skew);
  const count = (tries.value[press.id]?.count ?? 0) + 1;
  tries.value = { ...tries.value, [press.id]: { count, reason } };
  if (reason === "network") link.value = navigator.onLine === false ? "offline" : "unsure";
  else link.value = "online";
  const settle = (held: Memory) => {
    const one = held.presses.find((each) => each.id === press.id);
    if (!one || !isOpen(one)) return;
    if (reason === CONFLICT) moveOn(held, press.id, Date.now());
    else if (stage !== "sending" || one.stage === "sending") Object.assign(one, { stage, reason, at: Date.now() });
  };
  try {
    await within(KEEP_MS, change(settle));
  } catch {
    const loose = { ...memory.value, presses: memory.value.presses.map((one) => ({ ...one })) };
    settle(loose);
    memory.value = loose;
  }
  if (stage === "stored") void heartbeat({ ...press, stage }, key, skew);
}
