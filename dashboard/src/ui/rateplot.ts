/** Draws how much rang in each ten minutes, as bars, with the line of a flood; fetched only when somebody opens the page. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const FLOOD = 10;
const HOUR_MS = 3_600_000;
const STEPS_MS = [1, 2, 4, 6, 12, 24, 48, 120].map((hours) => hours * HOUR_MS);
const DAY_MS = 24 * HOUR_MS;

export function plotRate(
  element: HTMLElement,
  points: readonly [number, number][],
  height: number,
  span: { from: number; to: number },
  time: (ms: number) => string,
): uPlot {
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--dim").trim();
  const grid = { stroke: style.getPropertyValue("--line").trim(), width: 1 };
  const accent = style.getPropertyValue("--accent").trim();
  const bars = uPlot.paths.bars!({ size: [0.9, 40] });
  const peak = points.reduce((most, point) => Math.max(most, point[1]), 0);
  const incrs = STEPS_MS.filter((step) => step >= DAY_MS || span.to - span.from <= 2 * DAY_MS); // No day is named twice.
  const chart = new uPlot(
    {
      width: element.clientWidth || 600,
      height,
      cursor: { y: false },
      legend: { show: false },
      scales: { x: { time: false, range: [span.from, span.to] }, y: { range: [0, Math.max(peak, FLOOD) * 1.1] } },
      axes: [
        { stroke: ink, grid, ticks: grid, incrs, space: 90, values: (_, splits) => splits.map(time) },
        { stroke: ink, grid, ticks: grid, size: 50 },
      ],
      series: [
        {},
        { stroke: accent, fill: accent, width: 0, paths: bars, points: { show: false } },
        { stroke: style.getPropertyValue("--ink").trim(), width: 1, dash: [8, 4], points: { show: false } },
      ],
    },
    [points.map((point) => point[0]), points.map((point) => point[1]), points.map(() => FLOOD)],
    element,
  );
  const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
  observer.observe(element);
  const destroy = chart.destroy.bind(chart);
  chart.destroy = () => (observer.disconnect(), destroy());
  return chart;
}
