/** Putting a fault aside for some hours, with a reason, and giving it back. */
import { useState } from "preact/hooks";
import type { Alert, AlertDetail } from "../api.gen";
import { failureOf, post, uuid } from "../client";
import { look, t } from "../i18n";
import { now, takeAlert } from "../store/feed";
import { schoolName, whatOf } from "../store/words";
import { Dialog } from "../ui/dialog";
import { FormEnd, WordsField } from "../ui/form";
import { Button, Choice, Severity } from "../ui/parts";
import { say } from "../ui/toast";

const HOURS = ["0.5", "1", "4", "8", "24"] as const;
const HOUR_MS = 3_600_000;

export function Shelf({ alert }: { alert: Alert }) {
  const m = t();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button onClick={() => setAsking(true)}>{alert.held_until === null ? m.noise.shelve : m.noise.unshelve}</Button>
      {asking && <ShelfDialog alert={alert} close={() => setAsking(false)} />}
    </>
  );
}

function ShelfDialog({ alert, close }: { alert: Alert; close: () => void }) {
  const m = t();
  const back = alert.held_until !== null;
  const [hours, setHours] = useState<(typeof HOURS)[number]>("1");
  const [whole, setWhole] = useState(false);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (reason.trim().length < 2) return setProblem(m.noise.reasonNeeded);
    const until = back ? null : Math.round(now.peek() + Number(hours) * HOUR_MS) - 1_000;
    try {
      const path = `/alerts/${encodeURIComponent(alert.id)}/shelf`;
      takeAlert(await post<AlertDetail>(path, { body: { until, reason: reason.trim(), whole }, key: uuid() }));
      close();
      say("plain", back ? (m.did["unshelved"] ?? "") : (m.did["shelved"] ?? ""));
    } catch (error) {
      setProblem(look(m.failure.codes, failureOf(error).code));
    }
  };
  return (
    <Dialog title={back ? m.noise.unshelve : m.noise.shelveTitle} close={close}>
      <form onSubmit={submit} class="actform">
        <p class="subject">
          <Severity level={alert.sev} /> <b>{schoolName(alert)}</b> {whatOf(alert)} {alert.place}
        </p>
        {!back && (
          <>
            <p class="dim">{m.noise.shelveHint}</p>
            <Choice
              label={m.noise.shelveFor}
              value={hours}
              options={HOURS.map((value) => ({ value, text: m.noise.hours(Number(value)) }))}
              pick={setHours}
            />
            <label class="check">
              <input type="checkbox" checked={whole} onChange={(event) => setWhole(event.currentTarget.checked)} />
              {m.noise.whole}
            </label>
          </>
        )}
        <WordsField
          label={m.noise.reason}
          value={reason}
          set={(value) => (setReason(value), setProblem(""))}
          hint=""
          first
        />
        <FormEnd problem={problem} close={close} text={back ? m.noise.unshelve : m.noise.shelve} look="primary" />
      </form>
    </Dialog>
  );
}
