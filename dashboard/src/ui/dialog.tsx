/** A modal window: focus goes in, stays in, and comes back. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";

const FOCUSABLE = "button:not([disabled]), input, select, textarea, a[href], [tabindex='0']";

export function Dialog({
  title,
  close,
  children,
  wide = false,
}: {
  title: ComponentChildren;
  close: () => void;
  children: ComponentChildren;
  wide?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const first =
      box.current?.querySelector<HTMLElement>("[data-first]") ?? box.current?.querySelector<HTMLElement>(FOCUSABLE);
    first?.focus();
    return () => before?.focus?.();
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation(); // The list behind must not hear what is typed here.
    if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
    if (event.key !== "Tab") return;
    const stops = [...(box.current?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])];
    const first = stops[0];
    const last = stops[stops.length - 1];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last?.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first?.focus();
    }
  };
  return (
    <div class="veil" onPointerDown={(event) => event.target === event.currentTarget && close()}>
      <div
        ref={box}
        class={`dialog ${wide ? "wide" : ""}`}
        role="dialog"
        aria-modal="true"
        aria-labelledby="dialog-title"
        onKeyDown={onKeyDown}
      >
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="icon" aria-label={t().common.close} onClick={close}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </div>
  );
}
