/** Which of the four doors is open: asking, login, start of shift, or the house itself. */
import { useEffect } from "preact/hooks";
import { Button, Waiting } from "./ui/parts";
import { t } from "./i18n";
import { Login } from "./screens/login";
import { Shell } from "./screens/shell";
import { Shift } from "./screens/shift";
import { startFeed, stopFeed } from "./store/feed";
import { enter, entry, me } from "./store/session";

export function App() {
  const person = me.value;
  const m = t();
  useEffect(() => {
    document.title = person ? m.product(person.city) : m.productBare;
  }, [person, m]);
  useEffect(() => {
    if (!person) return;
    startFeed(person.name); // Already during the sound test: a press in these seconds must not wait for a click.
    return stopFeed;
  }, [person?.name]);
  switch (entry.value) {
    case "asking":
      return <Waiting />;
    case "login":
      return <Login />;
    case "shift":
      return <Shift />;
    case "unreachable":
      return (
        <main class="gate">
          <section class="card" role="alert">
            <h1>{m.login.unreachable}</h1>
            <p>{m.login.unreachableHint}</p>
            <Button look="primary" onClick={() => void enter()}>
              {m.common.retry}
            </Button>
          </section>
        </main>
      );
    case "in":
      return <Shell />;
  }
}
