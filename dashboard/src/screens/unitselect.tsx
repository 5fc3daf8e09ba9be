/** A choice among the units within reach, or all of them. */
import { named, t } from "../i18n";
import { picture } from "../store/feed";

export function UnitSelect({ unit, pick }: { unit: string | undefined; pick: (unit: string | undefined) => void }) {
  const m = t();
  const units = picture.value?.units;
  return (
    <select
      aria-label={m.coverage.unit}
      value={unit ?? ""}
      onChange={(event) => pick(event.currentTarget.value || undefined)}
    >
      <option value="">{m.compare.everywhere}</option>
      {unit && !units?.has(unit) && <option value={unit}>{unit}</option>}
      {[...(units?.values() ?? [])].map((one) => (
        <option key={one.id} value={one.id}>
          {named(one)}
        </option>
      ))}
    </select>
  );
}
