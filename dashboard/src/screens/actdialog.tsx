/** What a move needs to be told: the cause of an end, the words of a note. */
import { useState } from "preact/hooks";
import type { Act, Alert } from "../api.gen";
import { look, t } from "../i18n";
import { type Cause, FAULT_CAUSES, INCIDENT_CAUSES, needsCause } from "../store/acts";
import { isIncident } from "../store/order";
import { schoolName, whatOf } from "../store/words";
import { Dialog } from "../ui/dialog";
import { FormEnd, WordsField } from "../ui/form";
import { Severity } from "../ui/parts";
import { perform } from "./acting";

export interface Asking {
  act: Act;
  alerts: Alert[];
}

export function ActDialog({ asking, close }: { asking: Asking; close: () => void }) {
  const m = t();
  const { act, alerts } = asking;
  const first = alerts[0];
  const [cause, setCause] = useState<Cause | null>(null);
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState("");
  if (!first) return null;
  const causes = isIncident(first) ? INCIDENT_CAUSES : FAULT_CAUSES;
  const submit = (event: Event) => {
    event.preventDefault();
    if (needsCause(act) && !cause) return setProblem(m.detail.chooseCause);
    if (act === "note" && !note.trim()) return setProblem(m.detail.noteRequired);
    close();
    void perform(act, alerts, { ...(note.trim() ? { note: note.trim() } : {}), ...(cause ? { cause } : {}) });
  };
  return (
    <Dialog title={look(m.act, act)} close={close}>
      <form onSubmit={submit} class="actform">
        <p class="subject">
          <Severity level={first.sev} /> <b>{schoolName(first)}</b> {whatOf(first)} {first.place}
          {alerts.length > 1 && ` ${m.badge.times(alerts.length)}`}
        </p>
        {needsCause(act) && (
          <fieldset>
            <legend>{m.detail.cause}</legend>
            {causes.map((word, ix) => (
              <label key={word} class={`radio ${cause === word ? "on" : ""}`}>
                <input
                  type="radio"
                  name="cause"
                  value={word}
                  checked={cause === word}
                  {...(ix === 0 ? { "data-first": true } : {})}
                  onChange={() => (setCause(word), setProblem(""))}
                />
                {look(m.cause, word)}
              </label>
            ))}
          </fieldset>
        )}
        <WordsField
          label={m.detail.note}
          value={note}
          set={(value) => (setNote(value), setProblem(""))}
          hint={m.detail.noteHint}
          first={!needsCause(act)}
        />
        <FormEnd
          problem={problem}
          close={close}
          text={look(m.act, act)}
          look={first.sev === 1 && needsCause(act) ? "danger" : "primary"}
        />
      </form>
    </Dialog>
  );
}
