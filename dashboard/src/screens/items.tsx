/** The items of which one figure of the ledger is made: in how many schools each is there, missing, or not known. */
import type { Counts, Items } from "../api.gen";
import { query } from "../client";
import { count, percent } from "../format";
import { named, t } from "../i18n";
import { moment, useAsking } from "./past";
import { Trouble } from "../ui/parts";
import { useResource } from "../ui/resource";

export function ItemTable({ indicator, unit }: { indicator: string; unit: string | undefined }) {
  const m = t();
  const past = moment();
  const path = past?.fault ? null : `/coverage/items${query({ indicator, unit, on: past?.on, known: past?.known })}`;
  const { data, failure, reload } = useResource<Items>(path);
  useAsking([data?.basis], data, reload);
  const english = document.documentElement.lang === "en";
  if (failure) return <Trouble failure={failure} retry={reload} />;
  if (!data || data.rows.length === 0) return null;
  return (
    <section class="panel tablebox items">
      <table class="figures">
        <caption class="dim small">{m.coverage.itemsTitle}</caption>
        <thead>
          <tr>
            <th scope="col" class="first">
              {m.coverage.unit}
            </th>
            {data.items.map((item) => (
              <th key={item.id} scope="col">
                {english ? item.label_en : item.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row) => (
            <tr key={row.unit} class={row.unit === data.parent ? "total" : ""}>
              <th scope="row" class="first">
                {named(row)} {row.unit === data.parent && m.coverage.total}
              </th>
              {row.counts.map((counts, ix) => (
                <td key={data.items[ix]?.id}>
                  <Item counts={counts} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Item({ counts }: { counts: Counts }) {
  const m = t();
  if (counts.bp === null) return <em class="dim">{m.coverage.noneRequired}</em>;
  const words = [
    counts.not_met ? m.coverage.gapOf(count(counts.not_met)) : "",
    counts.unknown ? m.coverage.unknownOf(count(counts.unknown)) : "",
    counts.exempt ? m.coverage.exemptOf(count(counts.exempt)) : "",
  ].filter(Boolean);
  return (
    <span class="itemfigure">
      <b>{percent(counts.bp)}</b>{" "}
      <span class="dim">
        {count(counts.met)}/{count(counts.met + counts.not_met + counts.unknown)}
      </span>
      {words.length > 0 && <span class="words dim small">{words.join(" · ")}</span>}
    </span>
  );
}
