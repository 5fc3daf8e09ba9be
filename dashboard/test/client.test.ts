import { afterEach, describe, expect, it, vi } from "vitest";
import { Failure, get, post, setAccess } from "../src/client";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status, headers }))),
  );

afterEach(() => vi.unstubAllGlobals());

describe("requests", () => {
  it("turn every trouble into a failure with a code", async () => {
    answer(409, { code: "version_conflict", detail: "moved" });
    await expect(get("/x")).rejects.toMatchObject({ code: "version_conflict", status: 409 });
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("down")));
    await expect(get("/x")).rejects.toMatchObject({ code: "network" });
    answer(200, null);
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<html>", { status: 200 })));
    await expect(get("/x")).rejects.toBeInstanceOf(Failure);
  });

  it("carry the session's token on writes, and tell when the session has ended", async () => {
    const ended = vi.fn();
    setAccess("token", ended);
    answer(200, { ok: true });
    await post("/acts", { body: { a: 1 }, version: 3, key: "k" });
    const call = vi.mocked(fetch).mock.calls[0]!;
    expect(call[1]?.headers).toMatchObject({ "X-CSRF-Token": "token", "If-Match": '"3"', "Idempotency-Key": "k" });
    answer(401, { code: "unauthenticated" });
    await expect(get("/me")).rejects.toMatchObject({ status: 401 });
    expect(ended).toHaveBeenCalledOnce();
  });
});
