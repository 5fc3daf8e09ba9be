/** Asking for a move and saying what became of it, in words. */
import type { Act, Alert, AlertDetail } from "../api.gen";
import { clock } from "../format";
import { look, t } from "../i18n";
import { ask, pending, type Cause } from "../store/acts";
import { say } from "../ui/toast";

const AT_ONCE_MAX = 50; // Members of one group acknowledged by one key; more is a flood that needs a look.

/** Perform one act on one or several alerts, one after the other; says the first failure and goes on with the rest. */
export async function perform(
  act: Act,
  alerts: readonly Alert[],
  more: { note?: string; cause?: Cause } = {},
): Promise<boolean> {
  const m = t();
  let good = 0;
  let told = false;
  for (const alert of alerts.slice(0, AT_ONCE_MAX)) {
    if (pending.peek().has(alert.id)) continue; // A second press of the key while the first is under way.
    const outcome = await ask(alert, act, more);
    if (outcome.ok) {
      good += 1;
      continue;
    }
    if (told) continue;
    told = true;
    const { failure } = outcome;
    if (failure.code === "version_conflict" && failure.current)
      say("note", conflictText(failure.current), m.detail.conflictHint);
    else if (failure.code === "second_person_required") say("note", look(m.failure.codes, failure.code));
    else say("bad", m.detail.failed(look(m.act, act)), look(m.failure.codes, failure.code));
  }
  if (alerts.length > 1 && good > 0) say("plain", `${m.detail.done(look(m.act, act))} ×${good}`);
  return good === alerts.length;
}

/** Who was first: read from the history of what the server answered. */
export function conflictText(current: AlertDetail): string {
  const m = t();
  const moves = current.history.filter((step) => step.by);
  const last = moves[moves.length - 1];
  if (!last) return look(m.failure.codes, "version_conflict");
  return m.detail.conflict(last.by, clock(last.at), look(m.did, last.what));
}
