/** The words of the chosen language. */
import { computed } from "@preact/signals";
import { language } from "../preferences";
import { en } from "./en";
import { zh } from "./zh";

export type Words = typeof zh;

export const words = computed<Words>(() => (language.value === "zh" ? zh : en));
export const t = (): Words => words.value;

/** The name of a thing of the registry in the chosen language; its Chinese name where it has no other. */
export const named = (thing: { name: string; name_en: string } | undefined | null, otherwise = ""): string =>
  !thing ? otherwise : language.value === "zh" || !thing.name_en ? thing.name : thing.name_en;

export const labelled = (thing: { label: string; label_en: string }): string =>
  language.value === "zh" || !thing.label_en ? thing.label : thing.label_en;

/** Look a code up; one the screens do not know yet is shown as it came, never hidden. */
export const look = (table: Record<string, string>, code: string): string => table[code] ?? code;
