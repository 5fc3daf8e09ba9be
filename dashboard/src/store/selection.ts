/** Which alert the detail pane shows; it follows the alert, never the line it happened to stand on. */
import { signal } from "@preact/signals";

export const selected = signal<string | null>(null);
export const select = (id: string | null): void => void (selected.value = id);
