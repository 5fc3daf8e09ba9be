/** Draws the share met over time by uPlot; fetched only when somebody opens the page. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type BurnUp, DAY_MS } from "./burnup";

const STEPS_MS = [1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 1_825].map((days) => days * DAY_MS);
const POINTS_MAX = 40;
const HEADROOM = 0.04; // So that the line of 100 % is seen whole.

export function plotBurnUp(element: HTMLElement, of: BurnUp, height: number, time: (ms: number) => string): uPlot {
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--dim").trim();
  const grid = { stroke: style.getPropertyValue("--line").trim(), width: 1 };
  const accent = style.getPropertyValue("--accent").trim();
  const way = (width: number, dash: number[]) => ({
    stroke: width > 1 ? accent : ink,
    width,
    dash,
    spanGaps: true,
    points: { show: false },
  });
  const chart = new uPlot(
    {
      width: element.clientWidth || 600,
      height,
      cursor: { y: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: [of.times[0] ?? 0, of.to] },
        y: { range: [of.low, 100 + (100 - of.low) * HEADROOM] },
      },
      axes: [
        { stroke: ink, grid, ticks: grid, incrs: STEPS_MS, space: 90, values: (_, splits) => splits.map(time) },
        { stroke: ink, grid, ticks: grid, size: 60, values: (_, splits) => splits.map((at) => `${at}%`) },
      ],
      series: [
        {},
        { stroke: accent, width: 2, spanGaps: false, points: { show: of.times.length < POINTS_MAX } },
        { stroke: style.getPropertyValue("--ink").trim(), width: 1, dash: [8, 4], points: { show: false } },
        way(1.5, [4, 4]),
        way(1, [2, 4]),
        way(1, [2, 4]),
      ],
    },
    [of.times, of.share, of.target, ...of.ways],
    element,
  );
  const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
  observer.observe(element);
  const destroy = chart.destroy.bind(chart);
  chart.destroy = () => (observer.disconnect(), destroy());
  return chart;
}
