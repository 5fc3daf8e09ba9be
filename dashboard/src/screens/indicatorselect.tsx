/** A choice among indicators; with `every`, none of them in particular is a choice too. */
import { labelled, t } from "../i18n";

interface Props {
  indicators: Iterable<{ id: string; label: string; label_en: string }>;
  indicator: string | undefined;
  every?: boolean;
  pick: (indicator: string | undefined) => void;
}

export function IndicatorSelect({ indicators, indicator, every = false, pick }: Props) {
  const m = t();
  return (
    <select
      aria-label={m.coverage.gapColumns.indicator}
      value={every ? (indicator ?? "") : indicator}
      onChange={(event) => pick(event.currentTarget.value || undefined)}
    >
      {every && <option value="">{m.coverage.gapAll}</option>}
      {[...indicators].map((one) => (
        <option key={one.id} value={one.id}>
          {labelled(one)}
        </option>
      ))}
    </select>
  );
}
