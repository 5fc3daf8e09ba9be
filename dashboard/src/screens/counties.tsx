/** The districts in figures; also the map in words. */
import { t } from "../i18n";
import { replaceQuery, route } from "../route";
import { countyOf, isOpen, LIVENESS, type Picture } from "../store/picture";
import { Severity } from "../ui/parts";

export interface CountyRow {
  id: string;
  name: string;
  schools: number;
  live: number;
  blind: number;
  open: number;
  critical: number;
}

/** Count by county-level unit. Pure. */
export function countCounties(held: Picture, name: (id: string) => string): CountyRow[] {
  const rows = new Map<string, CountyRow>();
  const row = (id: string): CountyRow => {
    let found = rows.get(id);
    if (!found) rows.set(id, (found = { id, name: name(id), schools: 0, live: 0, blind: 0, open: 0, critical: 0 }));
    return found;
  };
  held.schools.unit.forEach((unit, ix) => {
    const county = row(countyOf(held.units, unit));
    county.schools += 1;
    const word = LIVENESS[held.liveness[ix] ?? 0];
    county.live += Number(word === "live");
    county.blind += Number(word === "offline" || word === "unknown");
  });
  for (const alert of held.alerts.values()) {
    if (!isOpen(alert) || alert.mode !== "real" || !alert.unit) continue;
    const county = row(countyOf(held.units, alert.unit));
    county.open += 1;
    county.critical += Number(alert.sev === 1);
  }
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function CountyTable({ rows }: { rows: CountyRow[] }) {
  const m = t();
  const chosen = route.value.query["unit"];
  return (
    <table class="counties">
      <thead>
        <tr>
          <th scope="col">{m.map.columns.unit}</th>
          <th scope="col" class="num">
            {m.map.columns.schools}
          </th>
          <th scope="col" class="num">
            {m.map.columns.live}
          </th>
          <th scope="col" class="num">
            {m.map.columns.offline}
          </th>
          <th scope="col" class="num">
            {m.map.columns.open}
          </th>
          <th scope="col" class="num">
            {m.map.columns.critical}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row">
              <button
                type="button"
                class="link"
                aria-pressed={chosen === row.id ? "true" : "false"}
                onClick={() => replaceQuery({ ...route.peek().query, unit: chosen === row.id ? undefined : row.id })}
              >
                {row.name}
              </button>
            </th>
            <td class="num">{row.schools}</td>
            <td class="num">{row.live}</td>
            <td class={`num ${row.blind ? "hatched" : "dim"}`}>{row.blind}</td>
            <td class="num">{row.open}</td>
            <td class="num">
              {row.critical ? (
                <>
                  <Severity level={1} /> {row.critical}
                </>
              ) : (
                <span class="dim">0</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
