/** The moves of an alert's lifecycle as this screen offers them, and asking the server for one. */
import { signal } from "@preact/signals";
import type { Act, Alert, AlertDetail, AskAct, State } from "../api.gen";
import { Failure, failureOf, post, uuid } from "../client";
import { takeAlert } from "./feed";
import { isIncident } from "./order";

export type Cause = NonNullable<Exclude<AskAct["cause"], "">>;

const INCIDENT_MOVES: Record<State, readonly Act[]> = {
  raised: ["acknowledge", "escalate"],
  acknowledged: ["dispatch", "arrive", "resolve", "escalate"],
  dispatched: ["arrive", "resolve", "escalate"],
  on_scene: ["resolve", "escalate"],
  resolved: ["review", "reopen"],
  reviewed: [],
  work_order: [],
  recovered: [],
  closed: [],
};
const FAULT_MOVES: Record<State, readonly Act[]> = {
  raised: ["acknowledge", "escalate"],
  acknowledged: ["work_order", "close", "escalate"],
  work_order: ["close", "escalate"],
  recovered: ["close"],
  dispatched: [],
  on_scene: [],
  resolved: [],
  reviewed: [],
  closed: ["reopen"], // Where it lasts; the server knows.
};
export const INCIDENT_CAUSES: readonly Cause[] = ["real", "false_human", "false_device", "test", "drill", "duplicate"];
export const FAULT_CAUSES: readonly Cause[] = ["fixed", "planned", "false_device", "duplicate", "test", "drill"];

/** Moves that are possible now and that the person may ask for; `note` is always possible. The server decides in the end. */
export function movesOf(alert: Alert, granted: readonly Act[]): Act[] {
  const moves = (isIncident(alert) ? INCIDENT_MOVES : FAULT_MOVES)[alert.state];
  return [...moves, "note" as const].filter((act) => granted.includes(act));
}

export const needsCause = (act: Act): boolean => act === "resolve" || act === "close";

/** Acts under way, by alert: a button shows that it waits, and is never drawn as done before the server said so. */
export const pending = signal<ReadonlyMap<string, Act>>(new Map());

export type Outcome = { ok: true; detail: AlertDetail } | { ok: false; failure: Failure };

/** Ask for a move; the same key is sent again on a retry after a lost answer, so that it happens once. */
export async function ask(alert: Alert, act: Act, more: { note?: string; cause?: Cause } = {}): Promise<Outcome> {
  const key = uuid();
  setPending(alert.id, act);
  try {
    const body = { act, ...(more.note ? { note: more.note } : {}), ...(more.cause ? { cause: more.cause } : {}) };
    const path = `/alerts/${encodeURIComponent(alert.id)}/acts`;
    const send = () => post<AlertDetail>(path, { body, version: alert.ver, key });
    const detail = await send().catch((error: unknown) => {
      if (error instanceof Failure && error.code === "network") return send();
      throw error;
    });
    takeAlert(detail);
    return { ok: true, detail };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.current) takeAlert(failure.current);
    return { ok: false, failure };
  } finally {
    setPending(alert.id, null);
  }
}

function setPending(id: string, act: Act | null): void {
  const next = new Map(pending.value);
  if (act) next.set(id, act);
  else next.delete(id);
  pending.value = next;
}
