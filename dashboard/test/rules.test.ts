import { describe, expect, it } from "vitest";
import type { RuleSettingView } from "../src/api.gen";
import { changesOf, problemOf } from "../src/screens/rule";
import { valueOf } from "../src/screens/rules";

const setting = (name: string, value: number, more: Partial<RuleSettingView> = {}): RuleSettingView => ({
  name,
  label: "设置",
  label_en: "Setting",
  unit: "s",
  usual: 120,
  least: 30,
  most: 1800,
  whole: true,
  value,
  whence: "",
  whence_name: "",
  whence_name_en: "",
  own: false,
  ...more,
});

describe("what is proposed for a rule", () => {
  it("names what changes, and what the unit gives back", () => {
    const settings = [setting("person", 120), setting("vehicle", 300), setting("hold", 60, { own: true })];
    expect(changesOf(settings, {})).toEqual({});
    expect(changesOf(settings, { person: "120", vehicle: "600", hold: "×" })).toEqual({ vehicle: 600, hold: null });
    expect(changesOf(settings, { person: "" })).toEqual({});
  });

  it("says what is wrong with a number before it is sent", () => {
    const one = setting("person", 120);
    expect(problemOf(one, "")).toBe("");
    expect(problemOf(one, "30")).toBe("");
    expect(problemOf(one, "1800")).toBe("");
    expect(problemOf(one, "29")).toContain("30 s");
    expect(problemOf(one, "1801")).not.toBe("");
    expect(problemOf(one, "soon")).not.toBe("");
    expect(problemOf(one, "60.5")).not.toBe("");
    expect(problemOf(setting("oil_temp", 70, { whole: false, least: 50, most: 95 }), "70.5")).toBe("");
  });

  it("writes times as people say them, and severities by their names", () => {
    expect(valueOf(setting("hold", 0))).not.toContain("0");
    expect(valueOf(setting("hold", 45))).toBe("45 s");
    expect(valueOf(setting("hold", 600))).toBe("10:00");
    expect(valueOf(setting("low", 5000, { unit: "ms" }))).toBe("5 s");
    expect(valueOf(setting("gate_severity", 2, { unit: "1" }))).toBe("2 高");
    expect(valueOf(setting("oil_temp", 70, { unit: "Cel" }))).toBe("70 °C");
  });
});
