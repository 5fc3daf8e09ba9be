/** Signing in. Paste and password managers work; the error says what to do. */
import { useState } from "preact/hooks";
import { type Failure, failureOf } from "../client";
import { look, t } from "../i18n";
import { language } from "../preferences";
import { expired, login } from "../store/session";
import { Button } from "../ui/parts";
import { Crest } from "./crest";

const PLAIN = { type: "text" } as const;
const HIDDEN = { type: "password" } as const;

export function Login() {
  const m = t();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setFailure(null);
    try {
      await login(String(form.get("username")).trim(), String(form.get("password")));
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="gate">
      <section class="card login">
        <header>
          <Crest />
          <div>
            <h1>{m.productBare}</h1>
            <p class="dim">{m.login.lead}</p>
          </div>
        </header>
        <form onSubmit={(event) => void submit(event as unknown as SubmitEvent)}>
          <label>
            {m.login.username}
            <input
              name="username"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              autofocus
            />
          </label>
          <label>
            {m.login.password}
            <span class="with-button">
              <input name="password" {...(shown ? PLAIN : HIDDEN)} autocomplete="current-password" required />
              <button
                type="button"
                class="quiet"
                aria-pressed={shown ? "true" : "false"}
                onClick={() => setShown(!shown)}
              >
                {shown ? m.login.hide : m.login.show}
              </button>
            </span>
          </label>
          {expired.value && !failure && (
            <p class="problem" role="alert">
              {m.login.expired}
            </p>
          )}
          {failure && (
            <p class="problem" role="alert">
              {look(m.failure.codes, failure.code)}
              {failure.retryAfterSeconds > 0 && ` ${m.failure.retryAfter(Math.ceil(failure.retryAfterSeconds / 60))}`}
            </p>
          )}
          <Button look="primary" type="submit" busy={busy} class="wide">
            {busy ? m.login.busy : m.login.submit}
          </Button>
        </form>
        <footer>
          <p class="dim small">{m.login.mirror}</p>
          <button type="button" class="quiet" onClick={() => (language.value = language.value === "zh" ? "en" : "zh")}>
            {m.header.language}
          </button>
        </footer>
      </section>
    </main>
  );
}
