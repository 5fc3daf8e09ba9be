/** Live triage: what is wrong now, in the order in which it must be answered, and the hand to answer it. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Act, Alert } from "../api.gen";
import { toggleMute } from "../alarm/alarm";
import { get } from "../client";
import { t } from "../i18n";
import { listenForKeys } from "../keys";
import { replaceQuery, route } from "../route";
import { movesOf, needsCause } from "../store/acts";
import { alertsTick, picture, summary, takeAlert } from "../store/feed";
import { type Line, show, type Shown } from "../store/freeze";
import { listRows, STORM_RINGS, type Filter, type Row } from "../store/order";
import { select, selected } from "../store/selection";
import { me } from "../store/session";
import { searchText } from "../store/words";
import { perform } from "./acting";
import { ActDialog, type Asking } from "./actdialog";
import { AlertDetailPane } from "./alertdetail";
import { AlertList } from "./alertlist";
import { waitingCriticals } from "./banners";
import { MapPanel } from "./mappanel";
import { Trend } from "./trend";
import { Vitals } from "./vitals";

/** Read the filter out of the address, so that a view can be sent to a colleague. */
export function filterOf(query: Record<string, string>): Filter {
  return {
    severities: new Set((query["sev"] ?? "").split(",").filter(Boolean).map(Number)),
    unackedOnly: query["unacked"] === "1",
    words: query["q"] ?? "",
    school: query["school"] ?? "",
    unit: query["unit"] ?? "",
    held: query["held"] === "1",
    storm: (summary.value?.rang ?? 0) > STORM_RINGS,
  };
}

function withinUnit(alert: Alert, unit: string): boolean {
  const units = picture.peek()?.units;
  for (let id: string | null | undefined = alert.unit, depth = 0; id && depth < 8; depth += 1) {
    if (id === unit) return true;
    id = units?.get(id)?.parent;
  }
  return false;
}

export function LiveScreen() {
  const frozen = useSignal<readonly Row[] | null>(null);
  const asking = useSignal<Asking | null>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);

  const rows = useComputed(() => {
    alertsTick.value;
    t(); // Names and labels are searched in the chosen language.
    const held = picture.value;
    return held ? listRows(held.alerts.values(), filterOf(route.value.query), searchText, withinUnit) : [];
  });
  const shown = useComputed<Shown>(() => {
    alertsTick.value;
    return show(rows.value, frozen.value, (id) => picture.value?.alerts.get(id));
  });
  const lineOf = (id: string | null): Line | undefined =>
    id ? shown.peek().lines.find((line) => line.members.some((member) => member.id === id)) : undefined;

  const setQuery = (change: Record<string, string | undefined>) => {
    frozen.value = null; // Somebody who asks for another view wants to see it.
    replaceQuery({ ...route.peek().query, ...change });
  };

  const request = (act: Act, targets: Alert[]) => {
    const granted = me.peek()?.acts ?? [];
    const able = targets.filter((alert) => movesOf(alert, granted).includes(act));
    if (able.length === 0) return;
    if (needsCause(act) || act === "note" || act === "escalate") asking.value = { act, alerts: able };
    else void perform(act, able);
  };
  const current = (): Alert[] => {
    const id = selected.peek();
    const alert = id ? picture.peek()?.alerts.get(id) : undefined;
    return alert ? [alert] : [];
  };
  const ask = (act: Act) => request(act, current());

  const move = (step: number) => {
    const { lines } = shown.peek();
    if (lines.length === 0) return;
    frozen.value ??= rows.peek();
    const at = lines.findIndex((line) => line.members.some((member) => member.id === selected.peek()));
    const next = lines[Math.max(0, Math.min(lines.length - 1, at < 0 ? 0 : at + step))];
    if (next) select(next.lead.id);
    grid.current?.focus({ preventScroll: true });
  };

  useEffect(
    () =>
      listenForKeys({
        j: () => move(1),
        k: () => move(-1),
        ArrowDown: () => move(1),
        ArrowUp: () => move(-1),
        Home: () => move(-1e6),
        End: () => move(1e6),
        Enter: () => document.getElementById("detail")?.focus(),
        a: () => ask("acknowledge"),
        d: () => ask("dispatch"),
        o: () => ask("arrive"),
        r: () => ask(current()[0]?.flow === "incident" ? "resolve" : "close"),
        v: () => ask("review"),
        w: () => ask("work_order"),
        e: () => ask("escalate"),
        c: () => ask("note"),
        n: () => (frozen.value = null),
        u: () => setQuery({ unacked: route.peek().query["unacked"] === "1" ? undefined : "1" }),
        "0": () => setQuery({ sev: undefined }),
        "1": () => setQuery({ sev: "1" }),
        "2": () => setQuery({ sev: "2" }),
        "3": () => setQuery({ sev: "3" }),
        "4": () => setQuery({ sev: "4" }),
        m: () => toggleMute(),
        p: () => {
          const first = waitingCriticals()[0];
          if (first) select(first.id);
        },
        "/": () => searchBox.current?.focus(),
        Escape: () => {
          (document.activeElement as HTMLElement | null)?.blur?.();
          frozen.value = null;
        },
      }),
    [],
  );

  useLinkedAlert();

  return (
    <div class="live">
      <AlertList
        shown={shown}
        frozen={frozen}
        freeze={() => (frozen.value ??= rows.peek())}
        setQuery={setQuery}
        searchBox={searchBox}
        grid={grid}
        acknowledge={(line) => request("acknowledge", line.members)}
      />
      <AlertDetailPane request={(act, alerts) => request(act, alerts)} groupOf={(id) => lineOf(id)?.members ?? []} />
      <div class="side">
        <Vitals />
        <MapPanel />
        <Trend />
      </div>
      {asking.value && <ActDialog asking={asking.value} close={() => (asking.value = null)} />}
    </div>
  );
}

/** An alert named in the address is opened, even one that is no longer in the live picture. */
function useLinkedAlert(): void {
  const linked = route.value.query["alert"];
  useEffect(() => {
    if (!linked) return;
    select(linked);
    if (!picture.peek()?.alerts.has(linked)) {
      get<Alert>(`/alerts/${encodeURIComponent(linked)}`).then(takeAlert, () => undefined); // The pane shows the failure itself.
    }
    replaceQuery({ ...route.peek().query, alert: undefined });
  }, [linked]);
}
