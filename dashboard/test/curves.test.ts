import { describe, expect, it } from "vitest";
import { levelsOf } from "../src/screens/evidencetrace";
import { countSlots, SLOT_MS, SLOTS } from "../src/store/trend";
import { withGaps } from "../src/ui/plot";

describe("the last two hours", () => {
  it("count real alerts in the slot they came in, and no drill", () => {
    const now = 1_000 * SLOT_MS + 5;
    const slots = countSlots(
      [
        { rx: now - 1, sev: 1, mode: "real" },
        { rx: now - 1, sev: 1, mode: "drill" },
        { rx: now - SLOT_MS, sev: 3, mode: "real" },
        { rx: now - (SLOTS + 1) * SLOT_MS, sev: 2, mode: "real" },
      ],
      now,
    );
    expect(slots).toHaveLength(SLOTS);
    expect(slots[SLOTS - 1]).toMatchObject({ critical: 1, high: 0, rest: 0 });
    expect(slots[SLOTS - 2]).toMatchObject({ critical: 0, rest: 1 });
    expect(slots.reduce((sum, slot) => sum + slot.high, 0)).toBe(0);
  });
});

describe("a curve", () => {
  it("breaks where nothing was heard", () => {
    const { times, values } = withGaps([
      [0, 1],
      [10, 2],
      [20, 3],
      [200, 4],
      [210, 5],
    ]);
    expect(times).toEqual([0, 10, 20, 30, 200, 210]);
    expect(values).toEqual([1, 2, 3, null, 4, 5]);
  });
});

describe("a small curve of the evidence", () => {
  const points = (...values: (number | boolean | string)[]) =>
    values.map((value, ix): [number, number, number, typeof value] => [ix, ix, 0, value]);

  it("fills the height with a real change, and with a change of state", () => {
    expect(levelsOf(points(10, 20))).toEqual([0, 1]);
    expect(levelsOf(points(true, false))).toEqual([1, 0]);
    expect(levelsOf(points("open", "shut", "open"))).toEqual([0, 1, 0]);
    expect(levelsOf(points(0, 0))).toEqual([0.5, 0.5]);
  });

  it("keeps a change small that is small beside the number", () => {
    const [first = 0, second = 0] = levelsOf(points(1000, 1001));
    expect(second - first).toBeCloseTo(0.01, 3);
  });
});
