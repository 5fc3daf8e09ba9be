/** Calling for help: hold for three seconds, by finger or key, or tap and confirm; and what became of the call. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Press, type Stage } from "./box";
import { callForHelp, homeOf, memory, tries } from "./phone";
import { isOpen } from "./sos";
import { clock } from "./times";
import { words } from "./words";

const HOLD_MS = 3_000;
const SHOW_MS = 15 * 60_000; // A call that is stored stays on the page for so long.
const UNSENT_AFTER = 1; // The first attempt that fails is told: who needs help must not wait for a second one.

const buzz = (pattern: number | number[]) => navigator.vibrate?.(pattern);

export function Help() {
  const m = words.value;
  const home = homeOf(memory.value);
  return (
    <section class="help" aria-labelledby="help-title">
      <h2 id="help-title" class="hidden">
        {m.sos.sent}
      </h2>
      <Calls />
      {home ? <Hold /> : <p class="note">{m.sos.signIn}</p>}
      <a class="call" href="tel:110">
        {m.sos.call}
      </a>
    </section>
  );
}

function Hold() {
  const m = words.value;
  const [held, setHeld] = useState(0); // Milliseconds; 0: not held.
  const [hint, setHint] = useState("");
  const [asking, setAsking] = useState(false);
  const timer = useRef(0);
  const began = useRef(0);
  const lastHold = useRef(0);
  const release = () => {
    if (!began.current) return;
    clearInterval(timer.current);
    began.current = 0;
    lastHold.current = Date.now();
    setHeld(0);
    buzz(0);
    setHint(m.sos.short);
  };
  const fire = () => {
    clearInterval(timer.current);
    began.current = 0;
    lastHold.current = Date.now();
    setHeld(0);
    setHint("");
    setAsking(false);
    buzz([200, 100, 200]);
    void callForHelp();
  };
  const press = () => {
    if (began.current) return;
    began.current = performance.now();
    setHint("");
    setHeld(1);
    buzz(60);
    let second = 0;
    timer.current = window.setInterval(() => {
      const ms = performance.now() - began.current;
      if (ms >= HOLD_MS) return fire();
      if (Math.floor(ms / 1000) > second) buzz(60 + 40 * (second += 1));
      setHeld(Math.max(1, ms));
    }, 50);
  };
  useEffect(() => () => clearInterval(timer.current), []);
  const isKey = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  const done = held / HOLD_MS;
  const home = homeOf(memory.value);
  const post = home?.posts.find((one) => one.device === memory.value.post?.device);
  const place = [home?.name, post?.place || post?.name].filter(Boolean).join(" · ");
  return (
    <>
      <button
        type="button"
        class={held ? "sos held" : "sos"}
        aria-describedby="help-place"
        onPointerDown={(event) => {
          if (event.button) return;
          (event.currentTarget as HTMLElement).setPointerCapture?.(event.pointerId);
          press();
        }}
        onPointerUp={release}
        onPointerCancel={release}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (!isKey(event)) return;
          event.preventDefault();
          if (!event.repeat) press();
        }}
        onKeyUp={(event) => isKey(event) && release()}
        onBlur={release}
        onClick={(event) => {
          event.preventDefault();
          if (Date.now() - lastHold.current > 500) setAsking(true); // A screen reader's click: it cannot hold.
        }}
      >
        <svg viewBox="0 0 100 100" aria-hidden="true">
          <circle cx="50" cy="50" r="44" class="rail" />
          <circle cx="50" cy="50" r="44" class="ring" pathLength={100} stroke-dasharray={`${done * 100} 100`} />
          <text x="50" y="52" text-anchor="middle" dominant-baseline="central">
            {held ? Math.ceil((HOLD_MS - held) / 1000) : "SOS"}
          </text>
        </svg>
        <span>{held ? m.sos.holding(Math.ceil((HOLD_MS - held) / 1000)) : m.sos.hold}</span>
      </button>
      <p id="help-place" class="note">
        {m.sos.at(place)}
      </p>
      <p class="note strong" role="status">
        {hint}
      </p>
      {asking ? (
        <div class="ask" role="alertdialog" aria-label={m.sos.ask}>
          <p>{m.sos.ask}</p>
          <button type="button" class="danger" onClick={fire}>
            {m.sos.yes}
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            {m.sos.no}
          </button>
        </div>
      ) : (
        <button type="button" class="link" onClick={() => setAsking(true)}>
          {m.sos.tap}
        </button>
      )}
    </>
  );
}

function Calls() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const shown = memory.value.presses.filter((one) => isOpen(one) || now - (one.at || one.held) < SHOW_MS);
  return (
    <div class="calls" aria-live="assertive">
      {shown.map((press) => (
        <Call key={press.id} press={press} />
      ))}
    </div>
  );
}

function Call({ press }: { press: Press }) {
  const m = words.value;
  const tried = tries.value[press.id];
  const failed = press.stage === "sending" && (tried?.count ?? 0) >= UNSENT_AFTER;
  const look: Stage | "unsent" = failed ? "unsent" : press.stage;
  const title = { sending: m.sos.sending, unsent: m.sos.unsent, shown: m.sos.shown, stored: m.sos.stored };
  const more = {
    sending: m.sos.sendingMore((tried?.count ?? 0) + 1),
    unsent: `${tried?.reason === "key" ? `${m.why["key"]}。` : ""}${m.sos.unsentMore(tried?.count ?? 0)}`,
    shown: m.sos.shownMore,
    stored: `${m.sos.storedMore(clock(press.at))} · ${m.sos.again}`,
    refused: press.reason,
  };
  return (
    <div class={`state ${look}`} data-press={press.id}>
      <strong>{look === "refused" ? m.sos.refused : title[look]}</strong>
      <span>
        {m.sos.sent} {clock(press.held)} · {more[look]}
      </span>
      {(look === "unsent" || look === "refused") && (
        <a class="call" href="tel:110">
          {m.sos.call}
        </a>
      )}
    </div>
  );
}
