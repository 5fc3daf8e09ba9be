/** The start of a shift: the one gesture without which a browser stays mute, made into a test of the sound. */
import { useState } from "preact/hooks";
import { audio, startSound, testSound } from "../alarm/alarm";
import { look, named, t } from "../i18n";
import { language } from "../preferences";
import { me, startShift } from "../store/session";
import { Button } from "../ui/parts";
import { Crest } from "./crest";

export function Shift() {
  const m = t();
  const person = me.value;
  const [played, setPlayed] = useState(false);
  const [deaf, setDeaf] = useState(false);
  if (!person) return null;
  return (
    <main class="gate">
      <section class="card shift">
        <header>
          <Crest />
          <div>
            <h1>{m.shift.title}</h1>
            <p class="dim">{m.product(language.value === "zh" ? person.city : person.city_en)}</p>
          </div>
        </header>
        <p class="hello">{m.shift.hello(person.display)}</p>
        <dl class="pairs">
          <dt>{m.shift.role}</dt>
          <dd>{look(m.role, person.role)}</dd>
          <dt>{m.shift.scope}</dt>
          <dd>{named(person.scope)}</dd>
        </dl>
        <p>{m.shift.why}</p>
        {!played ? (
          <Button
            look="primary"
            class="wide tall"
            data-first
            onClick={() => {
              startSound();
              setPlayed(true);
            }}
          >
            {m.shift.start}
          </Button>
        ) : (
          <>
            <p class="note" role="status">
              {audio.value === "on" ? m.shift.playing : m.shift.blocked}
            </p>
            <div class="row">
              <Button look="primary" class="grow tall" onClick={() => startShift(true)}>
                {m.shift.heard}
              </Button>
              <Button class="tall" onClick={testSound}>
                {m.shift.again}
              </Button>
              <Button class="tall" onClick={() => setDeaf(true)} aria-expanded={deaf ? "true" : "false"}>
                {m.shift.notHeard}
              </Button>
            </div>
            {deaf && (
              <ul class="hints">
                {m.shift.help.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            )}
          </>
        )}
        <button type="button" class="quiet" onClick={() => startShift(false)}>
          {m.shift.silent}
        </button>
      </section>
    </main>
  );
}
