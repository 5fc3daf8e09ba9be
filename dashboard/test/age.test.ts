import { describe, expect, it } from "vitest";
import { FeedAge, LOST_MS, STALE_MS } from "../src/store/age";

describe("the age of the picture", () => {
  it("is live while summaries come, stale after three seconds of silence, lost after a minute", () => {
    const age = new FeedAge(0);
    age.heard(1_000_000, 0);
    expect(age.freshness(STALE_MS)).toBe("live");
    expect(age.freshness(STALE_MS + 1)).toBe("stale");
    expect(age.freshness(LOST_MS + 1)).toBe("lost");
    age.heard(1_000_000 + LOST_MS, LOST_MS);
    expect(age.freshness(LOST_MS + 10)).toBe("live");
  });

  it("is old from the start where nothing ever came", () => {
    const age = new FeedAge(0);
    expect(age.freshness(STALE_MS + 1)).toBe("stale");
    expect(age.serverNow(5)).toBeNull();
  });

  it("counts a summary that was long on its way by what it tells, not by when it came", () => {
    const age = new FeedAge(0);
    age.heard(100_000, 0);
    age.heard(101_000, 9_000);
    expect(age.ageMs(9_000)).toBe(8_000);
    expect(age.freshness(9_000)).toBe("stale");
  });
});
