import { describe, expect, it } from "vitest";
import { href, parseRoute } from "../src/route";

describe("addresses", () => {
  it("come back as they were made", () => {
    const address = href("coverage", { unit: "450702", gaps: "t1_networked", q: "一 & 二=三", none: undefined });
    expect(parseRoute(address)).toEqual({
      path: ["coverage"],
      query: { unit: "450702", gaps: "t1_networked", q: "一 & 二=三" },
    });
  });

  it("survive damage", () => {
    expect(parseRoute("#/schools/%E4%B8").path).toEqual(["schools", "%E4%B8"]);
    expect(parseRoute("")).toEqual({ path: [], query: {} });
    expect(parseRoute("#/live?sev&&=").query).toHaveProperty("sev", "");
  });
});
