import { describe, expect, it } from "vitest";
import { clock, count, day, measured, middle, percent, span, when } from "../src/format";
import { countSlots, SLOTS, SLOT_MS } from "../src/store/trend";
import { withGaps } from "../src/ui/plot";
import { alertOf } from "./alerts";

describe("numbers and instants", () => {
  it("writes 100% only for the whole, and always two decimals below it", () => {
    expect(percent(10_000)).toBe("100%");
    expect(percent(9_999)).toBe("99.99%");
    expect(percent(9_995)).toBe("99.95%");
    expect(percent(5)).toBe("0.05%");
    expect(percent(0)).toBe("0.00%");
  });

  it("writes times of Asia/Shanghai wherever the browser is", () => {
    const at = Date.UTC(2026, 0, 1, 16, 5, 9);
    expect(clock(at)).toBe("00:05:09");
    expect(day(at)).toBe("2026-01-02");
    expect(when(at, at)).toBe("00:05:09");
    expect(when(at, at + 86_400_000)).toBe("01-02 00:05");
  });

  it("writes spans and counts", () => {
    expect(span(61_000)).toBe("01:01");
    expect(span(3_661_000)).toBe("1:01:01");
    expect(span(90_000_000)).toBe("1d 01:00");
    expect(span(-5)).toBe("00:00");
    expect(count(1_234_567)).toBe("1,234,567");
    expect(measured(1.23456)).toBe("1.235");
  });

  it("keeps the end of a long name", () => {
    expect(middle("钦州市第一中学", 20)).toBe("钦州市第一中学");
    expect(middle("钦南区某某镇中心小学东校区", 7)).toBe("钦南区…东校区");
  });
});

describe("the trend", () => {
  it("counts real alerts by the slot in which they came", () => {
    const now = SLOTS * SLOT_MS;
    const slots = countSlots(
      [
        alertOf({ rx: now }),
        alertOf({ rx: now, mode: "drill" }),
        alertOf({ rx: now, sev: 2 }),
        alertOf({ rx: now - SLOTS * SLOT_MS - 1 }),
      ],
      now,
    );
    expect(slots).toHaveLength(SLOTS);
    expect(slots[SLOTS - 1]).toMatchObject({ critical: 1, high: 1, rest: 0 });
    expect(slots.reduce((sum, slot) => sum + slot.critical + slot.high + slot.rest, 0)).toBe(2);
  });

  it("leaves a long silence empty in a curve", () => {
    const { values } = withGaps([
      [0, 1],
      [10, 2],
      [20, 3],
      [200, 4],
    ]);
    expect(values).toEqual([1, 2, 3, null, 4]);
  });
});
