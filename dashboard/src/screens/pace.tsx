/** Burn-up: the share met over the frozen days, unit by unit, and when 100 % is reached at the pace of the last ones. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Pace, PacePoint, PaceRow } from "../api.gen";
import { query } from "../client";
import { count, day, percent } from "../format";
import { labelled, named, t } from "../i18n";
import { theme } from "../preferences";
import { href, replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { burnUp } from "../ui/burnup";
import { PageHead } from "../ui/pagehead";
import { Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { IndicatorSelect } from "./indicatorselect";
import { UnitSelect } from "./unitselect";

const SPANS = ["30", "90", "365", "1100"] as const;
const HEIGHT = 280;

const share = (met: number, basis: number): string => (basis ? percent(Math.floor((10_000 * met) / basis)) : "–");

/** Say when everything is met, or why nobody can say. */
export function outlook(row: PaceRow): string {
  const m = t();
  if (row.outcome !== "date" || !row.on) return m.pace.outcomes[row.outcome];
  return m.pace.reached(row.on, row.earliest ?? row.on, row.latest ?? m.pace.never);
}

export function PaceScreen() {
  const m = t();
  const q = route.value.query;
  const indicators = picture.value?.indicators ?? [];
  const indicator = indicators.find((one) => one.id === q["indicator"]) ?? indicators[0];
  const figure = q["figure"] === "live" && !indicator?.ledger_only ? "live" : "ledger";
  const span = SPANS.find((one) => one === q["days"]) ?? "90";
  const { unit } = q;
  const path = indicator ? `/coverage/pace${query({ unit, indicator: indicator.id, figure, days: span })}` : null;
  const { data, failure, reload } = useResource<Pace>(path);
  const set = (change: Record<string, string | undefined>) => replaceQuery({ ...route.peek().query, ...change });
  const whole = data?.rows.find((row) => row.unit === data.parent);
  return (
    <div class="coverage page">
      <PageHead
        back={{ to: href("coverage", { unit }), text: m.coverage.title }}
        title={m.pace.title}
        lead={m.pace.lead}
      >
        <span class="stretch" />
        {data?.as_of && <span class="dim small">{m.pace.newest(data.as_of)}</span>}
      </PageHead>
      <div class="row">
        <UnitSelect unit={unit} pick={(value) => set({ unit: value })} />
        <IndicatorSelect
          indicators={indicators}
          indicator={indicator?.id}
          pick={(value) => set({ indicator: value })}
        />
        {indicator?.ledger_only ? (
          <span class="dim">{m.coverage.cannotProveHint}</span>
        ) : (
          <Choice
            label={m.coverage.figure}
            value={figure}
            options={[
              { value: "ledger", text: m.coverage.ledger },
              { value: "live", text: m.coverage.live },
            ]}
            pick={(value) => set({ figure: value })}
          />
        )}
        <Choice
          label={m.pace.span}
          value={span}
          options={SPANS.map((value) => ({ value, text: m.pace.days(value) }))}
          pick={(value) => set({ days: value })}
        />
      </div>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && (path ? <Waiting /> : <Empty title={m.pace.noIndicator} />)}
      {data && data.rows.length === 0 && <Empty title={m.pace.notWhole} hint={m.pace.notWholeHint} />}
      {data && whole && (
        <Burn
          key={path}
          points={data.points}
          row={whole}
          title={indicator ? labelled(indicator) : ""}
          old={!!failure}
        />
      )}
      {data && data.rows.length > 0 && <Rows data={data} old={!!failure} />}
      {data && data.points.length > 0 && <Points points={data.points} />}
    </div>
  );
}

function Burn({ points, row, title, old }: { points: PacePoint[]; row: PaceRow; title: string; old: boolean }) {
  const m = t();
  const box = useRef<HTMLDivElement>(null);
  const [broken, setBroken] = useState(false);
  const look = theme.value;
  useEffect(() => {
    const element = box.current;
    const lines = burnUp(points, row);
    if (!element || !lines) return;
    let chart: { destroy(): void } | null = null;
    let gone = false;
    import("../ui/burnplot").then(
      ({ plotBurnUp }) => {
        if (!gone) chart = plotBurnUp(element, lines, HEIGHT, day);
      },
      () => !gone && setBroken(true),
    );
    return () => {
      gone = true;
      chart?.destroy();
    };
  }, [points, row, look]);
  return (
    <section class={`panel block burn ${old ? "old" : ""}`}>
      <h2>
        {named(row)} <small>{title}</small>
      </h2>
      <p>
        <b>{outlook(row)}</b>
      </p>
      {points.length === 0 && <Empty title={m.pace.noPoints} hint={m.pace.noPointsHint} />}
      {broken && <p class="lacks">{m.pace.noDrawing}</p>}
      <div class="plot" ref={box} role="img" aria-label={`${named(row)} ${title}${m.common.colon}${outlook(row)}`} />
      {points.length > 0 && <p class="dim small">{m.pace.legend}</p>}
    </section>
  );
}

/** The unit itself and those below it, each with its outlook. */
function Rows({ data, old }: { data: Pace; old: boolean }) {
  const m = t();
  return (
    <div class={`panel tablebox ${old ? "old" : ""}`}>
      <table class="gaps">
        <thead>
          <tr>
            <th scope="col">{m.coverage.unit}</th>
            <th scope="col" class="num">
              {m.league.columns.rate}
            </th>
            <th scope="col" class="num">
              {m.pace.met}
            </th>
            <th scope="col" class="num">
              {m.pace.left}
            </th>
            <th scope="col" class="num">
              {m.pace.perWeek}
            </th>
            <th scope="col">{m.pace.outlook}</th>
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row) => {
            const told = row.outcome !== "too_few_days" && row.outcome !== "nothing_required";
            return (
              <tr key={row.unit} class={row.unit === data.parent ? "total" : ""}>
                <th scope="row">
                  {row.unit === data.parent ? (
                    named(row)
                  ) : (
                    <a href={href("coverage/pace", { ...route.value.query, unit: row.unit })}>{named(row)}</a>
                  )}
                </th>
                <td class="num">{share(row.met, row.basis)}</td>
                <td class="num">{row.basis ? `${count(row.met)}/${count(row.basis)}` : "–"}</td>
                <td class="num">{row.basis ? count(row.basis - row.met) : "–"}</td>
                <td class="num">{told && row.outcome !== "already" ? row.per_week.toFixed(1) : "–"}</td>
                <td>{outlook(row)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** What the curve is drawn of. */
function Points({ points }: { points: PacePoint[] }) {
  const m = t();
  return (
    <details class="panel block burnpoints">
      <summary>{m.pace.points(count(points.length))}</summary>
      <table class="small">
        <thead>
          <tr>
            <th scope="col">{m.pace.day}</th>
            <th scope="col" class="num">
              {m.league.columns.rate}
            </th>
            <th scope="col" class="num">
              {m.pace.met}
            </th>
            <th scope="col" class="num">
              {m.pace.left}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...points].reverse().map((one) => (
            <tr key={one.on}>
              <th scope="row">
                <a href={href("coverage", { unit: route.value.query["unit"], on: one.on })}>{one.on}</a>
              </th>
              <td class="num">{share(one.met, one.basis)}</td>
              <td class="num">
                {count(one.met)}/{count(one.basis)}
              </td>
              <td class="num">{count(one.basis - one.met)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
