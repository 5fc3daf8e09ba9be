/** What forms are built of: a line to write in, evidence with its digest, and the end of a form with its fault. */
import { t } from "../i18n";
import { Button } from "./parts";

const DIGEST = /^[0-9a-f]{64}$/;

interface TextProps {
  label: string;
  value: string;
  set: (value: string) => void;
  most: number;
  hint?: string;
  first?: boolean; // Where the cursor stands when the form opens.
  code?: boolean; // Is read sign by sign, so it is set in the type of codes.
}

export function TextField({ label, value, set, most, hint = "", first = false, code = false }: TextProps) {
  return (
    <label class="field">
      {label}
      <input
        {...(first ? { "data-first": true } : {})}
        {...(code ? { class: "id" } : {})}
        value={value}
        maxLength={most}
        placeholder={hint}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}

export function WordsField({ label, value, set, hint = "", first = false }: Omit<TextProps, "most" | "code">) {
  return (
    <label class="field">
      {label}
      <textarea
        {...(first ? { "data-first": true } : {})}
        rows={3}
        maxLength={1000}
        value={value}
        placeholder={hint}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}

/** A paper or photo: where it lies, and its digest, by which nobody can exchange it. */
export interface Evidence {
  reference: string;
  digest: string;
}
export const NO_EVIDENCE: Evidence = { reference: "", digest: "" };

/** Say what is wrong with evidence, if anything. A digest alone proves nothing. */
export function evidenceFault({ reference, digest }: Evidence, needed: boolean): string {
  const m = t();
  if ((needed || digest) && !reference.trim()) return m.gap.evidenceNeeded;
  return digest && !DIGEST.test(digest) ? m.gap.digestWrong : "";
}

/** What a request carries of it. */
export const evidenceOf = ({ reference, digest }: Evidence): { reference: string; sha256: string }[] =>
  reference.trim() ? [{ reference: reference.trim(), sha256: digest }] : [];

export function EvidenceFields({
  value,
  set,
  first = false,
}: {
  value: Evidence;
  set: (value: Evidence) => void;
  first?: boolean;
}) {
  const m = t();
  return (
    <>
      <TextField
        label={m.gap.evidence}
        value={value.reference}
        most={200}
        hint={m.gap.evidenceHint}
        first={first}
        set={(reference) => set({ ...value, reference })}
      />
      <TextField
        label={m.gap.digest}
        value={value.digest}
        most={64}
        hint={m.gap.digestHint}
        code
        set={(digest) => set({ ...value, digest: digest.trim().toLowerCase() })}
      />
    </>
  );
}

/** The end of a form: what is wrong with it, the way out, and the button that sends it. */
export function FormEnd({
  problem = "",
  close,
  text,
  look = "primary",
  busy = false,
  disabled = false,
}: {
  problem?: string;
  close: () => void;
  text: string;
  look?: "primary" | "danger";
  busy?: boolean;
  disabled?: boolean;
}) {
  return (
    <>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="row end">
        <Button onClick={close}>{t().common.cancel}</Button>
        <Button look={look} type="submit" busy={busy} disabled={disabled}>
          {text}
        </Button>
      </div>
    </>
  );
}
