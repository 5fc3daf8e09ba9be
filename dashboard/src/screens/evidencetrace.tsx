/** What the devices of the school said around the presses, as small stepped lines, and what they did not say. */
import { useState } from "preact/hooks";
import type { EvidenceQuiet, EvidenceSeries, EvidenceTrace } from "../api.gen";
import { clock, count, dateTime, measured, unit } from "../format";
import { labelled, look, t } from "../i18n";
import { Choice } from "../ui/parts";

const WIDE = 300;
const HIGH = 26;
const ROWS = 16;
const QUIET_ROWS = 12;

export function TracePart({ trace, presses }: { trace: EvidenceTrace; presses: number[] }) {
  const m = t();
  const [at, setAt] = useState(0);
  const [onlyChanged, setOnlyChanged] = useState(true);
  const [all, setAll] = useState(false);
  const span = trace.spans[Math.min(at, trace.spans.length - 1)];
  if (!span) return null;
  const rows = trace.series
    .map((series) => ({ series, points: series.points.filter((point) => point[0] >= span[0] && point[0] <= span[1]) }))
    .filter((row) => row.points.length > 0)
    .map((row) => ({ ...row, moves: new Set(row.points.map((point) => String(point[3]))).size }))
    .sort((a, b) => weight(b) - weight(a));
  const kept = onlyChanged ? rows.filter((row) => row.moves > 1) : rows;
  return (
    <section class="block">
      <h3>{m.evidence.trace}</h3>
      <p class={trace.source ? "dim" : "warn"}>
        {!trace.source ? m.evidence.noSource : trace.frozen ? m.evidence.frozen : m.evidence.live} ·{" "}
        {dateTime(trace.taken)}
      </p>
      <div class="row">
        {trace.spans.length > 1 && (
          <Choice
            label={m.evidence.span}
            value={String(at)}
            options={trace.spans.map((one, ix) => ({ value: String(ix), text: `${clock(one[0])}–${clock(one[1])}` }))}
            pick={(value) => setAt(Number(value))}
          />
        )}
        <label class="check">
          <input type="checkbox" checked={onlyChanged} onChange={() => setOnlyChanged(!onlyChanged)} />
          {m.evidence.changed}
        </label>
        <span class="dim small">{m.evidence.pressAt}</span>
      </div>
      {rows.length === 0 && <p class="dim">{m.evidence.noSeries}</p>}
      {rows.length > 0 && kept.length === 0 && <p class="dim">{m.evidence.noChange}</p>}
      <ul class="traces">
        {(all ? kept : kept.slice(0, ROWS)).map(({ series, points }) => (
          <li key={`${series.gateway} ${series.device} ${series.metric}`}>
            <span class="of">
              <b>{series.name || series.device}</b> <span class="dim">{labelled(series)}</span>
            </span>
            <Spark
              series={series}
              points={points}
              span={span}
              presses={presses}
              quiet={trace.quiet.filter(
                (one) => one.gateway === series.gateway && (!one.device || one.device === series.device),
              )}
            />
            <span class="value">{valuesOf(series, points)}</span>
          </li>
        ))}
      </ul>
      {kept.length > ROWS && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? m.evidence.less : m.evidence.more(count(kept.length))}
        </button>
      )}
      {trace.points_left_out > 0 && <p class="warn">{m.evidence.pointsLeftOut(count(trace.points_left_out))}</p>}
      <Quiets trace={trace} />
    </section>
  );
}

type Points = EvidenceSeries["points"];

/** What changed its state is read first, then numbers that moved, then what stayed as it was. */
const weight = ({ points, moves }: { points: Points; moves: number }): number =>
  moves < 2 ? 0 : points.some((point) => typeof point[3] === "number") ? 1 : 2;

function word(value: Points[number][3], series: EvidenceSeries): string {
  const m = t();
  if (typeof value === "boolean") return value ? m.common.yes : m.common.no;
  if (typeof value === "number") return `${measured(value)} ${unit(series.unit)}`.trim();
  return value === null ? m.common.none : look(m.school.words, value);
}

/** Say what it was at first and at last, and the way between where it came back. */
function valuesOf(series: EvidenceSeries, points: Points): string {
  const words = points.map((point) => word(point[3], series)).filter((one, ix, list) => one !== list[ix - 1]);
  if (words.length > 3) return `${words[0]} … ${words[words.length - 1]}`;
  return words.join(" → ");
}

function Spark({
  series,
  points,
  span,
  presses,
  quiet,
}: {
  series: EvidenceSeries;
  points: Points;
  span: readonly [number, number];
  presses: number[];
  quiet: EvidenceQuiet[];
}) {
  const x = (ms: number): number => ((Math.min(Math.max(ms, span[0]), span[1]) - span[0]) * WIDE) / (span[1] - span[0]);
  const levels = levelsOf(points);
  let path = "";
  points.forEach((point, ix) => {
    const y = (HIGH - 3 - (levels[ix] ?? 0) * (HIGH - 6)).toFixed(1);
    path += path ? `H${x(point[0]).toFixed(1)}V${y}` : `M${x(point[0]).toFixed(1)} ${y}`;
  });
  const name = `${series.name || series.device} ${labelled(series)} ${valuesOf(series, points)}`;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label={name}>
      {quiet.map((one) => (
        <rect
          key={`${one.start} ${one.end} ${one.why}`}
          class="quietspan"
          x={x(one.start)}
          width={Math.max(0, x(one.end) - x(one.start))}
          y={0}
          height={HIGH}
        />
      ))}
      {presses
        .filter((at) => at >= span[0] && at <= span[1])
        .map((at) => (
          <line key={at} class="pressline" x1={x(at)} x2={x(at)} y1={0} y2={HIGH} />
        ))}
      <path d={`${path}H${x((points[points.length - 1]?.[0] ?? 0) + 2_000).toFixed(1)}`} />
    </svg>
  );
}

const NOISE_SHARE = 0.1; // A change of less than this share of a number does not fill the height: it would look like a break.

/** Put every value between 0 and 1: numbers by their range (a small change stays small), words by the order in which they first came. */
export function levelsOf(points: Points): number[] {
  const words: string[] = [];
  const raw = points.map(([, , , value]) => {
    if (typeof value === "number" || typeof value === "boolean") return Number(value);
    const text = String(value);
    if (!words.includes(text)) words.push(text);
    return words.indexOf(text);
  });
  const least = Math.min(...raw);
  const most = Math.max(...raw);
  const steady = points.every(([, , , value]) => typeof value === "number") ? NOISE_SHARE : 0;
  const range = Math.max(most - least, steady * Math.max(Math.abs(least), Math.abs(most)));
  return raw.map((value) => (range === 0 ? 0.5 : 0.5 + (value - (least + most) / 2) / range));
}

function Quiets({ trace }: { trace: EvidenceTrace }) {
  const m = t();
  const [all, setAll] = useState(false);
  const named = trace.quiet.filter((one) => one.why !== "no_reading");
  const unheard = trace.quiet.filter((one) => one.why === "no_reading");
  const devices = [...new Set(unheard.map((one) => one.name || one.device))];
  const shown = all ? named : named.slice(0, QUIET_ROWS);
  return (
    <>
      <h4>{m.evidence.quiet}</h4>
      {trace.quiet.length === 0 && <p class="dim">{m.evidence.whole}</p>}
      <ul class="quiets">
        {shown.map((one) => (
          <li key={`${one.gateway} ${one.device} ${one.start} ${one.why}`}>
            <time>
              {clock(one.start)}–{clock(one.end)}
            </time>
            <span>
              <b>{one.device ? one.name || one.device : m.evidence.wholeGateway(one.gateway)}</b>{" "}
              {look(m.evidence.quietWhy, one.why)}
              {one.detail && ` · ${look(m.evidence.blind, one.detail)}`}
            </span>
          </li>
        ))}
        {devices.length > 0 && (
          <li>
            <time>{m.evidence.received}</time>
            <span>
              <b>{m.evidence.unheard(count(devices.length))}</b> {devices.slice(0, 6).join(m.common.listJoin)}
              {devices.length > 6 && " …"}
            </span>
          </li>
        )}
      </ul>
      {named.length > QUIET_ROWS && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? m.evidence.less : m.evidence.more(count(named.length))}
        </button>
      )}
    </>
  );
}
