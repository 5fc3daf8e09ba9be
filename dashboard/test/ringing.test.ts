import { describe, expect, it } from "vitest";
import { MUTE_MS_MAX, Ringing } from "../src/alarm/ringing";
import { alertOf, fault } from "./alerts";

describe("what rings", () => {
  it("rings for a real press until somebody acknowledges it, and for nothing else", () => {
    const ringing = new Ringing();
    const press = alertOf();
    expect(ringing.consider([press])).toBe("critical");
    expect(ringing.sounding(0)).toBe(true);
    expect(ringing.consider([{ ...press, ver: 2, state: "acknowledged" }])).toBeNull();
    expect(ringing.sounding(0)).toBe(false);
    for (const quiet of [alertOf({ mode: "test" }), alertOf({ mode: "drill" }), fault()]) {
      expect(ringing.consider([quiet])).toBeNull();
      expect(ringing.sounding(0)).toBe(false);
    }
  });

  it("does not sound anew for the same press told again, and does for one more press", () => {
    const ringing = new Ringing();
    const press = alertOf();
    ringing.consider([press]);
    expect(ringing.consider([{ ...press, ver: 2, stored: true }])).toBeNull();
    expect(ringing.consider([{ ...press, ver: 3, count: 2 }])).toBe("critical");
  });

  it("rings through a mute for a new press, and a mute ends by itself", () => {
    const ringing = new Ringing();
    ringing.consider([alertOf()]);
    ringing.mute(0);
    expect(ringing.sounding(1)).toBe(false);
    ringing.consider([alertOf()]);
    expect(ringing.sounding(2)).toBe(true);
    const one = new Ringing();
    one.consider([alertOf()]);
    one.mute(0, 10 * MUTE_MS_MAX);
    expect(one.sounding(MUTE_MS_MAX - 1)).toBe(false);
    expect(one.sounding(MUTE_MS_MAX)).toBe(true);
  });

  it("chimes once for a severity 2 alert and never for old news", () => {
    const ringing = new Ringing();
    const high = fault({ sev: 2 });
    expect(ringing.consider([high])).toBe("high");
    expect(ringing.consider([{ ...high, ver: 2 }])).toBeNull();
    const fresh = new Ringing();
    expect(fresh.replace([high])).toBeNull();
  });

  it("starts again from a full picture: what is not in it has been handled, what is rings", () => {
    const ringing = new Ringing();
    ringing.consider([alertOf({ id: "gone" })]);
    expect(ringing.replace([])).toBeNull();
    expect(ringing.sounding(0)).toBe(false);
    expect(ringing.replace([alertOf({ id: "new" })])).toBe("critical");
  });
});
