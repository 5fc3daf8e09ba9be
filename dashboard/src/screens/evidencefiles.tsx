/** What people add to the evidence and keep of it: attachments, and the hold that two people lift. */
import { useRef, useState } from "preact/hooks";
import type { AskHold, Evidence, EvidenceAttachment } from "../api.gen";
import { API, failureOf, post, query, upload } from "../client";
import { dateTime, measured } from "../format";
import { look, t } from "../i18n";
import { may, mayAct, me } from "../store/session";
import { Dialog } from "../ui/dialog";
import { FormEnd, TextField, WordsField } from "../ui/form";
import { Badge, Button } from "../ui/parts";
import { say } from "../ui/toast";

interface Props {
  evidence: Evidence;
  path: string;
  done: () => void;
}

const REASON_LEAST = 2;

/** Give the post of somebody who has done something here, else the name they sign in with. */
const nameOf = (evidence: Evidence, user: string): string =>
  evidence.entries.find((entry) => entry.by === user && entry.by_display)?.by_display ?? user;

function why(error: unknown): string {
  const m = t();
  const { code } = failureOf(error);
  return m.evidence.refused[code] ?? look(m.failure.codes, code);
}

export function HoldBar({ evidence, path, done }: Props) {
  const m = t();
  const [asking, setAsking] = useState<AskHold["move"] | null>(null);
  const { hold } = evidence;
  if (!hold && !evidence.may.includes("hold")) return null;
  return (
    <div class={hold ? "block holdbar held" : "holdask"}>
      {hold && (
        <span>
          <Badge kind="held">{m.evidence.held}</Badge> {hold.reason}{" "}
          <span class="dim">{m.evidence.heldBy(nameOf(evidence, hold.placed_by), dateTime(hold.placed_at))}</span>
          {hold.asked_by && (
            <>
              <br />
              <b>{m.evidence.liftAsked(nameOf(evidence, hold.asked_by))}</b> {hold.asked_why}
            </>
          )}
        </span>
      )}
      {hold && <span class="stretch" />}
      {evidence.may.includes("hold") && (
        <Button class="small" onClick={() => setAsking("place")}>
          {m.evidence.hold}
        </Button>
      )}
      {evidence.may.includes("ask_lift") && (
        <Button class="small" onClick={() => setAsking("ask_lift")}>
          {m.evidence.askLift}
        </Button>
      )}
      {evidence.may.includes("lift") && (
        <>
          <Button class="small" onClick={() => setAsking("refuse_lift")}>
            {m.evidence.refuseLift}
          </Button>
          <Button class="small" look="danger" onClick={() => setAsking("lift")}>
            {m.evidence.lift}
          </Button>
        </>
      )}
      {asking && (
        <ReasonDialog
          title={
            {
              place: m.evidence.holdTitle,
              ask_lift: m.evidence.askLift,
              lift: m.evidence.lift,
              refuse_lift: m.evidence.refuseLift,
            }[asking]
          }
          hint={asking === "place" ? m.evidence.holdHint : asking === "ask_lift" ? m.evidence.askLiftHint : ""}
          send={(reason) => post(`${path}/hold`, { body: { move: asking, reason } })}
          done={done}
          close={() => setAsking(null)}
        />
      )}
    </div>
  );
}

function ReasonDialog({
  title,
  hint,
  send,
  done,
  close,
}: {
  title: string;
  hint: string;
  send: (reason: string) => Promise<unknown>;
  done: () => void;
  close: () => void;
}) {
  const m = t();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (reason.trim().length < REASON_LEAST) return setProblem(m.evidence.reasonNeeded);
    try {
      await send(reason.trim().slice(0, 500));
      say("plain", m.evidence.done);
      done();
      close();
    } catch (error) {
      setProblem(why(error));
    }
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={(event) => void submit(event)} class="actform">
        {hint && <p class="dim">{hint}</p>}
        <WordsField label={m.evidence.reason} value={reason} set={setReason} first />
        <FormEnd problem={problem} close={close} text={m.common.confirm} />
      </form>
    </Dialog>
  );
}

export function Attachments({ evidence, path, done }: Props) {
  const m = t();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string | null>(null);
  return (
    <section class="block">
      <h3>
        {m.evidence.files} <small>{evidence.attachments.length}</small>
        {evidence.may.includes("attach") && (
          <Button class="small" onClick={() => setAdding(true)}>
            {m.evidence.attach}
          </Button>
        )}
      </h3>
      {evidence.attachments.length === 0 && <p class="dim">{m.evidence.noFiles}</p>}
      <ul class="attachments">
        {evidence.attachments.map((file) => (
          <File
            key={file.id}
            file={file}
            address={`${API}${path}/attachments/${file.id}`}
            remove={mayRemove(evidence, file) ? () => setRemoving(file.id) : null}
          />
        ))}
      </ul>
      {adding && <AttachDialog path={path} done={done} close={() => setAdding(false)} />}
      {removing && (
        <ReasonDialog
          title={m.evidence.remove}
          hint={m.evidence.removeHint}
          send={(reason) => post(`${path}/attachments/${removing}/remove`, { body: { reason } })}
          done={done}
          close={() => setRemoving(null)}
        />
      )}
    </section>
  );
}

const mayRemove = (evidence: Evidence, file: EvidenceAttachment): boolean =>
  evidence.may.includes("remove") &&
  !file.removed_at &&
  mayAct("note") &&
  (file.by === me.value?.name || may("hold_evidence"));

function File({ file, address, remove }: { file: EvidenceAttachment; address: string; remove: (() => void) | null }) {
  const m = t();
  const gone = file.removed_at !== null || file.expired;
  const size = file.bytes / 1024;
  return (
    <li class={gone ? "gone" : ""}>
      <Badge kind="plain">{look(m.evidence.fileKinds, file.kind)}</Badge>
      <span class="about">
        <b>{file.name}</b>{" "}
        <span class="dim small">
          {size < 1024
            ? m.evidence.kilobytes(measured(Math.ceil(size)))
            : m.evidence.megabytes((size / 1024).toFixed(1))}
        </span>
        {file.note && <span class="note">{file.note}</span>}
        {file.removed_at !== null && <span class="warn">{m.evidence.removed(file.removed_by, file.removed_why)}</span>}
        {file.expired && <span class="warn">{m.evidence.expired}</span>}
        <span class="dim small">
          {file.by_display || file.by} · {dateTime(file.at)} ·{" "}
          <span class="id">SHA-256 {file.sha256.slice(0, 16)}…</span>
        </span>
      </span>
      {!gone && (
        <a class="button plain small" href={address} download>
          {m.evidence.download}
        </a>
      )}
      {remove && (
        <Button class="small" look="quiet" onClick={remove}>
          {m.evidence.remove}
        </Button>
      )}
    </li>
  );
}

function AttachDialog({ path, done, close }: { path: string; done: () => void; close: () => void }) {
  const m = t();
  const input = useRef<HTMLInputElement>(null);
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const file = input.current?.files?.[0];
    if (!file) return setProblem(m.evidence.fileNeeded);
    setBusy(true);
    try {
      const name = file.name.slice(-120) || "file";
      await upload<EvidenceAttachment>(`${path}/attachments${query({ name, note: note.trim() })}`, file);
      say("plain", m.evidence.attached);
      done();
      close();
    } catch (error) {
      setProblem(why(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={m.evidence.attach} close={close}>
      <form onSubmit={(event) => void submit(event)} class="actform">
        <p class="dim">{m.evidence.attachHint}</p>
        <label class="field">
          {m.evidence.file}
          <input
            ref={input}
            data-first
            type="file"
            accept="image/*,application/pdf,audio/*,video/*,text/plain"
            onChange={() => setProblem("")}
          />
        </label>
        <TextField label={m.evidence.note} value={note} most={500} hint={m.evidence.noteHint} set={setNote} />
        <FormEnd problem={problem} close={close} text={busy ? m.evidence.uploading : m.evidence.upload} busy={busy} />
      </form>
    </Dialog>
  );
}
