/** The small parts all screens are built of. */
import type { ComponentChildren, JSX } from "preact";
import type { Alert } from "../api.gen";
import type { Failure } from "../client";
import { look, t } from "../i18n";

const SHAPES: Record<number, string> = {
  1: "M8 1.5 15.2 14.500H.8z",
  2: "M8 .7 15.300 8 8 15.300.7 8z",
  3: "M2 2h12v12H2z",
  4: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
};

/** A severity's shape. The text beside it says the same; colour is only the third sign. */
export function Shape({ level, hollow = false }: { level: number; hollow?: boolean }) {
  return (
    <svg class={`shape s${level}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[level]} class={hollow ? "hollow" : ""} />
    </svg>
  );
}

export function Severity({ level, hollow = false, plus = false }: { level: number; hollow?: boolean; plus?: boolean }) {
  const m = t();
  return (
    <span class={`severity s${level}`}>
      <Shape level={level} hollow={hollow} />
      {m.severity[level]}
      {plus && m.escalation.plus}
    </span>
  );
}

export function Badge({ kind, title, children }: { kind: string; title?: string; children: ComponentChildren }) {
  return (
    <span class={`badge ${kind}`} title={title}>
      {children}
    </span>
  );
}

/** What sets an alert apart: test, drill, not yet stored, late. */
export function AlertBadges({ alert }: { alert: Alert }) {
  const m = t();
  return (
    <>
      {alert.mode !== "real" && <Badge kind={alert.mode}>{look(m.mode, alert.mode)}</Badge>}
      {alert.why_real && (
        <Badge kind="whyreal" title={look(m.windows.whyRealTitle, alert.why_real)}>
          {look(m.windows.whyReal, alert.why_real)}
        </Badge>
      )}
      {alert.confirmed && (
        <Badge kind="confirmed" title={m.escalation.confirmedTitle}>
          {m.escalation.confirmed}
        </Badge>
      )}
      {alert.ack_expired && (
        <Badge kind="expired" title={m.escalation.ackExpiredTitle}>
          {m.escalation.ackExpired}
        </Badge>
      )}
      {!alert.stored && (
        <Badge kind="provisional" title={m.badge.provisionalTitle}>
          {m.badge.provisional}
        </Badge>
      )}
      {alert.held && <Badge kind="plain">{look(m.noise.heldWord, alert.held)}</Badge>}
      {alert.late && (
        <Badge kind="late" title={m.badge.lateTitle}>
          {m.badge.late}
        </Badge>
      )}
    </>
  );
}

interface ButtonProps extends Omit<JSX.IntrinsicElements["button"], "loading" | "type" | "form" | "disabled" | "role"> {
  look?: "plain" | "primary" | "danger" | "quiet";
  hint?: string;
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  form?: string;
}

export function Button({ look = "plain", hint, busy, children, class: extra, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`button ${look} ${extra ?? ""}`}
      disabled={disabled ?? false}
      aria-disabled={busy ? "true" : undefined}
      aria-busy={busy ? "true" : undefined}
    >
      {children}
      {hint && (
        <kbd class="hint" aria-hidden="true">
          {hint}
        </kbd>
      )}
    </button>
  );
}

/** Something could not be fetched. It says so, says that this is not the same as "nothing there", and offers to try again. */
export function Trouble({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const m = t();
  return (
    <div class="trouble" role="alert">
      <strong>{m.failure.title}</strong>
      <p>
        {look(m.failure.codes, failure.code)}
        {failure.status ? ` · ${failure.status}` : ""}
      </p>
      <p class="dim">{m.failure.notEmpty}</p>
      {retry && (
        <Button look="primary" onClick={retry}>
          {m.common.retry}
        </Button>
      )}
    </div>
  );
}

export function Waiting({ text }: { text?: string }) {
  return (
    <div class="waiting" role="status">
      {text ?? t().common.loading}
    </div>
  );
}

export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {hint && <p class="dim">{hint}</p>}
      {children}
    </div>
  );
}

/** A choice of a few, as buttons that are pressed or not. */
export function Choice<T extends string>({
  label,
  options,
  value,
  pick,
}: {
  label: string;
  options: readonly { value: T; text: string }[];
  value: T;
  pick: (value: T) => void;
}) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          key={option.value}
          aria-pressed={option.value === value ? "true" : "false"}
          onClick={() => pick(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}

export function Liveness({ word }: { word: string }) {
  return (
    <span class={`liveness ${word}`}>
      <i class="lamp" aria-hidden="true" />
      {look(t().school.livenessOf, word)}
    </span>
  );
}
