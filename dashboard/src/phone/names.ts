import { language } from "../preferences";

/** The name of a school in the chosen language; its Chinese name where it has no other. */
export const named = (thing: { name: string; name_en: string }): string =>
  language.value === "zh" || !thing.name_en ? thing.name : thing.name_en;
