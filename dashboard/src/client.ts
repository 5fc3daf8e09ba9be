/** Requests to the server: JSON in and out, CSRF on writes, and one kind of failure whatever went wrong. */
import type { AlertDetail, Problem } from "./api.gen";

export const API = "/api/v1";
const PATIENCE_MS = 15_000; // Longer than any honest answer; after it the screen says "no answer" instead of waiting on.
const FILE_PATIENCE_MS = 300_000; // 48 MB over a county's line.

/** Why a request brought nothing: `code` is the server's stable code, or `network` / `timeout` / `unreadable` of our own. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    readonly status = 0,
    readonly detail = "",
    readonly current: AlertDetail | null = null,
    readonly retryAfterSeconds = 0,
  ) {
    super(`${code} ${status} ${detail}`.trim());
  }
}

/** Take whatever was thrown as a failure. */
export const failureOf = (error: unknown): Failure => (error instanceof Failure ? error : new Failure("unreadable"));

interface Options {
  body?: unknown;
  file?: Blob; // Sent as it is, with more patience.
  version?: number;
  key?: string;
  signal?: AbortSignal;
}

let csrf = "";
let signedOut: () => void = () => undefined;

/** Remember what writes must carry, and whom to tell when the session ends. */
export function setAccess(token: string, onSignedOut: () => void): void {
  csrf = token;
  signedOut = onSignedOut;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  request<T>("GET", path, signal ? { signal } : {});
export const post = <T>(path: string, options: Options = {}): Promise<T> => request<T>("POST", path, options);

export const upload = <T>(path: string, file: Blob): Promise<T> => request<T>("POST", path, { file });

async function request<T>(method: string, path: string, options: Options): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.file) headers["Content-Type"] = "application/octet-stream";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (options.version !== undefined) headers["If-Match"] = `"${options.version}"`;
  if (options.key) headers["Idempotency-Key"] = options.key;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), options.file ? FILE_PATIENCE_MS : PATIENCE_MS);
  options.signal?.addEventListener("abort", () => limit.abort());
  let response: Response;
  let text: string;
  try {
    response = await fetch(API + path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: limit.signal,
      ...(options.file
        ? { body: options.file }
        : options.body === undefined
          ? {}
          : { body: JSON.stringify(options.body) }),
    });
    text = await response.text();
  } catch {
    throw new Failure(limit.signal.aborted && !options.signal?.aborted ? "timeout" : "network");
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return (text ? parse(text, response.status) : undefined) as T;
  const problem = tryParse(text) as Partial<Problem> | null;
  const code =
    problem?.code ?? (response.status === 401 ? "unauthenticated" : response.status >= 500 ? "unavailable" : "invalid");
  if (code === "unauthenticated") signedOut();
  const wait = Number(response.headers.get("Retry-After")) || 0;
  throw new Failure(code, response.status, problem?.detail ?? "", problem?.current ?? null, wait);
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("unreadable", status); // A proxy's page, most likely: never drawn as an empty list.
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Build a query string of what is set. */
export function query(values: Record<string, string | number | undefined | null>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return pairs.length ? `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&")}` : "";
}

/** A random UUID; `crypto.randomUUID` is absent on plain http, where this service must work too. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
