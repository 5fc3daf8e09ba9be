/**
 * Tells the server that this screen has drawn what was pressed: a police screen's word is a step of each test's proof, and
 * measures the way from a real button to a police officer's eyes. A hidden tab, or a row that is not on the page, tells nothing.
 */
import { effect } from "@preact/signals";
import type { Alert, AskShown } from "../api.gen";
import { post } from "../client";
import { alertsTick, picture } from "../store/feed";
import { may, me } from "../store/session";

const AGAIN_MS = 5_000; // What was not on the page, or not taken, is looked at again.
const ITEMS_MAX = 100; // Of one request.
const TOLD_MAX = 2_000;

const told = new Map<string, number>(); // Alert -> how many of its presses we have told of.
let busy = false;

/** Start to watch; once, when the shell is made. Gives how to stop. */
export function watchShown(): () => void {
  const stop = effect(() => {
    alertsTick.value;
    picture.value;
    requestAnimationFrame(() => setTimeout(look)); // After the frame that draws it.
  });
  const timer = setInterval(look, AGAIN_MS);
  return () => (stop(), clearInterval(timer));
}

function look(): void {
  if (busy || document.hidden || me.value?.scope.kind !== "station" || !may("witness")) return;
  const items: AskShown["items"] = [];
  for (const alert of picture.value?.alerts.values() ?? []) {
    if (items.length === ITEMS_MAX) break;
    if (waits(alert)) items.push({ alert: alert.id, count: alert.count, ago_ms: 0 });
  }
  if (!items.length) return;
  busy = true;
  const body: AskShown = { items };
  post("/screens/shown", { body })
    .then(() => {
      for (const item of items) told.set(item.alert, item.count);
      while (told.size > TOLD_MAX) told.delete(told.keys().next().value!);
    })
    .catch(() => undefined) // It is looked at again; the header shows the state of the line.
    .finally(() => (busy = false));
}

/** Say whether presses of an alert are on the page that no police screen has told of yet. */
function waits(alert: Alert): boolean {
  if (alert.flow !== "incident" || alert.shown >= alert.count || (told.get(alert.id) ?? 0) >= alert.count) return false;
  return document.getElementById(`row-${alert.id}`) !== null;
}
