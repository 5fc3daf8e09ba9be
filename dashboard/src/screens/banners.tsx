/**
 * The lines under the header. The alarm line always has its place, so that its coming and going moves nothing
 * below it while somebody aims at a row.
 */
import { audio, ringingCount, startSound } from "../alarm/alarm";
import { ago, clock, span } from "../format";
import { look, t } from "../i18n";
import { go, href, route } from "../route";
import { ageMs, alertsTick, failing, freshness, picture, second, summary } from "../store/feed";
import { isOpen, isUnacked } from "../store/picture";
import { keepsWatch, may, me } from "../store/session";
import { schoolName, schoolNameOf, whatOf } from "../store/words";
import { AlertBadges, Shape } from "../ui/parts";
import type { Alert } from "../api.gen";
import { select } from "../store/selection";

/** Real, critical and unacknowledged, the longest waiting first. */
export function waitingCriticals(): Alert[] {
  alertsTick.value;
  const held = picture.value;
  if (!held) return [];
  return [...held.alerts.values()]
    .filter((alert) => alert.sev === 1 && alert.mode === "real" && isUnacked(alert) && isOpen(alert))
    .sort((a, b) => a.rx - b.rx);
}

export function openAlert(alert: Alert): void {
  select(alert.id);
  if (route.value.path[0] && route.value.path[0] !== "live") go("live");
}

export function Banners() {
  const m = t();
  const person = me.value;
  const state = freshness.value;
  const figures = summary.value;
  return (
    <div class="banners">
      <div role="alert">
        {state === "lost" && (
          <div class="banner lost">{m.banner.lost(ago(ageMs.value - (ageMs.value % 1000), m.age))}</div>
        )}
        {state === "stale" && picture.value && (
          <div class="banner stale">{m.banner.stale(ago(ageMs.value - (ageMs.value % 1000), m.age))}</div>
        )}
        {failing.value && state === "live" && (
          <div class="banner stale">
            {m.banner.failing} {look(m.failure.codes, failing.value.code)}
          </div>
        )}
        {figures?.journal === "down" && <div class="banner journal">{m.banner.journalDown}</div>}
      </div>
      {person && keepsWatch(person) && audio.value === "blocked" && (
        <button type="button" class="banner blocked" onClick={startSound}>
          {m.banner.soundBlocked}
        </button>
      )}
      <OpenWindows />
      <AlarmLine />
    </div>
  );
}

/** Says on every screen which tests and drills are under way: only their buttons, and only for so long. */
function OpenWindows() {
  const m = t();
  const figures = summary.value;
  const first = figures?.windows[0];
  if (!figures || !first) return null;
  const more = figures.windows_open - 1;
  return (
    <div class={`banner window ${first.mode}`} role="status">
      <strong>{m.windows.open(look(m.mode, first.mode), schoolNameOf(first.school) || first.school)}</strong>
      <span>{m.windows.buttons(first.buttons)}</span>
      <span class="left" aria-live="off">
        {m.windows.left(span(Math.max(0, first.until - second.value)))}
      </span>
      {more > 0 && <span>{m.windows.more(more)}</span>}
      <span class="others">{m.windows.others}</span>
      {may("windows") && <a href={href("drills")}>{m.windows.view}</a>}
    </div>
  );
}

function AlarmLine() {
  const m = t();
  const waiting = waitingCriticals();
  const first = waiting[0];
  const drills = summary.value?.drills ?? 0;
  void ringingCount.value;
  if (!first) {
    return (
      <div class={`alarmline calm ${freshness.value}`}>
        <span>{freshness.value === "live" ? m.banner.calm : m.banner.calmUnsure}</span>
        {drills > 0 && <span class="drills">{m.banner.drills(drills)}</span>}
      </div>
    );
  }
  return (
    <div class="alarmline ringing">
      <Shape level={1} />
      <strong>{m.banner.critical(waiting.length)}</strong>
      <span class="what">
        {waiting.length > 1 && <span>{m.banner.oldest} </span>}
        <b>{schoolName(first)}</b> {whatOf(first)} {first.place} · {clock(first.t)}
        <AlertBadges alert={first} />
      </span>
      <span class="wait">{m.banner.waiting(span(second.value - first.rx))}</span>
      <span class="stretch" />
      {drills > 0 && <span class="drills">{m.banner.drills(drills)}</span>}
      <button type="button" onClick={() => openAlert(first)}>
        {m.banner.view} <kbd aria-hidden="true">P</kbd>
      </button>
    </div>
  );
}
