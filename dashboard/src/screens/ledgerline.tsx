/** One line of the registry: the form made from its sheet's columns, taking it out, and its history. */
import { useState } from "preact/hooks";
import type { ColumnView, EditAnswer, FaultView, LineChange, LineHistory, LineView, SheetView } from "../api.gen";
import { failureOf, post } from "../client";
import { dateTime } from "../format";
import { labelled, look, t } from "../i18n";
import { language } from "../preferences";
import { Dialog } from "../ui/dialog";
import { FormEnd } from "../ui/form";
import { Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { say } from "../ui/toast";
import { homeName, shown } from "./ledger";

const MASK = "***";
type CellValue = LineView["values"][string];

export const faultWords = (fault: FaultView): string => (language.value === "zh" ? fault.words : fault.words_en);
export const faultLabel = (fault: FaultView): string => (language.value === "zh" ? fault.label : fault.label_en);

/** Send an edit; says what came of it and gives the faults that kept it from being done. */
export function useEdit(path: string, done: () => void) {
  const m = t();
  const [faults, setFaults] = useState<FaultView[]>([]);
  const [busy, setBusy] = useState(false);
  const send = async (body: unknown) => {
    setBusy(true);
    try {
      const answer = await post<EditAnswer>(path, { body });
      setFaults(answer.faults);
      if (answer.done) {
        say("plain", answer.changed ? m.ledger.saved : m.ledger.unchanged);
        done();
      }
    } catch (error) {
      const failure = failureOf(error);
      say("bad", m.ledger.notSaved, `${look(m.failure.codes, failure.code)} ${failure.detail}`.trim());
    } finally {
      setBusy(false);
    }
  };
  return { faults, busy, send };
}

export function LineDialog({
  sheet,
  line,
  close,
  done,
}: {
  sheet: SheetView;
  line: LineView | null;
  close: () => void;
  done: () => void;
}) {
  const m = t();
  const [values, setValues] = useState<Record<string, CellValue>>(line ? { ...line.values } : {});
  const [reason, setReason] = useState("");
  const [effective, setEffective] = useState("");
  const edit = useEdit(`/sheets/${sheet.name}/lines`, done);
  const submit = (event: Event) => {
    event.preventDefault();
    const changed = Object.fromEntries(
      Object.entries(values).filter(([name, value]) => !line || value !== line.values[name]),
    );
    void edit.send({ values: changed, key: line ? line.key : null, reason, effective });
  };
  return (
    <Dialog title={line ? m.ledger.editTitle(labelled(sheet)) : m.ledger.addTitle(labelled(sheet))} close={close} wide>
      <form class="lineform" onSubmit={submit} noValidate>
        <div class="fields">
          {sheet.columns.map((column, ix) => (
            <Field
              key={column.name}
              column={column}
              value={values[column.name] ?? null}
              locked={line !== null && column.key}
              first={ix === 0}
              faults={edit.faults.filter((one) => one.column === column.name)}
              set={(value) => setValues({ ...values, [column.name]: value })}
            />
          ))}
        </div>
        <Faults faults={edit.faults.filter((one) => !sheet.columns.some((column) => column.name === one.column))} />
        <Why reason={reason} setReason={setReason} effective={effective} setEffective={setEffective} />
        <FormEnd close={close} text={m.ledger.save} busy={edit.busy} disabled={!reason.trim()} />
      </form>
    </Dialog>
  );
}

function Field({
  column,
  value,
  locked,
  first,
  faults,
  set,
}: {
  column: ColumnView;
  value: CellValue;
  locked: boolean;
  first: boolean;
  faults: FaultView[];
  set: (value: CellValue) => void;
}) {
  const m = t();
  const note = language.value === "zh" ? column.note : column.note_en;
  const id = `field-${column.name}`;
  const shared = {
    id,
    disabled: locked,
    "aria-invalid": faults.length > 0,
    "aria-describedby": faults.length ? `${id}-fault` : undefined,
    ...(first && !locked ? { "data-first": true } : {}),
  };
  const text = value === null || value === undefined ? "" : Array.isArray(value) ? value.join("、") : String(value);
  return (
    <div class={`field ${faults.length ? "wrong" : ""}`}>
      <label for={id}>
        {labelled(column)}
        {column.needed && (
          <span class="needed" title={m.ledger.needed}>
            *
          </span>
        )}
        {column.personal && <span class="badge plain">{m.ledger.personal}</span>}
      </label>
      {column.kind === "choice" ? (
        <select {...shared} value={text} onChange={(event) => set(event.currentTarget.value)}>
          {!column.choices.some((one) => one.value === text) && <option value={text}>{text}</option>}
          {column.choices.map((one) => (
            <option key={one.value} value={one.value}>
              {labelled(one) || m.common.none}
            </option>
          ))}
        </select>
      ) : column.kind === "yes_no" ? (
        <select {...shared} value={text} onChange={(event) => set(event.currentTarget.value)}>
          {text === "" && <option value="" />}
          <option value="true">{m.common.yes}</option>
          <option value="false">{m.common.no}</option>
        </select>
      ) : column.kind === "date" && text !== MASK ? (
        <input {...shared} type="date" value={text} onInput={(event) => set(event.currentTarget.value)} />
      ) : (
        <input
          {...shared}
          type="text"
          maxLength={2000}
          value={text}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
      {note && <small class="dim">{note}</small>}
      {faults.map((fault) => (
        <small class="problem" role="alert" id={`${id}-fault`} key={fault.words}>
          {faultWords(fault)}
        </small>
      ))}
    </div>
  );
}

export function Faults({ faults }: { faults: FaultView[] }) {
  if (faults.length === 0) return null;
  return (
    <ul class="problem" role="alert">
      {faults.slice(0, 20).map((fault, ix) => (
        <li key={ix}>
          {faultLabel(fault)} {faultWords(fault)}
        </li>
      ))}
    </ul>
  );
}

/** Why an edit is made and since when it is so: every edit asks both. */
export function Why({
  reason,
  setReason,
  effective,
  setEffective,
}: {
  reason: string;
  setReason: (text: string) => void;
  effective: string;
  setEffective: (day: string) => void;
}) {
  const m = t();
  return (
    <div class="fields why">
      <label class="field">
        <span>
          {m.ledger.reason}
          <span class="needed">*</span>
        </span>
        <input
          type="text"
          maxLength={500}
          value={reason}
          placeholder={m.ledger.reasonHint}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        {m.ledger.effective}
        <input type="date" value={effective} onInput={(event) => setEffective(event.currentTarget.value)} />
        <small class="dim">{m.ledger.effectiveHint}</small>
      </label>
    </div>
  );
}

export function RetireDialog({
  sheet,
  line,
  close,
  done,
}: {
  sheet: SheetView;
  line: LineView;
  close: () => void;
  done: () => void;
}) {
  const m = t();
  const [reason, setReason] = useState("");
  const [effective, setEffective] = useState("");
  const edit = useEdit(`/sheets/${sheet.name}/retire`, done);
  return (
    <Dialog title={m.ledger.retireTitle(labelled(sheet))} close={close}>
      <form
        class="lineform"
        onSubmit={(event) => {
          event.preventDefault();
          void edit.send({ key: line.key, reason, effective });
        }}
      >
        <p>
          <b>{homeName(line)}</b> {line.key.join(" · ")}
        </p>
        <p class="dim">{m.ledger.retireHint}</p>
        <Faults faults={edit.faults} />
        <Why reason={reason} setReason={setReason} effective={effective} setEffective={setEffective} />
        <FormEnd close={close} text={m.ledger.retire} look="danger" busy={edit.busy} disabled={!reason.trim()} />
      </form>
    </Dialog>
  );
}

export function HistoryDialog({ sheet, line, close }: { sheet: SheetView; line: LineView; close: () => void }) {
  const m = t();
  const key = line.key.map((part) => `key=${encodeURIComponent(part)}`).join("&");
  const { data, failure, reload } = useResource<LineHistory>(`/sheets/${sheet.name}/history?${key}`);
  return (
    <Dialog title={m.ledger.historyTitle(labelled(sheet), line.key.join(" · "))} close={close} wide>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && (
        <ol class="changes">
          {data.items
            .map((change, ix) => <Change key={ix} sheet={sheet} change={change} before={data.items[ix - 1]} />)
            .reverse()}
        </ol>
      )}
    </Dialog>
  );
}

function Change({ sheet, change, before }: { sheet: SheetView; change: LineChange; before: LineChange | undefined }) {
  const m = t();
  const columns = sheet.columns.filter(
    (column) =>
      change.values &&
      JSON.stringify(change.values[column.name]) !== JSON.stringify(before?.values?.[column.name]) &&
      (before?.values || shown(column, change.values[column.name]) !== ""),
  );
  return (
    <li>
      <p class="row">
        <b>{!change.values ? m.ledger.retired : before?.values ? m.ledger.changed : m.ledger.added}</b>
        <span>{change.actor}</span>
        <time class="dim">{change.at > 0 ? dateTime(change.at) : m.ledger.ever}</time>
        <span class="dim">{change.effective ? m.ledger.since(change.effective) : m.ledger.ever}</span>
      </p>
      {change.reason && (
        <p>
          {m.ledger.reason}：{change.reason}
        </p>
      )}
      {columns.length > 0 && (
        <dl class="pairs">
          {columns.map((column) => (
            <>
              <dt>{labelled(column)}</dt>
              <dd>
                {before?.values && (
                  <>
                    <s class="dim">{shown(column, before.values[column.name]) || m.common.none}</s> →{" "}
                  </>
                )}
                {shown(column, change.values?.[column.name]) || m.common.none}
              </dd>
            </>
          ))}
        </dl>
      )}
    </li>
  );
}
