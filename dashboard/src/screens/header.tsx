/** Header: product, navigation, scope, age of the feed, clock, sound, language, person. */
import { audio, muteLeftMs, ringingCount, startSound, stopSound, testSound, toggleMute } from "../alarm/alarm";
import { clock, day, ago, span } from "../format";
import { look, named, t } from "../i18n";
import { language, theme } from "../preferences";
import { route } from "../route";
import { ageMs, freshness, line, resyncing, second } from "../store/feed";
import { keepsWatch, logout, may, me } from "../store/session";
import { Failure } from "../client";
import { Menu } from "../ui/menu";
import { say } from "../ui/toast";
import { Crest } from "./crest";
import { Nav } from "./nav";

export function Header({ showHelp }: { showHelp: () => void }) {
  const m = t();
  const person = me.value;
  if (!person) return null;
  const here = route.value.path[0] ?? "live";
  const links = [
    { at: "live", text: m.nav.live },
    ...(may("coverage") ? [{ at: "coverage", text: m.nav.coverage }] : []),
    ...(may("coverage") ? [{ at: "gaps", text: m.nav.gaps }] : []),
    ...(may("coverage") ? [{ at: "league", text: m.league.nav }] : []),
    ...(may("report") ? [{ at: "reports", text: m.reports.nav }] : []),
    ...(may("stats") ? [{ at: "noise", text: m.nav.noise }] : []),
    ...(may("handover") ? [{ at: "handover", text: m.handover.nav }] : []),
    ...(may("notified") ? [{ at: "notifications", text: m.told.nav }] : []),
    ...(may("coverage") ? [{ at: "risk", text: m.nav.risk }] : []),
    ...(may("windows") ? [{ at: "drills", text: m.drills.nav }] : []),
    { at: "schools", text: m.nav.schools },
    ...(may("ledger") ? [{ at: "ledger", text: m.nav.ledger }] : []),
    { at: "health", text: m.nav.health },
  ];
  return (
    <header class="top">
      <div class="brand">
        <Crest />
        <span>{m.product(language.value === "zh" ? person.city : person.city_en)}</span>
      </div>
      <Nav links={links} here={here} />
      <span class="scope" title={m.header.scope}>
        {named(person.scope)}
      </span>
      {person.role === "guard" && (
        <a class="chip" href="/guard">
          {m.header.guard}
        </a>
      )}
      <Feed />
      <Clock />
      <Sound />
      <button
        type="button"
        class="chip"
        lang={language.value === "zh" ? "en" : "zh-CN"}
        onClick={() => (language.value = language.value === "zh" ? "en" : "zh")}
      >
        {m.header.language}
      </button>
      <UserMenu showHelp={showHelp} />
    </header>
  );
}

function Feed() {
  const m = t();
  const state = freshness.value;
  const text = resyncing.value
    ? m.header.resync
    : state === "live"
      ? m.header.live
      : state === "lost"
        ? m.header.lost
        : line.value === "open"
          ? m.header.stale
          : m.header.connecting;
  return (
    <span class={`feed ${state}`} title={m.header.feedTitle}>
      <i class="lamp" aria-hidden="true" />
      {text} <b>{ago(ageMs.value, m.age)}</b>
    </span>
  );
}

function Clock() {
  const at = second.value;
  return (
    <time class="clock" title={t().header.time}>
      <span class="date">{day(at)}</span> {clock(at)}
    </time>
  );
}

function Sound() {
  const m = t();
  const person = me.value;
  if (!person || (!keepsWatch(person) && audio.value === "off")) return null;
  const state = audio.value;
  const muted = muteLeftMs.value > 0;
  const text =
    state === "off"
      ? m.header.soundOff
      : state === "blocked"
        ? m.header.soundBlocked
        : muted
          ? m.header.muted(span(muteLeftMs.value))
          : m.header.soundOn;
  return (
    <Menu
      class={`sound ${state} ${muted ? "muted" : ""}`}
      label={m.header.soundMenu}
      text={
        <>
          <SoundIcon on={state === "on" && !muted} />
          {text}
        </>
      }
    >
      {(close) => (
        <>
          {state === "on" && (
            <button
              type="button"
              role="menuitem"
              disabled={!muted && ringingCount.value === 0}
              onClick={() => (toggleMute(), close())}
            >
              {muted ? m.header.unmute : m.header.mute} <kbd>M</kbd>
            </button>
          )}
          <button type="button" role="menuitem" onClick={() => (state === "on" ? testSound() : startSound(), close())}>
            {state === "on" ? m.header.soundTest : m.header.soundStart}
          </button>
          {state !== "off" && (
            <button type="button" role="menuitem" onClick={() => (stopSound(), close())}>
              {m.header.soundStop}
            </button>
          )}
        </>
      )}
    </Menu>
  );
}

function SoundIcon({ on }: { on: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M2 6v4h2.500L8 13V3L4.500 6z" fill="currentColor" />
      {on ? (
        <path d="M10.200 5.200a4 4 0 0 1 0 5.600M12 3.400a6.500 6.500 0 0 1 0 9.200" class="stroke" />
      ) : (
        <path d="M10.500 6l4 4m0-4l-4 4" class="stroke" />
      )}
    </svg>
  );
}

function UserMenu({ showHelp }: { showHelp: () => void }) {
  const m = t();
  const person = me.value;
  if (!person) return null;
  const next = { auto: "light", light: "dark", dark: "auto" } as const;
  const leave = async () => {
    try {
      await logout();
    } catch (error) {
      const code = error instanceof Failure ? error.code : "unreadable";
      say("bad", m.detail.failed(m.header.logout), look(m.failure.codes, code));
    }
  };
  return (
    <Menu class="user" label={m.header.user} text={`${person.display} · ${look(m.role, person.role)}`}>
      {(close) => (
        <>
          <button type="button" role="menuitem" onClick={() => (theme.value = next[theme.value])}>
            {m.header.theme[theme.value]}
          </button>
          <button type="button" role="menuitem" onClick={() => (close(), showHelp())}>
            {m.header.help} <kbd>?</kbd>
          </button>
          <button type="button" role="menuitem" onClick={() => void leave()}>
            {m.header.logout}
          </button>
        </>
      )}
    </Menu>
  );
}
