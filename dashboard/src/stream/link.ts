/** The page's end of the stream: through the shared worker where there is one, directly where not. */
import { openSource } from "./source";
import type { FromWorker, ToWorker } from "./worker";

export interface Link {
  close(): void;
}

/** Open the stream for a user; the user's name keeps two accounts of one browser apart. */
export function openLink(url: string, user: string, receive: (message: FromWorker) => void): Link {
  if (typeof SharedWorker === "undefined") return openSource(url, receive);
  try {
    return throughWorker(url, user, receive);
  } catch {
    return openSource(url, receive); // Some locked-down browsers have the class and refuse its use.
  }
}

function throughWorker(url: string, user: string, receive: (message: FromWorker) => void): Link {
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { name: `anxiao ${user}` });
  let direct: Link | null = null;
  const send = (message: ToWorker) => worker.port.postMessage(message);
  const absolute = new URL(url, location.href).href;
  const attach = () => send({ type: "attach", url: absolute });
  const leave = () => send({ type: "leave" });
  const restored = (event: PageTransitionEvent) => event.persisted && attach();
  worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data);
  worker.onerror = () => {
    direct ??= openSource(url, receive); // The worker's script did not load: better a seventh tab at risk than no alarms.
  };
  worker.port.start();
  attach();
  addEventListener("pagehide", leave);
  addEventListener("pageshow", restored);
  return {
    close() {
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", restored);
      leave();
      worker.port.close();
      direct?.close();
    },
  };
}
