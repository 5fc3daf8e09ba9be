/** Draws a layout on a canvas: quiet where all is well, shapes where something is wrong, hatching where nothing is known. */
import { LIVENESS, type Picture } from "../store/picture";
import type { Layout, Spot } from "./tiles";

export interface Paint {
  calm: string;
  ink: string;
  ground: string;
  dim: string;
  severity: readonly string[]; // Index 1 to 4.
}

export function readPaint(element: Element): Paint {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    calm: read("--tile"),
    ink: read("--ink"),
    ground: read("--surface"),
    dim: read("--dim"),
    severity: ["", read("--s1"), read("--s2"), read("--s3"), read("--s4")],
  };
}

/** Draw everything anew. `worst` is the most severe unacknowledged real alert of each school, 0 for none. */
export function paintMap(
  context: CanvasRenderingContext2D,
  held: Picture,
  layout: Layout,
  worst: Uint8Array,
  paint: Paint,
  label: (unit: string) => string,
  dots: boolean,
): void {
  const { width, height } = context.canvas;
  const ratio = globalThis.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const edge = dots ? 5 : Math.max(2, layout.size - (layout.size > 6 ? 2 : 1));
  for (const spot of layout.spots) base(context, spot, held, edge, paint, dots);
  context.font = "600 12px 'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif";
  context.textAlign = dots ? "center" : "left";
  context.lineWidth = 4;
  context.lineJoin = "round";
  for (const { unit, x, y } of layout.labels) {
    context.strokeStyle = paint.ground; // A halo: a label must stay readable on top of dots.
    context.strokeText(label(unit), x, y);
    context.fillStyle = dots ? paint.ink : paint.dim;
    context.fillText(label(unit), x, y);
  }
  // Alarms last and the worst of them on top, so that nothing covers them.
  for (let level = 4; level >= 1; level -= 1) {
    for (const spot of layout.spots) {
      if (worst[spot.school] === level) mark(context, spot, level, Math.max(edge, level === 1 ? 13 : 8), paint);
    }
  }
}

function base(
  context: CanvasRenderingContext2D,
  spot: Spot,
  held: Picture,
  edge: number,
  paint: Paint,
  dots: boolean,
): void {
  const word = LIVENESS[held.liveness[spot.school] ?? 0];
  const x = spot.x - edge / 2;
  const y = spot.y - edge / 2;
  if (word === "live") {
    context.fillStyle = paint.calm;
    if (dots) {
      context.beginPath();
      context.arc(spot.x, spot.y, 2, 0, 7);
      context.fill();
    } else context.fillRect(x, y, edge, edge);
    return;
  }
  context.strokeStyle = paint.dim;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, edge - 1, edge - 1);
  if (word === "suspect") return;
  context.beginPath();
  context.moveTo(x, y + edge);
  context.lineTo(x + edge, y);
  if (word === "offline") {
    context.moveTo(x, y);
    context.lineTo(x + edge, y + edge);
  }
  context.stroke();
}

function mark(context: CanvasRenderingContext2D, spot: Spot, level: number, size: number, paint: Paint): void {
  const half = size / 2;
  const { x, y } = spot;
  context.beginPath();
  if (level === 1)
    (context.moveTo(x, y - half), context.lineTo(x + half, y + half), context.lineTo(x - half, y + half));
  else if (level === 2)
    (context.moveTo(x, y - half),
      context.lineTo(x + half, y),
      context.lineTo(x, y + half),
      context.lineTo(x - half, y));
  else if (level === 3) context.rect(x - half, y - half, size, size);
  else context.arc(x, y, half, 0, 7);
  context.closePath();
  context.strokeStyle = paint.ground;
  context.lineWidth = 2;
  context.stroke();
  context.fillStyle = paint.severity[level] ?? paint.ink;
  context.fill();
}
