/** The keyboard: single keys where nobody types, two-key sequences after G. Single keys can be turned off. */
import { singleKeys } from "./preferences";

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

const SEQUENCE_MS = 1_200;
const maps: KeyMap[] = [];
let prefix = "";
let prefixAt = 0;

/** Add a map of keys; the latest one that knows a key has it. */
export function listenForKeys(map: KeyMap): () => void {
  if (maps.length === 0) addEventListener("keydown", onKeyDown);
  maps.push(map);
  return () => {
    maps.splice(maps.indexOf(map), 1);
    if (maps.length === 0) removeEventListener("keydown", onKeyDown);
  };
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  const typing = isTyping(event.target);
  const single = event.key.length === 1;
  if (typing && (single || event.key !== "Escape")) return;
  if (single && singleKeys.value === "off") return;
  // A control keeps its own keys.
  if (
    (event.key === "Enter" || event.key === " ") &&
    (event.target as HTMLElement).closest?.("button, a, summary, select")
  )
    return;
  const key = single ? event.key.toLowerCase() : event.key;
  const sequence = prefix && event.timeStamp - prefixAt < SEQUENCE_MS ? `${prefix} ${key}` : key;
  prefix = "";
  for (let at = maps.length - 1; at >= 0; at -= 1) {
    const act = maps[at]?.[sequence];
    if (!act) continue;
    event.preventDefault();
    act(event);
    return;
  }
  if (key === "g") {
    prefix = key;
    prefixAt = event.timeStamp;
  }
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]");
}
