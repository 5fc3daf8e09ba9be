import { describe, expect, it } from "vitest";
import type { ColumnView } from "../src/api.gen";
import { between, minutesOf, timeOf } from "../src/screens/calendar";
import { shown } from "../src/screens/ledger";

const column = (kind: ColumnView["kind"], choices: ColumnView["choices"] = []): ColumnView => ({
  name: "x",
  label: "列",
  label_en: "Column",
  note: "",
  note_en: "",
  kind,
  needed: false,
  key: false,
  personal: false,
  choices,
});

describe("the calendar's days and hours", () => {
  it("names every day from one to another, across a month and no more than a year", () => {
    expect(between("2026-09-30", "2026-10-02")).toEqual(["2026-09-30", "2026-10-01", "2026-10-02"]);
    expect(between("2026-10-02", "2026-10-01")).toEqual([]);
    expect(between("2026-01-01", "2036-01-01")).toHaveLength(366);
    expect(between("", "")).toEqual([]);
  });

  it("shows minutes as a clock does and reads them back", () => {
    for (const minutes of [0, 59, 480, 1_000, 1_439]) expect(minutesOf(timeOf(minutes))).toBe(minutes);
    expect(timeOf(485)).toBe("08:05");
  });
});

describe("a cell of the registry", () => {
  it("is shown in words, and what has no word as it came", () => {
    const choices = [{ value: "helmet", label: "防暴头盔", label_en: "Riot helmet" }];
    expect(shown(column("choice", choices), "helmet")).toBe("防暴头盔");
    expect(shown(column("choice", choices), "umbrella")).toBe("umbrella");
    expect(shown(column("yes_no"), false)).toBe("否");
    expect(shown(column("text"), null)).toBe("");
    expect(shown(column("number"), 0)).toBe("0");
    expect(shown(column("instant"), "2026-09-01T08:30:00")).toBe("2026-09-01 08:30:00");
  });
});
