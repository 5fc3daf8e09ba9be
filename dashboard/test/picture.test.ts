import { describe, expect, it } from "vitest";
import type { Alert, Bootstrap } from "../src/api.gen";
import {
  applyAlerts,
  applyCoverage,
  applyLiveness,
  LETTERS,
  letterAt,
  LIVENESS,
  makePicture,
  ROUTINE_MAX,
} from "../src/store/picture";
import { alertOf, fault } from "./alerts";

function boot(change: Partial<Bootstrap> = {}): Bootstrap {
  const schools = { id: ["s1", "s2"], name: ["一", "二"], name_en: ["One", "Two"], kind: [], area: [], unit: [] };
  return {
    epoch: "e",
    seq: 1,
    server_ms: 0,
    units: [],
    stations: [],
    schools: { ...schools, station: [], lat: [], lon: [], gateway: [] },
    liveness: ["live", "unknown"],
    indicators: [{ id: "t1" }, { id: "t2" }],
    coverage: { ledger: "mnue", live: "mm-?" },
    alerts: [],
    summary: {},
    ...change,
  } as unknown as Bootstrap;
}

describe("the picture", () => {
  it("believes the stream's last word, also where a server was overtaken by another and an alert has fewer facts", () => {
    const alerts = new Map<string, Alert>();
    const ours = alertOf({ id: "p", ver: 3, state: "acknowledged" });
    applyAlerts(alerts, { up: [ours], gone: [] });
    applyAlerts(alerts, { up: [{ ...ours, ver: 2, state: "raised" }], gone: [] });
    expect(applyAlerts(alerts, { up: [{ ...ours, ver: 3, state: "raised", count: 2 }], gone: [] })).toBe(true);
    expect(alerts.get("p")?.count).toBe(2);
  });

  it("never drops a press or a severity 2 alert in a flood of faults", () => {
    const alerts = new Map<string, Alert>();
    const kept = [alertOf({ id: "press" }), fault({ id: "host", sev: 2 })];
    const flood = Array.from({ length: 5 * ROUTINE_MAX }, (_, ix) => fault({ id: `f${ix}`, rx: ix }));
    applyAlerts(alerts, { up: [...kept, ...flood], gone: [] });
    expect(alerts.has("press")).toBe(true);
    expect(alerts.has("host")).toBe(true);
    expect(alerts.size).toBeLessThanOrEqual(ROUTINE_MAX + 102);
  });

  it("reads a letter it does not know as unknown, never as met", () => {
    const picture = makePicture(boot());
    expect(letterAt(picture, "ledger", 0, 0)).toBe("m");
    expect(letterAt(picture, "live", 1, 0)).toBe("-");
    expect(letterAt(picture, "live", 1, 1)).toBe("u");
    applyCoverage(picture, { seq: 2, c: [[0, 0, "ledger", "x"]] } as never);
    expect(letterAt(picture, "ledger", 0, 0)).toBe("u");
    expect(LETTERS).toContain("u");
  });

  it("reads a liveness it does not know as unknown, and passes over schools it does not have", () => {
    const picture = makePicture(boot());
    applyLiveness(picture, {
      seq: 2,
      g: [
        [0, "whatever"],
        [9, "live"],
      ],
    } as never);
    expect(LIVENESS[picture.liveness[0]!]).toBe("unknown");
    applyCoverage(picture, { seq: 3, c: [[9, 0, "live", "m"]] } as never);
  });
});
