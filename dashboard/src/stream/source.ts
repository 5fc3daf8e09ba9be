/** One EventSource kept alive: what came, and whether the line is open. Runs in the shared worker or in the page. */

export type LineState = "connecting" | "open" | "closed";
export type FromSource =
  { type: "event"; name: string; data: string; fresh: boolean } | { type: "line"; state: LineState };

export const EVENTS = ["hello", "alerts", "coverage", "liveness", "summary", "reset"] as const;
const SILENCE_MS = 15_000; // A summary comes every second; after fifteen without one the connection is dead, whatever it says.
const RETRY_MS_MAX = 15_000;

/**
 * Open the stream and keep it open. The browser itself resumes with Last-Event-ID after a network failure; after an
 * answer it takes for final (a proxy's 502, an ended session) we open another one that resumes by `after`. The hello of
 * the very first is marked `fresh`: it follows nothing, so the page has to ask whether it missed something.
 */
export function openSource(url: string, emit: (message: FromSource) => void): { close(): void } {
  let source: EventSource | null = null;
  let lastHeard = Date.now();
  let attempts = 0;
  let fresh = true;
  let lastId = "";
  let retry: ReturnType<typeof setTimeout> | undefined;
  const watchdog = setInterval(() => {
    if (source && Date.now() - lastHeard > SILENCE_MS) reopen();
  }, 5_000);
  connect();

  function connect(): void {
    lastHeard = Date.now();
    fresh = lastId === "";
    source = new EventSource(lastId ? `${url}?after=${encodeURIComponent(lastId)}` : url);
    emit({ type: "line", state: "connecting" });
    source.onopen = () => emit({ type: "line", state: "open" });
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) reopen();
      else emit({ type: "line", state: "connecting" });
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        lastHeard = Date.now();
        attempts = 0;
        const { data, lastEventId } = event as MessageEvent<string>;
        emit({ type: "event", name, data, fresh });
        if (name === "hello") fresh = false;
        if (lastEventId) lastId = lastEventId;
      });
    }
  }

  function reopen(): void {
    source?.close();
    source = null;
    emit({ type: "line", state: "closed" });
    clearTimeout(retry);
    attempts += 1;
    // Jitter, so that a city's screens do not all return in one instant after a restart.
    retry = setTimeout(connect, Math.min(RETRY_MS_MAX, 500 * 2 ** attempts) * (0.5 + Math.random() / 2));
  }

  return {
    close() {
      clearInterval(watchdog);
      clearTimeout(retry);
      source?.close();
      source = null;
    },
  };
}
