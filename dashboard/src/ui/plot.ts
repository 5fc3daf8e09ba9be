/** One line over time, by uPlot; a gap in the data stays a gap in the line. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const STEPS_MS = [5, 10, 30, 60, 120, 180, 240, 360].map((minutes) => minutes * 60_000); // What a clock can say.
const GAP_FACTOR = 4; // Further apart than four usual steps: nothing was heard in between.

export function plot(
  element: HTMLElement,
  points: readonly [number, number | null][],
  height: number,
  span: { from: number; to: number },
  time: (ms: number) => string,
  value: (value: number) => string,
): uPlot {
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--dim").trim();
  const grid = { stroke: style.getPropertyValue("--line").trim(), width: 1 };
  const line = style.getPropertyValue("--accent").trim();
  const { times, values } = withGaps(points);
  const chart = new uPlot(
    {
      width: element.clientWidth || 600,
      height,
      cursor: { y: false },
      legend: { show: false },
      scales: { x: { time: false, range: [span.from, span.to] } },
      axes: [
        { stroke: ink, grid, ticks: grid, incrs: STEPS_MS, values: (_, splits) => splits.map((at) => time(at)) },
        { stroke: ink, grid, ticks: grid, size: 70, values: (_, splits) => splits.map((at) => value(at)) },
      ],
      series: [{}, { stroke: line, width: 1.5, points: { show: points.length < 40 } }],
    },
    [times, values],
    element,
  );
  const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
  observer.observe(element);
  const destroy = chart.destroy.bind(chart);
  chart.destroy = () => (observer.disconnect(), destroy());
  return chart;
}

/** Put an empty point into every long silence. */
export function withGaps(points: readonly [number, number | null][]): { times: number[]; values: (number | null)[] } {
  const steps = points
    .slice(1)
    .map((point, ix) => point[0] - points[ix]![0])
    .sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const times: number[] = [];
  const values: (number | null)[] = [];
  points.forEach(([at, value], ix) => {
    const before = points[ix - 1];
    if (before && at - before[0] > GAP_FACTOR * usual) {
      times.push(before[0] + usual);
      values.push(null);
    }
    times.push(at);
    values.push(value);
  });
  return { times, values };
}
