/** A call for help as a small gateway tells it: one position, one id, sent until the server's receipt covers it. */
import { DIGITS, draw, type Home, type Memory, type Press } from "./box";

export const SAME_MS = 60_000; // Another hold within this is the same call: a shaking hand, a second tab, a reload.
export const PRESSES_MAX = 20;
const ANSWER_MS = 12_000; // The server answers within 10 s, even where its journal is down.
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

export const CONFLICT = "position_conflict"; // Another content stands there: the storage was copied. A new epoch helps.

export const pauseAfter = (tries: number): number => PAUSES_MS[Math.min(tries, PAUSES_MS.length) - 1] ?? 0;
export const isOpen = (press: Press): boolean => press.stage === "sending" || press.stage === "shown";

/** An epoch that sorts after every earlier one, also where the browser has forgotten its storage: seconds, then chance. */
export function newEpoch(now: number): string {
  let text = "";
  for (let rest = Math.floor(now / 1000), digit = 0; digit < 6; digit += 1, rest = Math.floor(rest / 36))
    text = DIGITS[rest % 36] + text;
  return text + draw(4);
}

/** Note a call in the memory, or give the one that is under way. Runs within one transaction, and perhaps twice. */
export function begin(memory: Memory, home: Home, now: number, id: string): { press: Press; fresh: boolean } {
  const last = memory.presses.filter((one) => one.gateway === home.gateway && one.stage !== "refused").pop();
  if (last && Math.abs(now - last.held) < SAME_MS) return { press: last, fresh: false };
  const lane = memory.lanes[home.gateway] ?? { epoch: newEpoch(now - (memory.skew ?? 0)), next: 1 };
  memory.lanes[home.gateway] = { epoch: lane.epoch, next: lane.next + 1 };
  const here = home.posts.some((post) => post.device === memory.post?.device && post.gateway === memory.post?.gateway);
  const press: Press = {
    id,
    gateway: home.gateway,
    key: home.key,
    epoch: lane.epoch,
    p: lane.next,
    d: here && memory.post ? memory.post.device : "sos",
    t: now - (memory.skew ?? 0),
    q: memory.skew === null ? 1 : 3,
    held: now,
    stage: "sending",
    at: 0,
    reason: "",
  };
  memory.presses.push(press);
  while (memory.presses.length > PRESSES_MAX) {
    const over = memory.presses.findIndex((one) => !isOpen(one));
    memory.presses.splice(over < 0 ? 0 : over, 1);
  }
  return { press, fresh: true };
}

/** Give an open press another place, under its own id, where the server holds another content at its position. */
export function moveOn(memory: Memory, id: string, now: number): void {
  const press = memory.presses.find((one) => one.id === id);
  if (!press || !isOpen(press)) return;
  press.epoch = newEpoch(now - (memory.skew ?? 0));
  press.p = 1;
  memory.lanes[press.gateway] = { epoch: press.epoch, next: 2 };
}

export interface Outcome {
  stage: Press["stage"];
  reason: string;
}

/** Send a press once, and where that brings no receipt, tell of it by the heartbeat's open list too. */
export async function send(press: Press, key: string, skew: number): Promise<Outcome> {
  const record = { k: "press", id: press.id, d: press.d, t: press.t, q: press.q, press: "sos", mode: "real" };
  const batch = { v: 1, g: press.gateway, ep: press.epoch, x: "a", p: press.p, s: Date.now() - skew, r: [record] };
  const told = await post(press, key, "up/a", batch);
  if (told.stage === "stored" || told.reason === "network") return told;
  const beat = await heartbeat(press, key, skew);
  return beat.stage === "stored" || told.stage === "sending" ? { ...beat, reason: beat.reason || told.reason } : told;
}

/** Say that we live, how far our lane goes, and which calls have no receipt. */
export function heartbeat(press: Press, key: string, skew: number): Promise<Outcome> {
  const open = isOpen(press) ? [{ id: press.id, d: press.d, t: press.t, press: "sos", mode: "real" }] : [];
  const lo = isOpen(press) ? press.p - 1 : press.p;
  return post(press, key, "hb", {
    v: 1,
    ep: press.epoch,
    boot: press.epoch,
    h: 1,
    s: Date.now() - skew,
    mono: Math.round(performance.now()),
    hi: { a: press.p, t: 0 },
    lo: { a: lo, t: 0 },
    path: "https",
    open,
  });
}

async function post(press: Press, key: string, leaf: string, body: unknown): Promise<Outcome> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ANSWER_MS);
  try {
    const answer = await fetch(`/v1/ingest/${press.gateway}/${leaf}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      keepalive: true, // It goes on when the page is closed in the middle.
      signal: limit.signal,
    });
    const text = await answer.text();
    return outcomeOf(press, leaf, answer.status, text);
  } catch {
    return { stage: "sending", reason: "network" };
  } finally {
    clearTimeout(timer);
  }
}

interface Receipt {
  ep?: string;
  c?: Record<string, number>;
  ids?: string[];
  no?: { x: string; p: number; n: number; why?: string }[];
}

/** Read what the server says of a press. Pure. Only a receipt that covers it makes it stored. */
export function outcomeOf(press: Press, leaf: string, status: number, text: string): Outcome {
  if (status === 200) {
    const told = parse(text);
    for (const receipt of Array.isArray(told) ? told : [told]) {
      if (!receipt || receipt.ep !== press.epoch) continue;
      const no = receipt.no?.find((one) => one.x === "a" && one.p === press.p);
      if (no?.why === CONFLICT) return { stage: "sending", reason: CONFLICT };
      if (no) return { stage: "refused", reason: no.why ?? "refused" };
      if ((receipt.c?.["a"] ?? 0) >= press.p || receipt.ids?.includes(press.id)) return { stage: "stored", reason: "" };
    }
    return { stage: "sending", reason: "no_receipt" };
  }
  const code = (parse(text) as { code?: string } | null)?.code ?? "";
  // The batch was read and is on the screens; only the journal is behind. Anything else says nothing of the kind.
  if (leaf === "up/a" && (code === "journal_down" || status === 429)) return { stage: "shown", reason: code };
  return { stage: "sending", reason: status === 401 || status === 403 ? "key" : code || `http_${status}` };
}

function parse(text: string): Receipt | Receipt[] | null {
  try {
    return JSON.parse(text) as Receipt | Receipt[];
  } catch {
    return null;
  }
}
