import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Coverage, CoverageBasis } from "../src/api.gen";
import { zh } from "../src/i18n/zh";
import { language } from "../src/preferences";
import { sidesOf } from "../src/screens/compare";
import { CoverageScreen } from "../src/screens/coverage";
import { coverageTick, now } from "../src/store/feed";
import { addDays, isDay, momentOf } from "../src/store/moment";
import { burnUp, DAY_MS, startOf } from "../src/ui/burnup";

const basis = (more: Partial<CoverageBasis>): CoverageBasis => ({
  on: "2026-09-01",
  known: "then",
  state: "ready",
  taken_at: Date.parse("2026-09-02T00:03:00+08:00"),
  late: false,
  source: "engine",
  notes: [],
  stage: "",
  done: 0,
  total: 0,
  detail: "",
  indicators: [],
  ...more,
});
const counts = { met: 0, not_met: 1, unknown: 0, exempt: 0, bp: 0 };
const answerOf = (told: CoverageBasis | null): Coverage => ({
  as_of: 0,
  parent: "city",
  indicators: told?.state === "ready" ? ["t1"] : [],
  scopes: [],
  rows:
    told?.state === "ready"
      ? [
          {
            kind: "unit",
            id: "city",
            name: "某市",
            name_en: "",
            cells: [{ ledger: counts, live: counts, proof_at: null }],
          },
        ]
      : [],
  basis: told,
});

describe("the day of an address", () => {
  it("is the present without one, and today", () => {
    expect(momentOf({}, "2026-09-02")).toBeNull();
    expect(momentOf({ on: "2026-09-02", known: "now" }, "2026-09-02")).toBeNull();
  });

  it("is never taken for today where it cannot be read or is yet to come", () => {
    expect(momentOf({ on: "2026-09-01", known: "now" }, "2026-09-02")).toEqual({
      on: "2026-09-01",
      known: "now",
      fault: "",
    });
    expect(momentOf({ on: "2026-02-30" }, "2026-09-02")?.fault).toBe("unreadable");
    expect(momentOf({ on: "2026-09-03" }, "2026-09-02")?.fault).toBe("future");
    expect(isDay("2024-02-29")).toBe(true);
    expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
  });
});

describe("the two days beside each other", () => {
  const frozen = ["2026-09-01", "2026-09-05", "2026-09-09", "2026-09-10"];

  it("are the newest frozen day and the last one a week before it, unless the address says otherwise", () => {
    expect(sidesOf({}, frozen, "2026-09-11")).toMatchObject({
      from: "2026-09-01",
      to: "2026-09-10",
      fromKnown: "then",
    });
    expect(sidesOf({ to: "2026-09-05", to_known: "now" }, frozen, "2026-09-11")).toMatchObject({
      from: "2026-09-01",
      to: "2026-09-05",
      toKnown: "now",
    });
    expect(sidesOf({}, [], "2026-09-11")).toMatchObject({ from: "2026-09-11", to: "2026-09-11" });
  });
});

describe("the coverage of a past day", () => {
  const root = document.createElement("div");
  let asked: string[] = [];
  let told: CoverageBasis | null = null;
  const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
  const open = async (hash: string) => {
    location.hash = hash;
    dispatchEvent(new Event("hashchange"));
    await act(() => render(<CoverageScreen />, root));
    await pass(100); // What is there first asks for more.
    await pass(100);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    language.value = "zh";
    now.value = Date.parse("2026-09-20T09:00:00+08:00");
    asked = [];
    vi.stubGlobal("fetch", (path: string) => {
      asked.push(path);
      const days = { today: "2026-09-20", items: [] };
      return Promise.resolve(new Response(JSON.stringify(path.includes("/days") ? days : answerOf(told))));
    });
  });
  afterEach(() => {
    render(null, root);
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is asked for as the link says, named, and left alone by the stream", async () => {
    told = basis({ late: true, source: "journal", notes: ["journal_short"] });
    await open("#/coverage?on=2026-09-01");
    expect(asked[0]).toContain("on=2026-09-01&known=then");
    expect(root.textContent).toContain(zh.past.shown("2026-09-01", zh.past.then));
    expect(root.textContent).toContain(zh.past.frozenLate("2026-09-02 00:03:00"));
    expect(root.textContent).toContain(zh.past.notes["journal_short"]);
    const before = asked.length;
    await act(async () => void (coverageTick.value += 1));
    await pass(20_000);
    expect(asked.length).toBe(before);
  });

  it("while that of this moment follows the stream", async () => {
    told = null;
    await open("#/coverage");
    const before = asked.length;
    await act(async () => void (coverageTick.value += 1));
    await pass(20_000);
    expect(asked.length).toBeGreaterThan(before);
  });

  it.each([
    [{ state: "working", known: "now", stage: "journal", done: 1, total: 4 }, zh.past.stages["journal"]!],
    [{ state: "busy", known: "now" }, zh.past.busy],
    [{ state: "failed", known: "now", detail: "too many batches" }, "too many batches"],
    [{ state: "none" }, zh.past.notFrozen],
  ] as [Partial<CoverageBasis>, string][])(
    "that is not there is said and never drawn as empty: %o",
    async (more, words) => {
      told = basis({ taken_at: null, source: null, on: "2026-09-01", ...more });
      await open(`#/coverage?on=2026-09-01&known=${more.known ?? "then"}`);
      expect(root.textContent).toContain(words);
      expect(root.querySelector(".tablebox")).toBeNull();
      expect(root.textContent).not.toContain(zh.coverage.noRows);
    },
  );

  it("is asked for again while it is being judged, until it is there", async () => {
    told = basis({ state: "working", known: "now" });
    await open("#/coverage?on=2026-09-01&known=now");
    const before = asked.length;
    told = basis({ known: "now" });
    await pass(2_500);
    expect(asked.length).toBe(before + 1);
    await pass(20_000);
    expect(asked.length).toBe(before + 1);
  });
});

describe("a burn-up", () => {
  const points = [
    { on: "2026-09-01", met: 1, basis: 4 },
    { on: "2026-09-02", met: 2, basis: 4 },
    { on: "2026-09-04", met: 3, basis: 4 },
  ];

  it("leaves a gap where no day was frozen, and goes from the last day to 100 % on the expected one", () => {
    const lines = burnUp(points, { on: "2026-09-08", earliest: "2026-09-06", latest: null })!;
    expect(lines.share.slice(0, 4)).toEqual([25, 50, null, 75]);
    const at = (on: string) => lines.times.indexOf(startOf(on));
    expect(lines.ways[0][at("2026-09-04")]).toBe(75);
    expect(lines.ways[0][at("2026-09-08")]).toBe(100);
    expect(lines.ways[1][at("2026-09-06")]).toBe(100);
    expect(lines.ways[2].every((value) => value === null)).toBe(true);
    expect(lines.target.every((value) => value === 100)).toBe(true);
    expect(lines.low).toBe(20);
  });

  it("draws no way where nothing can be said, and lets no far day squeeze the others", () => {
    const none = burnUp(points, { on: null, earliest: null, latest: null })!;
    expect(none.ways.flat().every((value) => value === null)).toBe(true);
    const far = burnUp(points, { on: "2030-01-01", earliest: "2029-01-01", latest: "2035-01-01" })!;
    expect(far.to - startOf("2026-09-04")).toBeLessThanOrEqual(14 * DAY_MS);
    expect(far.times).toEqual([...far.times].sort((a, b) => a - b));
    expect(burnUp([], { on: null, earliest: null, latest: null })).toBeNull();
  });
});
