/** Where we are, kept in the address behind `#`: every view has a link, and no server rule is needed for it. */
import { computed, signal } from "@preact/signals";

export interface Route {
  path: string[];
  query: Record<string, string>;
}

/** Read the part of an address after `#`. Pure. */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  return {
    path: path.split("/").filter(Boolean).map(decode),
    query: Object.fromEntries(
      search
        .split("&")
        .filter(Boolean)
        .map((pair) => {
          const at = pair.indexOf("=");
          return at < 0 ? [decode(pair), ""] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
        }),
    ),
  };
}

export function href(path: string, query: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value);
  const search = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join("&");
  return `#/${path}${search ? `?${search}` : ""}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));
export const route = computed(() => parseRoute(hash.value));

export function go(path: string, query: Record<string, string | undefined> = {}): void {
  location.hash = href(path, query);
}

/** Change the query in place, without a new step in the browser's history. */
export function replaceQuery(query: Record<string, string | undefined>): void {
  history.replaceState(null, "", href(route.value.path.join("/"), query));
  hash.value = location.hash;
}
