/** What a person chose for this browser: language, theme, single-key shortcuts. Storage may be forbidden; then it lasts a visit. */
import { effect, signal } from "@preact/signals";

export type Language = "zh" | "en";
export type Theme = "auto" | "light" | "dark";

function kept<T extends string>(key: string, words: readonly T[], otherwise: T) {
  let start = otherwise;
  try {
    const found = localStorage.getItem(key) as T | null;
    if (found && words.includes(found)) start = found;
  } catch {
    // Forbidden by policy.
  }
  const value = signal<T>(start);
  effect(() => {
    try {
      localStorage.setItem(key, value.value);
    } catch {
      // Forbidden by policy.
    }
  });
  return value;
}

export const language = kept<Language>("anxiao.language", ["zh", "en"], "zh");
export const theme = kept<Theme>("anxiao.theme", ["auto", "light", "dark"], "auto");
export const singleKeys = kept<"on" | "off">("anxiao.keys", ["on", "off"], "on");
export const mapTier = kept<"tiles" | "dots">("anxiao.map", ["tiles", "dots"], "tiles");

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  if (theme.value === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme.value);
});
