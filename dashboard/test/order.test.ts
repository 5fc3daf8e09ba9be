import { describe, expect, it } from "vitest";
import { show } from "../src/store/freeze";
import { countFolded, countOpen, listRows, NO_FILTER } from "../src/store/order";
import { alertOf, fault } from "./alerts";

const list = (alerts: ReturnType<typeof alertOf>[], filter = NO_FILTER) =>
  listRows(
    alerts,
    filter,
    (alert) => `${alert.school} ${alert.rule}`,
    (alert, unit) => alert.unit === unit,
  );

describe("the duty list", () => {
  it("puts real unacknowledged presses first, whatever is newer", () => {
    const rows = list([
      fault({ id: "fault", sev: 2, rx: 9_000 }),
      alertOf({ id: "drill", mode: "drill", rx: 8_000 }),
      alertOf({ id: "taken", state: "acknowledged", rx: 7_000 }),
      alertOf({ id: "old", rx: 1 }),
      alertOf({ id: "new", rx: 2 }),
    ]);
    expect(rows.slice(0, 3).map((row) => row.lead.id)).toEqual(["new", "old", "taken"]);
  });

  it("never groups presses, and groups faults of one kind at one school", () => {
    const rows = list([alertOf(), alertOf(), fault(), fault({ device: "cam-2" }), fault({ school: "s2" })]);
    expect(rows.map((row) => row.members.length).sort()).toEqual([1, 1, 1, 2]);
  });

  it("hides housekeeping from the duty view and shows it when asked", () => {
    const low = fault({ sev: 4 });
    expect(list([low])).toHaveLength(0);
    expect(list([low], { ...NO_FILTER, severities: new Set([4]) })).toHaveLength(1);
  });

  it("finds by all words, school and unit", () => {
    const alerts = [alertOf({ school: "north" }), alertOf({ school: "south", unit: "u2" })];
    expect(list(alerts, { ...NO_FILTER, words: "NORTH press" })).toHaveLength(1);
    expect(list(alerts, { ...NO_FILTER, words: "north south" })).toHaveLength(0);
    expect(list(alerts, { ...NO_FILTER, unit: "u2" })).toHaveLength(1);
    expect(list(alerts, { ...NO_FILTER, school: "north" })).toHaveLength(1);
  });

  it("keeps its order under a cursor, holds back what is new, and draws what ended in its place", () => {
    const first = alertOf({ id: "first", rx: 1 });
    const frozen = list([first]);
    const ended = { ...first, ver: 2, state: "resolved" as const };
    const later = alertOf({ id: "later", rx: 2 });
    const shown = show(list([ended, later]), frozen, (id) => (id === "first" ? ended : undefined));
    expect(shown.lines.map((line) => [line.lead.id, line.ended])).toEqual([["first", true]]);
    expect([shown.waiting, shown.waitingTop]).toEqual([1, 1]);
    expect(show(list([later]), null, () => undefined).waiting).toBe(0);
  });

  it("never stays empty under a cursor while something is open", () => {
    expect(show(list([alertOf()]), [], () => undefined)).toMatchObject({ waiting: 0, lines: [{ ended: false }] });
  });
});

describe("what is held back", () => {
  const group = fault({ id: "g", rule: "area_silent", sev: 2, school: "", unit: "u1", children: 2 });
  const member = (id: string) => fault({ id, sev: 2, held: "grouped", group: "g", school: id });

  it("stands under the row of its cause, and is listed when asked for", () => {
    const alerts = [group, member("m1"), member("m2"), fault({ id: "shelf", held: "shelved" })];
    expect(list(alerts).map((row) => row.lead.id)).toEqual(["g"]);
    const held = list(alerts, { ...NO_FILTER, held: true });
    expect(held.map((row) => row.lead.id).sort()).toEqual(["m1", "m2", "shelf"]);
  });

  it("has a row of its own where this screen does not have the row of the cause", () => {
    expect(list([member("m1")])).toHaveLength(1);
    expect(list([{ ...group, state: "closed" }, member("m1")])).toHaveLength(1);
  });

  it("is never a press, whatever is said of it, and a storm folds no press and nothing high away", () => {
    const press = alertOf({ id: "p", held: "grouped", group: "g" });
    const lesser = fault({ id: "cam", sev: 3 });
    const gate = fault({ id: "gate", rule: "gate_open", sev: 3, security: true });
    const rows = list([group, lesser, gate, press, fault({ id: "host", sev: 2 })], { ...NO_FILTER, storm: true });
    expect(rows.map((row) => row.lead.id).sort()).toEqual(["g", "gate", "host", "p"]);
    expect(rows[0]?.lead.id).toBe("p");
    expect(countOpen([lesser, gate, press])).toBe(3); // What is folded away is open all the same.
    expect(countFolded([lesser, gate, press])).toBe(1);
  });

  it("puts the rows of areas above single faults of their severity, and below every press", () => {
    const rows = list([fault({ id: "new", sev: 2, rx: 9_000 }), { ...group, rx: 1 }, alertOf({ id: "p", rx: 1 })]);
    expect(rows.map((row) => row.lead.id)).toEqual(["p", "g", "new"]);
  });
});
