/**
 * The shared worker that holds the one stream of a browser. HTTP/1.1 allows six connections to a server:
 * with a stream in each tab the seventh tab would hang for ever.
 */
import { type FromSource, openSource } from "./source";

export type ToWorker = { type: "attach"; url: string } | { type: "leave" };
export type FromWorker = FromSource | { type: "attached"; epoch: string; seq: number };

const ports = new Set<MessagePort>();
let line: { close(): void } | null = null;
let openedUrl = "";
let epoch = "";
let seq = 0;
let state: FromSource = { type: "line", state: "connecting" };

const scope = globalThis as unknown as { onconnect: ((event: MessageEvent) => void) | null };
scope.onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<ToWorker>) =>
    data.type === "attach" ? attach(port, data.url) : leave(port);
};

function attach(port: MessagePort, url: string): void {
  ports.add(port);
  if (line && url !== openedUrl) {
    line.close();
    line = null;
  }
  if (line) {
    port.postMessage({ type: "attached", epoch, seq } satisfies FromWorker);
    port.postMessage(state);
  } else {
    openedUrl = url;
    line = openSource(url, tell);
  }
}

function leave(port: MessagePort): void {
  ports.delete(port);
  if (ports.size > 0) return;
  line?.close(); // Nobody looks: a signed-out browser must not keep a stream open.
  line = null;
}

function tell(message: FromSource): void {
  if (message.type === "line") state = message;
  else note(message.data);
  for (const port of ports) port.postMessage(message);
}

function note(data: string): void {
  const found = /"seq":(\d+)/.exec(data); // Every event carries it; a full parse is left to the pages.
  if (found) seq = Number(found[1]);
  const born = /"epoch":"([^"]*)"/.exec(data);
  if (born) epoch = born[1] ?? "";
}
