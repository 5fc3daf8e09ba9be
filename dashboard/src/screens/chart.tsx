/** The curve of one reading over the last day; the drawing library is fetched only when somebody asks for a curve. */
import { useEffect, useRef } from "preact/hooks";
import type { Series } from "../api.gen";
import { query } from "../client";
import { dateTime, hourMinute, measured, unit as unitOf } from "../format";
import { t } from "../i18n";
import { now } from "../store/feed";
import { theme } from "../preferences";
import { Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

export interface ChartOf {
  gateway: string;
  device: string;
  metric: string;
  title: string;
}

const SPAN_MS = 86_400_000;
const POINTS = 300;
const HEIGHT = 180;

export function Chart({ of, school, close }: { of: ChartOf; school: string; close: () => void }) {
  const m = t();
  const span = useRef<{ from: number; to: number } | null>(null);
  span.current ??= { to: Math.round(now.peek()), from: Math.round(now.peek()) - SPAN_MS };
  const { gateway, device, metric } = of;
  const path = `/schools/${encodeURIComponent(school)}/history${query({ device, metric, gateway, ...span.current, points: POINTS })}`;
  const { data, failure, reload } = useResource<Series>(path);
  const box = useRef<HTMLDivElement>(null);
  const look = theme.value;
  const points = data?.points.filter((point) => typeof point[1] !== "string") ?? [];
  useEffect(() => {
    const element = box.current;
    if (!element || points.length === 0) return;
    const range = span.current;
    if (!range) return;
    let chart: { destroy(): void } | null = null;
    let gone = false;
    void import("../ui/plot").then(({ plot }) => {
      if (!gone)
        chart = plot(
          element,
          points as [number, number | null][],
          HEIGHT,
          range,
          hourMinute,
          (v) => `${measured(v)} ${unitOf(data?.unit ?? "")}`,
        );
    });
    return () => {
      gone = true;
      chart?.destroy();
    };
  }, [data, look]);
  const last = points[points.length - 1];
  return (
    <section class="panel block chart">
      <header class="panelhead">
        <h2>
          {of.title} <small>{m.school.chart}</small>
        </h2>
        <span class="dim small">
          {last ? `${measured(Number(last[1]))} ${unitOf(data?.unit ?? "")} · ${dateTime(last[0])}` : ""}
        </span>
        <button type="button" class="icon" aria-label={m.common.close} onClick={close}>
          ✕
        </button>
      </header>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && points.length === 0 && <Empty title={m.school.chartEmpty} />}
      <div class="plot" ref={box} role="img" aria-label={`${of.title} ${m.school.chart}`} />
    </section>
  );
}
