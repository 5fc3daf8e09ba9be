/** The formula and the source of an indicator in the chosen language; the Chinese title where a source has no other. */
import type { IndicatorView } from "../api.gen";
import { language } from "../preferences";

type Told = Pick<IndicatorView, "formula" | "formula_en" | "source" | "source_en">;

export const formulaOf = (one: Told): string =>
  language.value === "en" && one.formula_en ? one.formula_en : one.formula;

export const sourceOf = (one: Told): string => (language.value === "en" && one.source_en ? one.source_en : one.source);
