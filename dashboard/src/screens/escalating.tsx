/** What an alert's chain has done and will do, and who has to agree before it is closed as not real. */
import type { Alert, AlertDetail } from "../api.gen";
import { span } from "../format";
import { look, t } from "../i18n";
import { href } from "../route";
import { second } from "../store/feed";
import { isOpen, isUnacked } from "../store/picture";
import { may, me } from "../store/session";
import { unitName } from "../store/words";

/** A length of time that people set: in its largest whole unit. */
export function lasting(seconds: number): string {
  const m = t();
  if (seconds % 86_400 === 0) return m.escalation.days(seconds / 86_400);
  if (seconds % 3_600 === 0) return m.escalation.hours(seconds / 3_600);
  return seconds % 60 === 0 ? m.escalation.minutes(seconds / 60) : m.escalation.seconds(seconds);
}

/** A press that a second signal confirmed is closed as false by two people: says who asked, and what the other must do. */
export function TwoPeople({ alert }: { alert: Alert }) {
  const m = t();
  if (!alert.confirmed || !isOpen(alert)) return null;
  const cause = look(m.cause, alert.proposed_cause);
  const mine = alert.proposed_by === me.value?.display;
  return (
    <p class="twopeople" role="note">
      {!alert.proposed_by
        ? m.escalation.confirmedNote
        : mine
          ? m.escalation.proposedMine(cause)
          : m.escalation.proposed(alert.proposed_by, cause)}
    </p>
  );
}

export function Chain({ alert, detail }: { alert: Alert; detail: AlertDetail }) {
  const m = t();
  const at = second.value;
  const { plan } = detail;
  const due = alert.next_escalation_at;
  const waits = plan.hops[alert.escalation]?.after_s ?? 0;
  return (
    <section class="block chain">
      <h3>
        {m.escalation.chain}{" "}
        <small>
          {plan.unit
            ? m.escalation.byUnit(unitName(plan.unit), plan.name)
            : `${m.escalation.builtIn} · ${look(m.escalation.names, plan.name)}`}
        </small>
        {may("ledger") && (
          <a class="small" href={href("escalation")}>
            {m.escalation.all}
          </a>
        )}
      </h3>
      <ol class="hops">
        {plan.hops.map((hop, ix) => {
          const told = ix <= alert.escalation;
          const left =
            due === null ? null : due + (hop.after_s - (plan.hops[alert.escalation + 1]?.after_s ?? waits)) * 1000 - at;
          return (
            <li key={hop.after_s} class={told ? "told" : ix === alert.escalation + 1 && left !== null ? "next" : ""}>
              <span class="when">{hop.after_s === 0 ? m.escalation.atOnce : lasting(hop.after_s)}</span>
              <span class="who">
                {hop.audiences.map((one) => look(m.escalation.audience, one)).join(m.escalation.comma)}
              </span>
              <span class="how">
                {told
                  ? m.escalation.done
                  : left === null
                    ? ""
                    : left > 0
                      ? m.escalation.next(span(left))
                      : m.escalation.due}
              </span>
            </li>
          );
        })}
      </ol>
      {!isUnacked(alert) && due === null && alert.escalation + 1 < plan.hops.length && (
        <p class="dim small">{m.escalation.resting}</p>
      )}
    </section>
  );
}
