/** Where each school's square lies: a block for each district, squares in the order of townships. Pure. */
import type { Picture } from "../store/picture";
import { countyOf } from "../store/picture";

export interface Spot {
  school: number; // school_ix
  x: number;
  y: number;
}

export interface Layout {
  size: number; // Edge of a square, gap included; for dots their distance of touch.
  spots: Spot[];
  labels: { unit: string; x: number; y: number }[];
}

const LABEL_PX = 18;
const BLOCK_GAP_PX = 6;
const SIZE_MAX = 18;
const SIZE_MIN = 3;

/** Lay all schools out as squares that fit into the box; the size is the largest that does. */
export function tileLayout(held: Picture, width: number, height: number): Layout {
  const blocks = new Map<string, number[]>();
  held.schools.unit.forEach((unit, ix) => {
    const county = countyOf(held.units, unit);
    const block = blocks.get(county);
    if (block) block.push(ix);
    else blocks.set(county, [ix]);
  });
  const { unit, id } = held.schools;
  const key = (ix: number): string => `${unit[ix]} ${id[ix]}`;
  const sorted = [...blocks.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, block] of sorted) block.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  let size = SIZE_MAX;
  while (size > SIZE_MIN && heightOf(sorted, Math.floor(width / size), size) > height) size -= 0.5;
  const columns = Math.max(1, Math.floor(width / size));
  const layout: Layout = { size, spots: [], labels: [] };
  let top = 0;
  for (const [county, block] of sorted) {
    layout.labels.push({ unit: county, x: 0, y: top + LABEL_PX - 5 });
    top += LABEL_PX;
    block.forEach((school, at) => {
      layout.spots.push({
        school,
        x: (at % columns) * size + size / 2,
        y: top + Math.floor(at / columns) * size + size / 2,
      });
    });
    top += Math.ceil(block.length / columns) * size + BLOCK_GAP_PX;
  }
  return layout;
}

function heightOf(blocks: [string, number[]][], columns: number, size: number): number {
  return blocks.reduce(
    (sum, [, block]) => sum + LABEL_PX + BLOCK_GAP_PX + Math.ceil(block.length / Math.max(1, columns)) * size,
    0,
  );
}

/** Lay schools out by their coordinates, north up, one scale for both axes; those without coordinates are left out. */
export function dotLayout(held: Picture, width: number, height: number): Layout {
  const { lat, lon, unit } = held.schools;
  const placed = lat.map((_, ix) => ix).filter((ix) => lat[ix] !== 0 || lon[ix] !== 0);
  if (placed.length === 0) return { size: 8, spots: [], labels: [] };
  const bound = (values: number[], pick: (a: number, b: number) => number) =>
    placed.reduce((best, ix) => pick(best, values[ix]!), values[placed[0]!]!);
  const south = bound(lat, Math.min);
  const north = bound(lat, Math.max);
  const west = bound(lon, Math.min);
  const east = bound(lon, Math.max);
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180); // A degree of longitude is shorter than one of latitude.
  const margin = 14;
  const scale = Math.min(
    (width - 2 * margin) / Math.max(1e-6, (east - west) * shrink),
    (height - 2 * margin) / Math.max(1e-6, north - south),
  );
  const left = (width - (east - west) * shrink * scale) / 2;
  const top = (height - (north - south) * scale) / 2;
  const spots = placed.map((ix) => ({
    school: ix,
    x: left + (lon[ix]! - west) * shrink * scale,
    y: top + (north - lat[ix]!) * scale,
  }));
  const sums = new Map<string, { x: number; y: number; n: number }>();
  for (const spot of spots) {
    const county = countyOf(held.units, unit[spot.school] ?? "");
    const sum = sums.get(county) ?? { x: 0, y: 0, n: 0 };
    sums.set(county, { x: sum.x + spot.x, y: sum.y + spot.y, n: sum.n + 1 });
  }
  const labels = [...sums].map(([county, sum]) => ({ unit: county, x: sum.x / sum.n, y: sum.y / sum.n }));
  return { size: 10, spots, labels };
}

/** The school nearest to a point, within one square's reach. */
export function schoolAt(layout: Layout, x: number, y: number): number | null {
  let best: number | null = null;
  let nearest = Math.max(layout.size, 8) ** 2 / 2;
  for (const spot of layout.spots) {
    const distance = (spot.x - x) ** 2 + (spot.y - y) ** 2;
    if (distance > nearest) continue;
    nearest = distance;
    best = spot.school;
  }
  return best;
}
