/** One school: what it is, what is heard of it, what is judged of it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { DeviceView, KindView, Kinds, MetricView, SchoolPage } from "../api.gen";
import { ago, clock, count, dateTime, measured, unit as unitOf } from "../format";
import { labelled, look, named, t } from "../i18n";
import { href, route } from "../route";
import { alertsTick, coverageTick, livenessTick, picture, second } from "../store/feed";
import { schoolNameOf, unitName, whatOf } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { AlertBadges, Choice, Empty, Liveness, Severity, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { may } from "../store/session";
import { Chart, type ChartOf } from "./chart";
import { SchoolProofs } from "./proofs";
import { RiskPanel } from "./risk";

const RENEW_MS = 5_000;
const METRICS_SHOWN = 4;

/** A counter that steps when something of the city changed and on a slow clock, so that the page does not grow old. */
function useTurn(): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const ticks = () => `${alertsTick.peek()} ${livenessTick.peek()} ${coverageTick.peek()}`;
    let seen = ticks();
    let beats = 0;
    const timer = setInterval(() => {
      beats += 1;
      if (ticks() === seen && beats % 6 !== 0) return;
      seen = ticks();
      setTurn((n) => n + 1);
    }, RENEW_MS);
    return () => clearInterval(timer);
  }, []);
  return turn;
}

export function SchoolScreen({ id }: { id: string }) {
  const m = t();
  const turn = useTurn();
  const resource = useResource<SchoolPage>(`/schools/${encodeURIComponent(id)}`, turn);
  const kinds = useResource<Kinds>("/kinds");
  const [chart, setChart] = useState<ChartOf | null>(null);
  const { data, failure } = resource;
  const kindOf = new Map(kinds.data?.items.map((kind) => [kind.name, kind]));
  return (
    <div class="school page">
      <PageHead back={{ to: href("schools"), text: m.matrix.title }} title={data ? named(data.school) : id}>
        {data && (
          <p class="dim">
            {unitName(data.school.unit)} · {look(m.school.kinds, data.school.kind)} ·{" "}
            {look(m.school.areas, data.school.area)}
          </p>
        )}
        <span class="stretch" />
        {data && <GatewayChip page={data} />}
      </PageHead>
      {failure && <Trouble failure={failure} retry={resource.reload} />}
      {!data && !failure && <Waiting />}
      {data && (
        <div class={`columns ${failure ? "old" : ""}`}>
          <div class="column">
            <Alerts page={data} />
            {may("coverage") && <RiskPanel id={id} turn={turn} />}
            <Verdicts page={data} />
            {may("windows") && <SchoolProofs id={id} turn={turn} />}
            <Profile page={data} />
            <Gateway page={data} />
          </div>
          <div class="column wide">
            {chart && <Chart of={chart} school={data.school.id} close={() => setChart(null)} />}
            <Devices page={data} kinds={kindOf} pick={setChart} />
          </div>
        </div>
      )}
    </div>
  );
}

function GatewayChip({ page }: { page: SchoolPage }) {
  const m = t();
  return (
    <span class="chipline">
      {m.school.gateway} <Liveness word={page.gateway?.liveness ?? "unknown"} />
    </span>
  );
}

function Alerts({ page }: { page: SchoolPage }) {
  const m = t();
  return (
    <section class="panel block">
      <h2>
        {m.school.alerts} <small>{page.alerts.length}</small>
      </h2>
      {page.alerts.length === 0 ? (
        <p class="dim">
          {m.school.noAlerts} · {m.common.asOf(clock(second.value))}
        </p>
      ) : (
        <ul class="alertlines">
          {page.alerts.map((alert) => (
            <li key={alert.id}>
              <a href={href("live", { alert: alert.id })}>
                <Severity level={alert.sev} hollow={alert.state !== "raised"} />
                <b>{whatOf(alert)}</b>
                <AlertBadges alert={alert} />
                <span class="dim">{alert.place}</span>
                <span class="stretch" />
                <span>{look(m.state, alert.state)}</span>
                <time class="dim">{m.age.ago(ago(second.value - alert.rx, m.age))}</time>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Verdicts({ page }: { page: SchoolPage }) {
  const m = t();
  const indicators = picture.value?.indicators;
  return (
    <section class="panel block">
      <h2>{m.school.verdicts}</h2>
      <table class="verdicts">
        <thead>
          <tr>
            <th scope="col">{m.school.verdictColumns.indicator}</th>
            <th scope="col">{m.school.verdictColumns.ledger}</th>
            <th scope="col">{m.school.verdictColumns.live}</th>
          </tr>
        </thead>
        <tbody>
          {page.coverage.map((line) => {
            const indicator = indicators?.find((one) => one.id === line.indicator);
            return (
              <tr key={line.indicator}>
                <th scope="row" title={indicator?.formula}>
                  {indicator ? labelled(indicator) : line.indicator}
                </th>
                {([line.ledger, line.live] as const).map((verdict, ix) => (
                  <td key={ix}>
                    <span class={`verdict ${verdict.judgement ?? "not_asked"}`}>
                      {m.coverage[verdict.judgement ?? "not_asked"]}
                    </span>
                    <small class="dim">
                      {verdict.reasons.map((reason) => look(m.reason, reason)).join(m.common.listJoin) ||
                        (verdict.judgement === "met" && verdict.proof_at !== null
                          ? m.coverage.proof(ago(second.value - verdict.proof_at, m.age))
                          : "")}
                    </small>
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Profile({ page }: { page: SchoolPage }) {
  const m = t();
  const { school, station } = page;
  const lines: [string, preact.ComponentChildren][] = [
    [m.school.code, school.id],
    [m.school.pupils, count(school.pupils)],
    [m.school.boarders, count(school.boarders)],
    [m.school.guards, `${m.school.guardsAt(school.guards_on_roll)} · ${m.school.peak(school.guards_at_peak)}`],
    [m.school.gates, school.gates],
    [m.school.address, school.address || m.common.unknown],
    [m.school.station, station ? named(station) : m.common.unknown],
  ];
  const links = (ids: string[]) =>
    ids.map((one) => (
      <>
        <a href={href(`schools/${one}`)}>{schoolNameOf(one) || one}</a>{" "}
      </>
    ));
  if (school.central) lines.push([m.school.central, links([school.central])]);
  if (school.points.length) lines.push([m.school.points, links(school.points)]);
  if (school.closed) lines.push([m.school.closedSince, school.closed]);
  if (school.merged_into) lines.push([m.school.mergedInto, links([school.merged_into])]);
  if (school.contact || school.contact_phone) {
    lines.push([
      m.school.contact,
      <>
        {school.contact} <a href={`tel:${school.contact_phone.replace(/[^\d+]/g, "")}`}>{school.contact_phone}</a>
      </>,
    ]);
  }
  return (
    <section class="panel block">
      <h2>{m.school.profile}</h2>
      <dl class="pairs">
        {lines.map(([term, words]) => (
          <>
            <dt>{term}</dt>
            <dd>{words}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

function Gateway({ page }: { page: SchoolPage }) {
  const m = t();
  const { gateway } = page;
  return (
    <section class="panel block">
      <h2>{m.school.gateway}</h2>
      {!gateway ? (
        <Empty title={m.school.noGateway} hint={m.school.noGatewayHint} />
      ) : (
        <dl class="pairs">
          <dt>{m.school.deviceColumns.liveness}</dt>
          <dd>
            <Liveness word={gateway.liveness} />
            {gateway.since !== null && (
              <span class="dim">
                {" "}
                {m.school.since} {dateTime(gateway.since)}
              </span>
            )}
          </dd>
          <dt>{m.school.lastHeard}</dt>
          <dd>
            {gateway.last_heard === null ? m.age.never : m.age.ago(ago(second.value - gateway.last_heard, m.age))}
          </dd>
          <dt>{m.school.paths}</dt>
          <dd>{gateway.paths.join(" · ") || m.common.none}</dd>
          <dt>{m.school.lag}</dt>
          <dd>{gateway.lag_seconds === null ? m.common.unknown : `${measured(gateway.lag_seconds)} s`}</dd>
          <dt>{m.school.software}</dt>
          <dd>{gateway.software || m.common.unknown}</dd>
          <dt>ID</dt>
          <dd class="id">{gateway.id}</dd>
        </dl>
      )}
    </section>
  );
}

function Devices({
  page,
  kinds,
  pick,
}: {
  page: SchoolPage;
  kinds: Map<string, KindView>;
  pick: (chart: ChartOf) => void;
}) {
  const m = t();
  const [show, setShow] = useState<"all" | "abnormal">("all");
  const order = ["alarm_host", "alarm_button", "barrier", "gate", "guard_post", "recorder", "camera"];
  const rank = (device: DeviceView) => (order.indexOf(device.kind) + 1 || order.length + 1) - 1;
  const devices = page.devices
    .filter((device) => show === "all" || device.liveness !== "live")
    .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  return (
    <section class="panel block devicesbox">
      <header class="panelhead">
        <h2>
          {m.school.devices} <small>{page.devices.length}</small>
        </h2>
        <span class="dim small">{m.school.chartPick}</span>
        <Choice
          label={m.school.devices}
          value={show}
          options={[
            { value: "all", text: m.school.allDevices },
            { value: "abnormal", text: m.school.abnormalOnly },
          ]}
          pick={setShow}
        />
      </header>
      {devices.length === 0 ? (
        <p class="dim">{m.school.noDevices}</p>
      ) : (
        <table class="devicetable">
          <thead>
            <tr>
              <th scope="col">{m.school.deviceColumns.name}</th>
              <th scope="col">{m.school.deviceColumns.kind}</th>
              <th scope="col">{m.school.deviceColumns.place}</th>
              <th scope="col">{m.school.deviceColumns.liveness}</th>
              <th scope="col">{m.school.deviceColumns.last}</th>
              <th scope="col">{m.school.deviceColumns.metrics}</th>
            </tr>
          </thead>
          <tbody>
            {devices.map((device) => (
              <DeviceRow
                key={`${device.gateway} ${device.id}`}
                device={device}
                kind={kinds.get(device.kind)}
                pick={pick}
              />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function DeviceRow({
  device,
  kind,
  pick,
}: {
  device: DeviceView;
  kind: KindView | undefined;
  pick: (chart: ChartOf) => void;
}) {
  const m = t();
  const [all, setAll] = useState(false);
  const metrics = Object.entries(device.metrics);
  const shown = all ? metrics : metrics.slice(0, METRICS_SHOWN);
  const picked = route.value.query["device"] === `${device.gateway}/${device.id}`;
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (picked) row.current?.scrollIntoView({ block: "center" });
  }, [picked]);
  return (
    <tr ref={row} class={`${device.liveness === "live" ? "" : "blind"} ${picked ? "picked" : ""}`}>
      <th scope="row">
        {device.name || device.id}
        {device.at_gate && <span class="badge plain">{m.school.atGate}</span>}
      </th>
      <td>{kind ? labelled(kind) : device.kind}</td>
      <td>{device.place}</td>
      <td>
        <Liveness word={device.liveness} />
      </td>
      <td class="num">
        {device.last_rx === null ? m.age.never : m.age.ago(ago(second.value - device.last_rx, m.age))}
      </td>
      <td class="metrics">
        {shown.map(([name, metric]) => {
          const known = kind?.metrics.find((one) => one.name === name);
          const label = known ? labelled(known) : name;
          const drawable = typeof metric.value === "number" || typeof metric.value === "boolean";
          const text = (
            <>
              <small>{label}</small> {valueText(metric, known?.unit ?? "1")}
            </>
          );
          return drawable ? (
            <button
              type="button"
              class="metric"
              key={name}
              title={dateTime(metric.t)}
              onClick={() =>
                pick({
                  gateway: device.gateway,
                  device: device.id,
                  metric: name,
                  title: m.school.chartOf(device.name || device.id, label),
                })
              }
            >
              {text}
            </button>
          ) : (
            <span class="metric" key={name} title={dateTime(metric.t)}>
              {text}
            </span>
          );
        })}
        {metrics.length > METRICS_SHOWN && (
          <button type="button" class="quiet small" onClick={() => setAll(!all)}>
            {all ? m.school.lessMetrics : m.school.moreMetrics(metrics.length - METRICS_SHOWN)}
          </button>
        )}
      </td>
    </tr>
  );
}

/** A reading in words: booleans as yes and no, instants as times, the rest with its unit. */
function valueText(metric: MetricView, unit: string): string {
  const m = t();
  const { value } = metric;
  if (value === null) return m.common.unknown;
  if (typeof value === "boolean") return value ? m.common.yes : m.common.no;
  if (typeof value === "string") return look(m.school.words, value);
  if (unit === "ms" && value > 1e11) return dateTime(value);
  return `${measured(value)} ${unitOf(unit)}`.trim();
}
