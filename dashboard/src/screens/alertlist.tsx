/** The duty list. It is drawn by windows, keeps still under a cursor, and is a grid to the keyboard and to readers. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Alert } from "../api.gen";
import { clock, count, span, when } from "../format";
import { look, t } from "../i18n";
import { route } from "../route";
import { pending } from "../store/acts";
import { alertsTick, freshness, now, picture, second, summary } from "../store/feed";
import type { Line, Shown } from "../store/freeze";
import { countFolded, countOpen, isGroup, STORM_RINGS, type Row } from "../store/order";
import { isUnacked } from "../store/picture";
import { select, selected } from "../store/selection";
import { mayAct } from "../store/session";
import { schoolName, schoolNameOf, unitName, whatOf } from "../store/words";
import { AlertBadges, Badge, Button, Empty, Severity, Shape } from "../ui/parts";
import { useWindow } from "../ui/window";

const ROW_PX = 48;
const SOON_MS = 600_000; // A step that is further away than this is no news for a list.
const IDLE_MS = 3_000; // A cursor that merely rests on the list aims at nothing: what is new must not wait for it.

interface Props {
  shown: ReadonlySignal<Shown>;
  frozen: Signal<readonly Row[] | null>;
  freeze: () => void;
  setQuery: (change: Record<string, string | undefined>) => void;
  searchBox: preact.RefObject<HTMLInputElement | null>;
  grid: preact.RefObject<HTMLDivElement | null>;
  acknowledge: (line: Line) => void;
}

export function AlertList({ shown, frozen, freeze, setQuery, searchBox, grid, acknowledge }: Props) {
  const m = t();
  const { lines, waiting, waitingTop } = shown.value;
  const view = useWindow(lines.length, ROW_PX);
  const inside = useRef(false);
  const idle = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const hold = () => {
    freeze();
    clearTimeout(idle.current);
    idle.current = setTimeout(() => (frozen.value = null), IDLE_MS);
  };
  useEffect(() => () => clearTimeout(idle.current), []);
  const thaw = () => {
    if (!inside.current && !grid.current?.contains(document.activeElement)) frozen.value = null;
  };
  const at = lines.findIndex((line) => line.members.some((member) => member.id === selected.value));
  useEffect(() => view.reveal(at), [at < 0 ? "" : lines[at]?.key]);
  return (
    <section class="panel list" aria-labelledby="list-title">
      <ListHead setQuery={setQuery} searchBox={searchBox} />
      <Storm />
      <div class="freshline">
        {waiting > 0 ? (
          <button type="button" class={`fresh s${waitingTop}`} onClick={() => (frozen.value = null)}>
            <Shape level={waitingTop} /> {m.list.fresh(waiting)} <kbd aria-hidden="true">N</kbd>
          </button>
        ) : (
          <span class="dim small">
            {frozen.value ? m.list.frozen : route.value.query["held"] === "1" ? m.noise.heldView : ""}
          </span>
        )}
      </div>
      <div
        class="rows"
        ref={view.box}
        onScroll={view.onScroll}
        onPointerEnter={() => ((inside.current = true), hold())}
        onPointerMove={hold}
        onKeyDown={hold}
        onPointerLeave={() => ((inside.current = false), thaw())}
      >
        {lines.length === 0 ? (
          <Nothing
            clear={() =>
              setQuery({
                sev: undefined,
                unacked: undefined,
                q: undefined,
                school: undefined,
                unit: undefined,
                held: undefined,
              })
            }
          />
        ) : (
          <div
            role="grid"
            ref={grid}
            tabIndex={0}
            aria-label={m.list.title}
            aria-rowcount={lines.length}
            aria-activedescendant={at >= view.span.from && at < view.span.to ? `row-${lines[at]?.lead.id}` : undefined}
            style={{ height: `${lines.length * ROW_PX}px` }}
            onFocus={hold}
            onBlur={() => setTimeout(thaw)}
          >
            {lines.slice(view.span.from, view.span.to).map((line, ix) => (
              <AlertRow
                key={line.key}
                line={line}
                index={view.span.from + ix}
                current={view.span.from + ix === at}
                acknowledge={acknowledge}
              />
            ))}
          </div>
        )}
      </div>
      <Beyond />
    </section>
  );
}

function ListHead({ setQuery, searchBox }: Pick<Props, "setQuery" | "searchBox">) {
  const m = t();
  const query = route.value.query;
  const figures = summary.value;
  const severity = query["sev"] ?? "";
  const [text, setText] = useState(query["q"] ?? "");
  useEffect(() => setText(query["q"] ?? ""), [query["q"]]);
  return (
    <header class="listhead">
      <h2 id="list-title">
        {m.list.title}
        <small>{m.list.unacked}</small>
      </h2>
      <div class="filters" role="group" aria-label={m.list.filterLabel}>
        <button
          type="button"
          aria-pressed={severity === "" ? "true" : "false"}
          onClick={() => setQuery({ sev: undefined })}
        >
          {m.list.filterAll}
        </button>
        {[1, 2, 3, 4].map((level) => {
          const unacked = figures?.unacked[level - 1] ?? 0;
          const open = figures?.open[level - 1] ?? 0;
          return (
            <button
              type="button"
              key={level}
              class={unacked > 0 ? "some" : ""}
              aria-pressed={severity === String(level) ? "true" : "false"}
              title={`${m.severity[level]}：${m.list.unacked} ${unacked} / ${m.list.open} ${open}`}
              onClick={() => setQuery({ sev: severity === String(level) ? undefined : String(level) })}
            >
              <Severity level={level} hollow={unacked === 0} />
              <b>{figures ? count(unacked) : "–"}</b>
              <small>/{figures ? count(open) : "–"}</small>
            </button>
          );
        })}
      </div>
      <div class="searchline">
        <input
          ref={searchBox}
          type="search"
          value={text}
          placeholder={m.list.searchHint}
          aria-label={m.list.searchLabel}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setQuery({ q: event.currentTarget.value || undefined });
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
          }}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={query["unacked"] === "1"}
            onChange={(event) => setQuery({ unacked: event.currentTarget.checked ? "1" : undefined })}
          />
          {m.list.unackedOnly}
        </label>
        {figures && <Held counts={figures.held} setQuery={setQuery} />}
        {query["school"] && (
          <button type="button" class="token" onClick={() => setQuery({ school: undefined })}>
            {schoolNameOf(query["school"]) || query["school"]} ✕
          </button>
        )}
        {query["unit"] && (
          <button type="button" class="token" onClick={() => setQuery({ unit: undefined })}>
            {unitName(query["unit"])} ✕
          </button>
        )}
      </div>
    </header>
  );
}

/** What is open and calls nobody is always counted here, and one click away: silence is not health. */
function Held({ counts, setQuery }: { counts: readonly [number, number, number]; setQuery: Props["setQuery"] }) {
  const m = t();
  const pressed = route.value.query["held"] === "1";
  const [grouped, shelved, planned] = counts;
  return (
    <button
      type="button"
      class="token held"
      aria-pressed={pressed ? "true" : "false"}
      title={m.noise.heldTitle(count(grouped), count(shelved), count(planned))}
      onClick={() => setQuery({ held: pressed ? undefined : "1" })}
    >
      {m.noise.held(count(grouped + shelved + planned))}
    </button>
  );
}

/** More alerts than a person can answer: what is folded away is counted, and presses stay where they are. */
function Storm() {
  const m = t();
  alertsTick.value;
  const rang = summary.value?.rang ?? 0;
  const held = picture.value;
  if (!held || rang <= STORM_RINGS) return null;
  return (
    <p class="storm" role="status">
      <b>{m.noise.storm(count(rang))}</b> <span>{m.noise.folded(count(countFolded(held.alerts.values())))}</span>
    </p>
  );
}

function AlertRow({
  line,
  index,
  current,
  acknowledge,
}: {
  line: Line;
  index: number;
  current: boolean;
  acknowledge: (line: Line) => void;
}) {
  const m = t();
  const { lead, members } = line;
  const unacked = isUnacked(lead) && !line.ended;
  const busy = pending.value.has(lead.id);
  const classes = [
    "row",
    `s${lead.sev}`,
    lead.mode,
    unacked ? "unacked" : "taken",
    line.ended ? "ended" : "",
    current ? "current" : "",
  ];
  return (
    <div
      role="row"
      id={`row-${lead.id}`}
      aria-rowindex={index + 1}
      aria-selected={current ? "true" : "false"}
      class={classes.join(" ")}
      style={{ top: `${index * ROW_PX}px` }}
      onClick={() => open(lead.id)}
    >
      <span role="gridcell" class="sev">
        <Severity level={lead.sev} hollow={!unacked} plus={lead.confirmed} />
      </span>
      <span role="gridcell" class="elapsed">
        <b>{span(second.value - lead.rx)}</b>
        <small>{when(lead.t, now.peek())}</small>
      </span>
      <span role="gridcell" class="main">
        <b title={schoolName(lead)}>
          <Name text={schoolName(lead)} />
        </b>
        <small>
          {whatOf(lead)}
          {lead.place && <span class="place"> · {lead.place}</span>}
        </small>
      </span>
      <span role="gridcell" class="badges">
        <AlertBadges alert={lead} />
        {members.length > 1 && (
          <Badge kind="times" title={m.badge.groupTitle(members.length)}>
            {m.badge.times(members.length)}
          </Badge>
        )}
        {members.length === 1 && lead.count > 1 && (
          <Badge kind="times" title={m.badge.timesTitle(lead.count)}>
            {m.badge.times(lead.count)}
          </Badge>
        )}
        {lead.children > 0 && (
          <Badge kind="plain">
            {isGroup(lead) ? m.noise.members(count(lead.children)) : m.badge.children(lead.children)}
          </Badge>
        )}
      </span>
      <span role="gridcell" class="state">
        <b>{line.ended ? m.list.ended : look(m.state, lead.state)}</b>
        <small>
          {!line.ended && <Countdown alert={lead} />} {!unacked && lead.owner_display}
        </small>
      </span>
      <span role="gridcell" class="act">
        {unacked && mayAct("acknowledge") && (
          <Button
            tabIndex={-1}
            busy={busy}
            class="small"
            onClick={(event: Event) => {
              event.stopPropagation();
              select(lead.id);
              acknowledge(line);
            }}
          >
            {busy ? "…" : m.act["acknowledge"]}
          </Button>
        )}
      </span>
    </div>
  );
}

/** What comes next if nobody does anything: the next step of the chain, or that it rings again. */
function Countdown({ alert }: { alert: Alert }) {
  const m = t();
  const at = second.value;
  const { ack_expires_at: expires, next_escalation_at: step } = alert;
  if (expires !== null) return <span class="next">{m.escalation.ringsIn(span(Math.max(0, expires - at)))}</span>;
  if (step !== null && step - at < SOON_MS)
    return <span class="next">{m.escalation.stepIn(span(Math.max(0, step - at)))}</span>;
  return null;
}

/** Choose an alert; on a telephone its pane lies below the list and is brought into sight. */
function open(id: string): void {
  select(id);
  if (matchMedia("(max-width: 900px)").matches) document.getElementById("detail")?.scrollIntoView({ block: "start" });
}

/** A name whose end stays readable: what tells schools apart stands there. */
export function Name({ text }: { text: string }) {
  const cut = Math.max(0, text.length - 6);
  return (
    <span class="name">
      <span class="front">{text.slice(0, cut)}</span>
      <span class="end">{text.slice(cut)}</span>
    </span>
  );
}

function Nothing({ clear }: { clear: () => void }) {
  const m = t();
  const query = route.value.query;
  const filtered = Object.keys(query).some((key) => ["sev", "unacked", "q", "school", "unit", "held"].includes(key));
  if (filtered) {
    return (
      <Empty title={m.list.empty}>
        <Button onClick={clear}>{m.list.clear}</Button>
      </Empty>
    );
  }
  // "Nothing open" is only said by a feed that is fresh, and only where nothing is out of sight.
  alertsTick.value;
  const unseen = countOpen(picture.value?.alerts.values() ?? []);
  if (freshness.value !== "live") return <Empty title={m.banner.calmUnsure} />;
  return unseen ? (
    <Empty title={m.list.emptyView} hint={m.list.unseen(count(unseen))} />
  ) : (
    <Empty title={m.list.emptyAll} hint={m.list.emptyAsOf(clock(second.value))} />
  );
}

function Beyond() {
  const m = t();
  alertsTick.value;
  const figures = summary.value;
  const held = picture.value;
  if (!figures || !held) return null;
  const open = figures.open[2] + figures.open[3];
  let here = 0;
  for (const alert of held.alerts.values()) here += Number(alert.sev > 2 && alert.mode === "real");
  return open > here + 50 ? <footer class="dim small beyond">{m.list.beyond(count(open - here))}</footer> : null;
}
