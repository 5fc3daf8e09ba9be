/** Asks for a test or drill, or declares one: which school, which of its buttons, from when and for how long. */
import { useState } from "preact/hooks";
import type { AskWindow, DeviceView, SchoolPage, WindowView } from "../api.gen";
import { failureOf, post, uuid } from "../client";
import { day, hourMinute } from "../format";
import { look, t } from "../i18n";
import { now, picture } from "../store/feed";
import { may, me } from "../store/session";
import { schoolNameOf } from "../store/words";
import { Dialog } from "../ui/dialog";
import { FormEnd, TextField } from "../ui/form";
import { Choice, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { say } from "../ui/toast";

const MINUTES_MOST = 120;
const SOON_MS = 5 * 60_000; // When it begins unless somebody says otherwise: time to walk to the button.
const MATCHES = 30;
const PRESSED = ["alarm_button", "alarm_host"];

type Mode = AskWindow["mode"];

/** An instant as the field has it, in Asia/Shanghai whatever zone the browser is in, and back. */
const toField = (ms: number): string => `${day(ms)}T${hourMinute(ms)}`;
const fromField = (text: string): number => Date.parse(`${text}:00+08:00`);

export function WindowDialog({ done, close }: { done: () => void; close: () => void }) {
  const m = t();
  const own = me.value?.scope.kind === "school" ? me.value.scope.id : "";
  const [school, setSchool] = useState(own);
  const [mode, setMode] = useState<Mode>("test");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [start, setStart] = useState(() => toField(Math.ceil((now.peek() + SOON_MS) / 60_000) * 60_000));
  const [minutes, setMinutes] = useState(30);
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [id] = useState(uuid); // Sent again over a bad line it stays one.
  const page = useResource<SchoolPage>(school ? `/schools/${encodeURIComponent(school)}` : null);
  const buttons = (page.data?.devices ?? []).filter((one) => PRESSED.includes(one.kind));
  const pick = (next: string) => (setSchool(next), setChosen(new Set()), setProblem(""));
  const toggle = (key: string) => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    setChosen(next);
    setProblem("");
  };
  const fault = (): string => {
    if (!school) return m.drills.schoolNeeded;
    if (chosen.size === 0) return m.drills.buttonNeeded;
    if (Number.isNaN(fromField(start))) return m.drills.startNeeded;
    return minutes >= 1 && minutes <= MINUTES_MOST ? "" : m.drills.minutesNeeded(MINUTES_MOST);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const wrong = fault();
    if (wrong) return setProblem(wrong);
    setBusy(true);
    const from = fromField(start);
    const devices = buttons
      .filter((one) => chosen.has(keyOf(one)))
      .map((one) => [one.gateway, one.id] as [string, string]);
    const body: AskWindow = { id, mode, school, devices, start: from, end: from + minutes * 60_000, note: note.trim() };
    try {
      const made = await post<WindowView>("/windows", { body });
      say("note", made.state === "asked" ? m.drills.asked : m.drills.declared);
      done();
    } catch (error) {
      const failure = failureOf(error);
      setBusy(false);
      setProblem(failure.code === "illegal_move" ? m.drills.overlaps : look(m.failure.codes, failure.code));
    }
  };
  const declares = may("declare");
  return (
    <Dialog title={declares ? m.drills.declare : m.drills.ask} close={close} wide>
      <form class="drillform" onSubmit={submit}>
        <p class="dim">{declares ? m.drills.declareHint : m.drills.askHint}</p>
        <Choice
          label={m.drills.mode}
          value={mode}
          options={(["test", "drill"] as const).map((value) => ({ value, text: look(m.drills.modes, value) }))}
          pick={setMode}
        />
        {own ? (
          <p>
            {m.drills.school} <b>{schoolNameOf(own)}</b>
          </p>
        ) : (
          <SchoolPick school={school} pick={pick} />
        )}
        {school && !page.data && !page.failure && <Waiting />}
        {page.data && (
          <fieldset class="picks">
            <legend>{m.drills.buttons(chosen.size)}</legend>
            {buttons.length === 0 && <p class="dim">{m.proof.none}</p>}
            {buttons.map((one) => (
              <label key={keyOf(one)} class="check">
                <input type="checkbox" checked={chosen.has(keyOf(one))} onChange={() => toggle(keyOf(one))} />
                {one.name || one.id} <span class="dim">{one.place}</span>
              </label>
            ))}
            <p class="dim small">{m.windows.others}</p>
          </fieldset>
        )}
        <div class="row">
          <label class="field">
            {m.drills.start}
            <input type="datetime-local" value={start} onInput={(event) => setStart(event.currentTarget.value)} />
          </label>
          <label class="field">
            {m.drills.minutes}
            <input
              type="number"
              min={1}
              max={MINUTES_MOST}
              value={minutes}
              onInput={(event) => setMinutes(Number(event.currentTarget.value))}
            />
          </label>
        </div>
        <TextField label={m.drills.note} value={note} most={500} hint={m.drills.noteHint} set={setNote} />
        <FormEnd
          problem={problem}
          close={close}
          text={declares ? m.drills.declare : m.drills.ask}
          busy={busy}
          disabled={busy}
        />
      </form>
    </Dialog>
  );
}

const keyOf = (device: DeviceView): string => `${device.gateway}/${device.id}`;

/** Finds a school by its name: typed, then chosen from the few that match. */
function SchoolPick({ school, pick }: { school: string; pick: (id: string) => void }) {
  const m = t();
  const [words, setWords] = useState("");
  const held = picture.value;
  const matches = (held?.schools.id ?? []).filter(
    (id) => schoolNameOf(id).includes(words.trim()) || id.startsWith(words.trim()),
  );
  return (
    <div class="row">
      <label class="field">
        {m.drills.find}
        <input
          data-first
          value={words}
          placeholder={m.drills.findHint}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        {m.drills.school}
        <select value={school} onChange={(event) => pick(event.currentTarget.value)}>
          <option value="">{m.drills.choose(matches.length)}</option>
          {[...new Set([...(school ? [school] : []), ...matches.slice(0, MATCHES)])].map((id) => (
            <option key={id} value={id}>
              {schoolNameOf(id)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
