import { afterEach, describe, expect, it, vi } from "vitest";
import type { Me } from "../src/api.gen";
import { Failure, get } from "../src/client";
import { enter, entry, expired, logout, me } from "../src/store/session";

const person = { name: "command", acts: [], role: "supervisor", csrf: "token", permissions: [] } as unknown as Me;
const answer = (status: number, body: unknown) =>
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status })));

afterEach(() => vi.unstubAllGlobals());

describe("a session", () => {
  it("that the server ends leads to the login, which says why nothing is shown any more", async () => {
    answer(200, person);
    await enter();
    expect(entry.value).toBe("in");
    answer(401, { code: "unauthenticated" });
    await expect(get("/alerts")).rejects.toBeInstanceOf(Failure);
    expect(entry.value).toBe("login");
    expect(me.value).toBeNull();
    expect(expired.value).toBe(true);
  });

  it("that the person ends is not called expired", async () => {
    answer(200, person);
    await enter();
    expect(expired.value).toBe(false);
    answer(204, null);
    await logout();
    expect(entry.value).toBe("login");
    expect(expired.value).toBe(false);
  });

  it("is not taken for ended by a server that fails", async () => {
    answer(503, { code: "unavailable" });
    await enter();
    expect(entry.value).toBe("unreachable");
  });
});
