/** The guard's page: help, post, five acts, and what the server has said of each. */
import { useEffect, useState } from "preact/hooks";
import { Failure } from "../client";
import { language, theme } from "../preferences";
import { named } from "./names";
import type { Act } from "./box";
import {
  box,
  checkIn,
  choose,
  door,
  expired,
  failing,
  homeOf,
  kick,
  link,
  login,
  logout,
  memory,
  mine,
  NoGuard,
  person,
} from "./phone";
import { Help } from "./help";
import { clock, moment } from "./times";
import { words } from "./words";

export function Page() {
  const m = words.value;
  useEffect(() => void (document.title = m.title), [m]);
  return (
    <>
      <header class="bar">
        <h1>{m.title}</h1>
        <span class={`link-state ${link.value}`} role="status">
          {{ online: "●", offline: "○", unsure: "◐" }[link.value]} {m[link.value]}
        </span>
        <button type="button" onClick={() => (language.value = language.value === "zh" ? "en" : "zh")}>
          {m.other}
        </button>
        <button
          type="button"
          aria-label={m.theme}
          title={m.theme}
          onClick={() => (theme.value = theme.value === "dark" ? "light" : "dark")}
        >
          ◑
        </button>
      </header>
      <main>
        {door.value === "opening" && <p role="status">{m.loading}</p>}
        {door.value === "login" && <SignIn />}
        {door.value === "in" && <Duty />}
        <Limits />
      </main>
    </>
  );
}

function Duty() {
  return (
    <>
      <Help />
      <Waiting />
      <Acts />
      <Records />
    </>
  );
}

function Waiting() {
  const m = words.value;
  const held = memory.value;
  const own = mine(held);
  const others = held.queue.length - own.length;
  const first = own[0];
  return (
    <div aria-live="polite">
      {box.value?.kind === "page" && <p class="state unsent">{m.notKept}</p>}
      {first && (
        <div class="state waiting">
          <strong>{m.waiting(own.length, moment(first.t))}</strong>
          <span>{failing.value ? m.failing(m.why[failing.value] ?? failing.value) : m.waitingHint}</span>
          <button type="button" onClick={kick}>
            {m.retry}
          </button>
        </div>
      )}
      {others > 0 && <p class="state waiting">{m.otherPerson(others)}</p>}
    </div>
  );
}

function Acts() {
  const m = words.value;
  const held = memory.value;
  const home = homeOf(held);
  const [point, setPoint] = useState("");
  const [hint, setHint] = useState("");
  const tap = async (act: Act) => {
    if (act === "patrol" && !point.trim()) return setHint(m.pointNeeded);
    const kept = await checkIn(act, act === "patrol" ? point.trim().slice(0, 60) : "").catch(() => false);
    setHint(kept ? "" : m.full);
    if (kept && act === "patrol") setPoint("");
    if (kept) navigator.vibrate?.(30);
  };
  if (!home?.posts.length) return <p class="state waiting">{m.noPost}</p>;
  const button = (act: Act, look: string) => (
    <button type="button" class={look} onClick={() => void tap(act)}>
      {m.acts[act]}
    </button>
  );
  return (
    <section class="acts" aria-label={m.title}>
      <label>
        {m.onPost}
        <select
          value={held.post ? `${held.post.gateway} ${held.post.device}` : ""}
          onChange={(event) => {
            const [gateway = "", device = ""] = (event.currentTarget as HTMLSelectElement).value.split(" ");
            void choose(gateway, device);
          }}
        >
          {held.homes.flatMap((one) =>
            one.posts.map((post) => (
              <option key={`${post.gateway} ${post.device}`} value={`${post.gateway} ${post.device}`}>
                {[named(one), post.name || post.device, post.place].filter(Boolean).join(" · ")}
              </option>
            )),
          )}
        </select>
      </label>
      {button("in", "main")}
      <div class="pair">
        {button("here", "")}
        {button("answer", "")}
      </div>
      <label>
        {m.point}
        <span class="with-button">
          <input
            value={point}
            maxLength={60}
            autocomplete="off"
            onInput={(event) => setPoint((event.currentTarget as HTMLInputElement).value)}
          />
          {button("patrol", "")}
        </span>
      </label>
      {button("out", "")}
      <p class="note strong" role="status">
        {hint}
      </p>
    </section>
  );
}

function Records() {
  const m = words.value;
  const held = memory.value;
  const own = mine(held);
  const [failed, setFailed] = useState("");
  const skew = held.skew;
  const off =
    skew === null
      ? m.skewUnknown
      : Math.abs(skew) < 2_000
        ? m.skewNone
        : m.skew((skew > 0 ? m.ahead : m.behind)(m.seconds(Math.round(Math.abs(skew) / 1000))));
  return (
    <section class="records" aria-labelledby="records-title">
      <h2 id="records-title">{m.records}</h2>
      <p class={skew !== null && Math.abs(skew) >= 60_000 ? "note strong" : "note"}>{off}</p>
      {!own.length && !held.done.length && <p class="note">{m.none}</p>}
      <ul>
        {[...own].reverse().map((item) => (
          <li key={item.id} class="queued">
            <b>{moment(item.t)}</b> {m.acts[item.act]} {item.point}
            <span class="tag">○ {m.state.waiting}</span>
          </li>
        ))}
        {held.done.map((one) => (
          <li key={one.id} class={one.status}>
            <b>{moment(one.t)}</b> {m.acts[one.act]}
            <span class="tag">
              {one.status === "accepted" ? "✓" : "✕"} {m.state[one.status]}
            </span>
            <small>
              {one.status === "accepted" ? m.received(clock(one.rx)) : (m.why[one.reason] ?? one.reason)}
              {one.late && <em> ▲ {m.late}</em>}
            </small>
          </li>
        ))}
      </ul>
      <p>
        <button
          type="button"
          class="link"
          onClick={() =>
            void logout().then(
              (gone) => setFailed(gone ? "" : m.login.outBlocked),
              () => setFailed(m.why["network"]!),
            )
          }
        >
          {m.login.out}
          {person.value ? ` (${person.value.name})` : ""}
        </button>
      </p>
      <p class="note strong" role="status">
        {failed}
      </p>
    </section>
  );
}

function SignIn() {
  const m = words.value;
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setFailure("");
    try {
      await login(String(form.get("username")).trim(), String(form.get("password")));
    } catch (error) {
      if (error instanceof NoGuard) setFailure(m.login.guardOnly);
      else {
        const code = error instanceof Failure ? error.code : "unavailable";
        const known = { bad_credentials: m.login.wrong, locked_out: m.login.locked }[code];
        setFailure(known ?? m.login.failed(m.why[code] ?? code));
      }
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Help />
      <Waiting />
      <form class="login" onSubmit={(event) => void submit(event as unknown as SubmitEvent)}>
        <h2>{m.login.title}</h2>
        {expired.value && <p class="state waiting">{m.login.expired}</p>}
        <label>
          {m.login.username}
          <input name="username" autocomplete="username" autocapitalize="none" spellcheck={false} required />
        </label>
        <label>
          {m.login.password}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {failure && (
          <p class="state unsent" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" class="main" aria-busy={busy}>
          {busy ? m.login.busy : m.login.submit}
        </button>
      </form>
    </>
  );
}

function Limits() {
  const m = words.value;
  return (
    <aside class="limits" aria-label={m.limits}>
      <p class="note">{isSecureContext ? m.install : m.insecure}</p>
    </aside>
  );
}
