/** Data health: whether what the screens say can be believed. */
import { audio } from "../alarm/alarm";
import type { Stats } from "../api.gen";
import { ago, count, dateTime } from "../format";
import { look, t } from "../i18n";
import { href } from "../route";
import { ageMs, livenessTick, picture, second, summary } from "../store/feed";
import { LIVENESS } from "../store/picture";
import { may, me } from "../store/session";
import { schoolNameOf, unitName } from "../store/words";
import { Empty, Liveness, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

const RENEW_MS = 5_000;
const SILENT_MAX = 200;

export function HealthScreen() {
  const m = t();
  const figures = summary.value;
  const resource = useResource<Stats>(may("stats") ? "/stats" : null, Math.floor(second.value / RENEW_MS));
  const stats = resource.data;
  return (
    <div class="health page">
      <header class="pagehead">
        <h1>{m.health.title}</h1>
        <p class="dim">{m.health.lead}</p>
      </header>
      {resource.failure && <Trouble failure={resource.failure} retry={resource.reload} />}
      <div class="columns even">
        <section class="panel block">
          <h2>{m.health.picture}</h2>
          {!figures ? (
            <Waiting />
          ) : (
            <dl class="pairs">
              <dt>{m.health.schoolsLive}</dt>
              <dd>
                {count(figures.schools_live)} / {count(figures.schools)}
              </dd>
              <dt>{m.health.devicesLive}</dt>
              <dd>
                {count(figures.devices_live)} / {count(figures.devices)}
              </dd>
              <dt>{m.health.devicesUnknown}</dt>
              <dd class={figures.devices_unknown ? "hatched" : ""}>{count(figures.devices_unknown)}</dd>
              <dt>{m.health.journal}</dt>
              <dd class={figures.journal === "down" ? "bad" : ""}>
                {figures.journal === "ok" ? m.health.journalOk : m.health.journalDown}
              </dd>
              <dt>{m.health.lag}</dt>
              <dd>{count(figures.ingest_lag_ms)} ms</dd>
            </dl>
          )}
        </section>
        {stats && <Server stats={stats} />}
        <Screen />
      </div>
      <Silent />
    </div>
  );
}

function Server({ stats }: { stats: Stats }) {
  const m = t();
  return (
    <section class="panel block">
      <h2>{m.health.ingest}</h2>
      <dl class="pairs counters">
        {Object.entries(stats.ingest).map(([name, value]) => (
          <>
            <dt>{look(m.health.counters, name)}</dt>
            <dd>{count(value)}</dd>
          </>
        ))}
        <dt title={m.health.deadLettersHint}>{m.health.deadLetters}</dt>
        <dd class={stats.dead_letters ? "bad" : ""}>{count(stats.dead_letters)}</dd>
        <dt>
          {m.health.history} · {stats.history.store}
        </dt>
        <dd>
          {m.health.behind} {count(stats.history.behind)}
        </dd>
        {stats.audit && (
          <>
            <dt>{m.health.audit}</dt>
            <dd class={stats.audit.passed ? "" : "bad"}>
              {stats.audit.running
                ? m.health.auditRuns
                : !stats.audit.ended
                  ? m.health.auditNever
                  : stats.audit.passed
                    ? m.health.auditOk
                    : `${count(stats.audit.differences)} ${m.health.auditBad}`}
              {stats.audit.ended > 0 && <small> {dateTime(stats.audit.ended)}</small>}
            </dd>
          </>
        )}
        <dt>
          {m.health.streams} · {m.health.clients}
        </dt>
        <dd>{count(stats.streams.clients)}</dd>
        <dt>{m.health.resets}</dt>
        <dd>{count(stats.streams.resets)}</dd>
        <dt>{m.health.build}</dt>
        <dd>{stats.build}</dd>
      </dl>
    </section>
  );
}

function Screen() {
  const m = t();
  return (
    <section class="panel block">
      <h2>{m.health.screen}</h2>
      <dl class="pairs">
        <dt>{m.health.age}</dt>
        <dd>{ago(ageMs.value, m.age)}</dd>
        <dt>{m.health.sound}</dt>
        <dd class={audio.value === "blocked" ? "bad" : ""}>
          {audio.value === "on" ? m.header.soundOn : audio.value === "off" ? m.header.soundOff : m.header.soundBlocked}
        </dd>
        <dt>{m.health.line}</dt>
        <dd>{typeof SharedWorker === "undefined" ? m.health.direct : m.health.sharedWorker}</dd>
        <dt>HTTPS</dt>
        <dd>{isSecureContext && location.protocol === "https:" ? m.health.secure : m.health.insecure}</dd>
        <dt>{m.health.build}</dt>
        <dd>{me.value?.build}</dd>
        <dt>{m.health.browser}</dt>
        <dd class="small">{navigator.userAgent.replace(/^.*\) /, "")}</dd>
      </dl>
    </section>
  );
}

function Silent() {
  const m = t();
  livenessTick.value;
  const held = picture.value;
  if (!held) return null;
  const silent = held.schools.id.map((_, ix) => ix).filter((ix) => LIVENESS[held.liveness[ix] ?? 0] !== "live");
  return (
    <section class="panel block">
      <h2>
        {m.health.silent} <small>{silent.length}</small> <small>{m.health.silentHint}</small>
      </h2>
      {silent.length === 0 ? (
        <Empty title={m.health.noneSilent} />
      ) : (
        <ul class="silent">
          {silent.slice(0, SILENT_MAX).map((ix) => {
            const id = held.schools.id[ix] ?? "";
            return (
              <li key={id}>
                <a href={href(`schools/${id}`)}>{schoolNameOf(id)}</a>
                <span class="dim">{unitName(held.schools.unit[ix] ?? "")}</span>
                <Liveness word={LIVENESS[held.liveness[ix] ?? 0] ?? "unknown"} />
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
