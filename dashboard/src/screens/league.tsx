/** The league table: places ranked only as far as their rates can be told apart, each with its interval. */
import type { League, LeagueRow } from "../api.gen";
import { query } from "../client";
import { clock, count, percent } from "../format";
import { named, t } from "../i18n";
import { replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { PageHead } from "../ui/pagehead";
import { Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { IndicatorSelect } from "./indicatorselect";

type By = League["by"];
const LEVELS: readonly By[] = ["county", "township", "sub_bureau", "station"];

export function LeagueScreen() {
  const m = t();
  const q = route.value.query;
  const indicators = picture.value?.indicators ?? [];
  const indicator = indicators.find((one) => one.id === q["indicator"]) ?? indicators[0];
  const by = LEVELS.find((level) => level === q["by"]) ?? "county";
  const figure = q["figure"] === "ledger" ? "ledger" : "live";
  const resource = useResource<League>(
    indicator ? `/league${query({ indicator: indicator.id, by, figure })}` : null,
    0,
  );
  const { data, failure } = resource;
  const set = (change: Record<string, string>) => replaceQuery({ indicator: indicator?.id, by, figure, ...change });
  return (
    <div class="coverage page">
      <PageHead title={m.league.title} lead={m.league.lead(data?.least ?? 10)}>
        <span class="stretch" />
        {data && <span class="dim small">{m.common.asOf(clock(data.as_of))}</span>}
      </PageHead>
      <div class="row">
        <IndicatorSelect
          indicators={indicators}
          indicator={indicator?.id}
          pick={(value) => value && set({ indicator: value })}
        />
        <Choice
          label={m.league.by}
          value={by}
          options={LEVELS.map((level) => ({ value: level, text: m.league.levels[level] }))}
          pick={(value) => set({ by: value })}
        />
        <Choice
          label={m.coverage.figure}
          value={figure}
          options={[
            { value: "ledger", text: m.coverage.ledger },
            { value: "live", text: m.coverage.live },
          ]}
          pick={(value) => set({ figure: value })}
        />
      </div>
      {failure && <Trouble failure={failure} retry={resource.reload} />}
      {!data && !failure && <Waiting />}
      {data && (
        <div class={`panel tablebox ${failure ? "old" : ""}`}>
          {data.rows.length === 0 ? <Empty title={m.league.none} hint={m.league.noneHint} /> : <Rows league={data} />}
        </div>
      )}
    </div>
  );
}

function Rows({ league }: { league: League }) {
  const m = t();
  const lowest = Math.floor(Math.min(...league.rows.map((row) => row.low)) / 1_000) * 1_000;
  return (
    <table class="gaps league">
      <thead>
        <tr>
          <th scope="col">{m.league.columns.band}</th>
          <th scope="col">{m.league.columns.place}</th>
          <th scope="col">{m.league.columns.rank}</th>
          <th scope="col" class="num">
            {m.league.columns.rate}
          </th>
          <th scope="col" class="num">
            {m.league.columns.met}
          </th>
          <th scope="col" class="num">
            {m.coverage.unknown}
          </th>
          <th scope="col" class="num">
            {m.coverage.exempt}
          </th>
          <th scope="col">{m.league.columns.interval}</th>
          <th scope="col" class="span" aria-hidden="true">
            <span class="dim">{percent(lowest)}</span>
            <span class="dim">100%</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {league.rows.map((row, ix) => (
          <Row key={row.id} row={row} lowest={lowest} first={ix > 0 && row.band !== league.rows[ix - 1]!.band} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, lowest, first }: { row: LeagueRow; lowest: number; first: boolean }) {
  const m = t();
  const at = (points: number): string => `${(100 * (points - lowest)) / Math.max(1, 10_000 - lowest)}%`;
  const middle = row.counts.bp ?? row.low;
  return (
    <tr class={`${first ? "newband" : ""} ${row.band === null ? "few" : ""}`}>
      <td>{row.band === null ? m.league.few : m.league.band(row.band)}</td>
      <th scope="row">{named(row)}</th>
      <td>{row.best === null ? "" : row.best === row.worst ? String(row.best) : `${row.best}–${row.worst}`}</td>
      <td class="num">{row.counts.bp === null ? m.coverage.noneRequired : percent(row.counts.bp)}</td>
      <td class="num">
        {count(row.counts.met)}/{count(row.counted)}
      </td>
      <td class="num">{row.counts.unknown ? count(row.counts.unknown) : ""}</td>
      <td class="num">{row.counts.exempt ? count(row.counts.exempt) : ""}</td>
      <td>
        {percent(row.low)}–{percent(row.high)}
      </td>
      <td class="span" aria-hidden="true">
        <svg width="100%" height="14">
          <line x1={at(row.low)} x2={at(row.high)} y1="7" y2="7" />
          <circle cx={at(middle)} cy="7" r="4" />
        </svg>
      </td>
    </tr>
  );
}
