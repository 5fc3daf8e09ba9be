/** Alarm quality by EEMUA 191 and ISA-18.2: what one officer is asked to answer, by what, and what would help. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ActorView, LoadView, Quality } from "../api.gen";
import { API, query } from "../client";
import { clock, count, day, span as spanOf } from "../format";
import { look, named, t } from "../i18n";
import { theme } from "../preferences";
import { replaceQuery, route } from "../route";
import { unitName } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { Badge, Choice, Empty, Severity, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

const SPANS = ["1", "7", "30"] as const;
const BIN_MS = 600_000;
const HEIGHT = 220;
const FLOODS_SHOWN = 20;

const seconds = (value: number | null): string => (value === null ? "–" : spanOf(value * 1_000));
const when = (ms: number): string => `${day(ms)} ${clock(ms).slice(0, 5)}`;

export function NoiseScreen() {
  const m = t();
  const days = SPANS.find((one) => one === route.value.query["days"]) ?? "7";
  const { data, failure, reload } = useResource<Quality>(`/noise${query({ days })}`);
  return (
    <div class="coverage page noise">
      <PageHead title={m.noise.title} lead={m.noise.lead}>
        <span class="stretch" />
        <Choice
          label={m.noise.span}
          value={days}
          options={SPANS.map((value) => ({ value, text: m.noise.days(value) }))}
          pick={(value) => replaceQuery({ ...route.peek().query, days: value })}
        />
      </PageHead>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && <Found data={data} old={!!failure} />}
    </div>
  );
}

function Found({ data, old }: { data: Quality; old: boolean }) {
  const m = t();
  return (
    <div class={old ? "old" : ""}>
      {!data.whole && <p class="lacks">{m.noise.notWhole}</p>}
      <Figures data={data} />
      <Rate load={data.load} />
      <div class="twocol">
        <Floods load={data.load} />
        <Severities data={data} />
      </div>
      <Actors data={data} />
      <div class="twocol">
        <Answers data={data} />
        <Pressers data={data} />
      </div>
      <Advice data={data} />
      <Posts data={data} />
    </div>
  );
}

function Figures({ data }: { data: Quality }) {
  const m = t();
  const { load } = data;
  const [grouped, shelved, planned] = data.held;
  return (
    <div class="figures">
      <Tile name={m.noise.perTen} value={load.average.toFixed(2)} note={m.noise.target("≤ 1")} bad={load.average > 1} />
      <Tile name={m.noise.peak} value={count(load.peak)} note={m.noise.target("≤ 10")} bad={load.peak > 10} />
      <Tile
        name={m.noise.over}
        value={`${load.over_percent.toFixed(1)}%`}
        note={m.noise.target("0%")}
        bad={load.over_percent > 10}
      />
      <Tile
        name={m.noise.flood}
        value={`${load.flood_percent.toFixed(1)}%`}
        note={m.noise.floods(load.floods.length)}
        bad={load.flood_percent > 1}
      />
      <Tile
        name={m.noise.standing}
        value={count(data.standing)}
        note={m.noise.stale(data.stale)}
        bad={data.standing > 9}
      />
      <Tile
        name={m.noise.chattering}
        value={count(data.chattering)}
        note={m.noise.target("0")}
        bad={data.chattering > 0}
      />
      <Tile
        name={m.noise.heldNow}
        value={count(grouped + shelved + planned)}
        note={`${m.noise.heldWord["grouped"]} ${grouped} · ${m.noise.heldWord["shelved"]} ${shelved} · ${m.noise.heldWord["planned"]} ${planned}`}
        bad={false}
      />
    </div>
  );
}

function Tile({ name, value, note, bad }: { name: string; value: string; note: string; bad: boolean }) {
  return (
    <div class={`measure panel ${bad ? "bad" : ""}`}>
      <span>{name}</span>
      <b>{value}</b>
      <small>{note}</small>
    </div>
  );
}

function Rate({ load }: { load: LoadView }) {
  const m = t();
  const box = useRef<HTMLDivElement>(null);
  const [broken, setBroken] = useState(false);
  const shade = theme.value;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let chart: { destroy(): void } | null = null;
    let gone = false;
    const points = load.bins.map((value, ix): [number, number] => [load.begin + ix * BIN_MS, value]);
    const ends = { from: load.begin, to: load.begin + load.bins.length * BIN_MS };
    const label = load.bins.length > 144 ? (ms: number) => day(ms) : (ms: number) => clock(ms).slice(0, 5);
    import("../ui/rateplot").then(
      ({ plotRate }) => {
        if (!gone) chart = plotRate(element, points, HEIGHT, ends, label);
      },
      () => !gone && setBroken(true),
    );
    return () => {
      gone = true;
      chart?.destroy();
    };
  }, [load, shade]);
  return (
    <section class="panel block">
      <h2>{m.noise.chart}</h2>
      {broken && <p class="lacks">{m.pace.noDrawing}</p>}
      <div class="plot" ref={box} role="img" aria-label={m.noise.chartLabel(count(load.total), count(load.peak))} />
      <p class="dim small">{m.noise.chartLabel(count(load.total), count(load.peak))}</p>
    </section>
  );
}

function Block({
  title,
  table,
  hint,
  children,
}: {
  title: string;
  table?: string;
  hint?: string;
  children: ComponentChildren;
}) {
  const m = t();
  const days = route.value.query["days"] ?? "7";
  return (
    <section class="panel block tablebox">
      <h2>
        {title}
        {table && (
          <a class="small" href={`${API}/noise.csv${query({ table, days })}`} download>
            {m.noise.csv}
          </a>
        )}
      </h2>
      {hint && <p class="dim small">{hint}</p>}
      {children}
    </section>
  );
}

function Head({ names, from = 1 }: { names: readonly string[]; from?: number }) {
  return (
    <thead>
      <tr>
        {names.map((name, ix) => (
          <th scope="col" key={name} class={ix >= from ? "num" : ""}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Floods({ load }: { load: LoadView }) {
  const m = t();
  const floods = load.floods.slice(-FLOODS_SHOWN).reverse();
  return (
    <Block title={m.noise.floodsTitle}>
      {floods.length === 0 ? (
        <Empty title={m.noise.noFloods} />
      ) : (
        <table class="gaps">
          <Head names={[m.noise.from, m.noise.to, m.noise.rang]} from={2} />
          <tbody>
            {floods.map(([begin, end, rang]) => (
              <tr key={begin}>
                <td>{when(begin)}</td>
                <td>{when(end)}</td>
                <td class="num">{count(rang)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Block>
  );
}

function Severities({ data }: { data: Quality }) {
  const m = t();
  const total = data.severities.reduce((sum, [, rang]) => sum + rang, 0);
  return (
    <Block title={m.noise.severities} hint={m.noise.rightHint}>
      <table class="gaps">
        <Head names={[m.noise.level, m.noise.rang, m.noise.share, m.noise.right]} />
        <tbody>
          {data.severities.map(([level, rang, right]) => (
            <tr key={level}>
              <td>
                <Severity level={level} />
              </td>
              <td class="num">{count(rang)}</td>
              <td class="num">{total ? `${((100 * rang) / total).toFixed(1)}%` : "–"}</td>
              <td class="num dim">{level < 3 ? "≤ 5%" : `${right}%`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Block>
  );
}

function what(actor: ActorView): string {
  const m = t();
  return actor.rule === "device_alert" && actor.code ? look(m.code, actor.code) : look(m.rule, actor.rule);
}

function Actors({ data }: { data: Quality }) {
  const m = t();
  return (
    <Block title={m.noise.actors} table="actors">
      {data.actors.length === 0 ? (
        <Empty title={m.noise.noActors} />
      ) : (
        <table class="gaps">
          <Head names={[m.noise.what, m.noise.place, m.noise.times, m.noise.share]} from={2} />
          <tbody>
            {data.actors.map((actor) => (
              <tr key={`${actor.rule} ${actor.code} ${actor.unit} ${actor.gateway} ${actor.school} ${actor.device}`}>
                <td>
                  {what(actor)} {actor.chatters && <Badge kind="late">{m.noise.chatters}</Badge>}
                </td>
                <td>
                  {named({ name: actor.school_name, name_en: actor.school_name_en }) ||
                    unitName(actor.unit) ||
                    actor.gateway}{" "}
                  <span class="dim">{actor.device_name || actor.device}</span>
                </td>
                <td class="num">{count(actor.times)}</td>
                <td class="num">{actor.share.toFixed(1)}%</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Block>
  );
}

function Answers({ data }: { data: Quality }) {
  const m = t();
  const names = [
    m.noise.level,
    m.noise.rang,
    m.noise.answered,
    m.noise.targetTime,
    m.noise.within,
    m.noise.p50,
    m.noise.p95,
  ];
  return (
    <Block title={m.noise.answers} table="answers">
      <table class="gaps">
        <Head names={[...names, m.noise.longest]} />
        <tbody>
          {data.answers.map((one) => (
            <tr key={one.sev}>
              <td>
                <Severity level={one.sev} />
              </td>
              <td class="num">{count(one.rang)}</td>
              <td class="num">{count(one.answered)}</td>
              <td class="num dim">{seconds(one.target)}</td>
              <td class="num">{count(one.within)}</td>
              <td class="num">{seconds(one.p50)}</td>
              <td class="num">{seconds(one.p95)}</td>
              <td class="num">{seconds(one.longest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Block>
  );
}

function Pressers({ data }: { data: Quality }) {
  const m = t();
  return (
    <Block title={m.noise.pressers} table="pressers" hint={m.noise.pressersHint}>
      {data.pressers.length === 0 ? (
        <Empty title={m.noise.noPressers} />
      ) : (
        <table class="gaps">
          <Head names={[m.noise.button, m.noise.false, m.noise.all]} />
          <tbody>
            {data.pressers.map((one) => (
              <tr key={`${one.gateway} ${one.device}`}>
                <td>
                  {named({ name: one.school_name, name_en: one.school_name_en })}{" "}
                  <span class="dim">{one.device_name || one.device}</span>{" "}
                  {one.due && <Badge kind="late">{m.noise.due}</Badge>}
                </td>
                <td class="num">{count(one.false)}</td>
                <td class="num">{count(one.all)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Block>
  );
}

function Advice({ data }: { data: Quality }) {
  const m = t();
  const names = [
    m.noise.what,
    m.noise.hold,
    m.noise.wanted,
    m.noise.rang,
    m.noise.fleeting,
    m.noise.removed,
    m.noise.delayed,
  ];
  return (
    <Block title={m.noise.advice} table="advice" hint={m.noise.adviceHint}>
      {data.advice.length === 0 ? (
        <Empty title={m.noise.noAdvice} />
      ) : (
        <table class="gaps">
          <Head names={names} />
          <tbody>
            {data.advice.map((one) => (
              <tr key={one.rule}>
                <td>{look(m.rule, one.rule)}</td>
                <td class="num">{seconds(one.hold)}</td>
                <td class="num">
                  <b>{seconds(one.wanted)}</b>
                </td>
                <td class="num">{count(one.alerts)}</td>
                <td class="num">{count(one.fleeting)}</td>
                <td class="num">{count(one.removed)}</td>
                <td class="num">{count(one.delayed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Block>
  );
}

function Posts({ data }: { data: Quality }) {
  const m = t();
  const names = [m.noise.station, m.noise.rang, m.noise.average, m.noise.peak, m.noise.over, m.noise.floodCount];
  return (
    <Block title={m.noise.posts} table="posts">
      <table class="gaps">
        <Head names={names} />
        <tbody>
          {data.posts.map((one) => (
            <tr key={one.station}>
              <td>{named(one)}</td>
              <td class="num">{count(one.total)}</td>
              <td class="num">{one.average.toFixed(2)}</td>
              <td class="num">{count(one.peak)}</td>
              <td class="num">{one.over_percent.toFixed(1)}%</td>
              <td class="num">{count(one.floods)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Block>
  );
}
