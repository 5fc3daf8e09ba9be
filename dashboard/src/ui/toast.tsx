/** Short messages at the lower edge: what an act came to. They stay long enough to read, and can be sent away. */
import { signal } from "@preact/signals";
import { t } from "../i18n";

export interface Toast {
  id: number;
  tone: "plain" | "bad" | "note";
  text: string;
  more?: string;
}

const STAY_MS = 8_000;
const SHOWN_MAX = 4;
let next = 1;
export const toasts = signal<Toast[]>([]);

export function say(tone: Toast["tone"], text: string, more?: string): void {
  const id = next++;
  toasts.value = [...toasts.value, { id, tone, text, ...(more ? { more } : {}) }].slice(-SHOWN_MAX);
  setTimeout(() => dismiss(id), tone === "bad" ? 2 * STAY_MS : STAY_MS);
}

const dismiss = (id: number) => (toasts.value = toasts.value.filter((toast) => toast.id !== id));

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.tone}`}>
          <span>
            <strong>{toast.text}</strong>
            {toast.more && <span class="dim"> {toast.more}</span>}
          </span>
          <button type="button" class="icon" aria-label={t().common.close} onClick={() => dismiss(toast.id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
