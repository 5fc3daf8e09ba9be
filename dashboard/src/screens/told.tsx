/** One due step of a notification: who, by which ways, with which receipts; and all of one alert. */
import type { NotificationDue, NotificationMessage, Notifications } from "../api.gen";
import { when } from "../format";
import { look, t } from "../i18n";
import { channelName, useChannelNames } from "../store/channels";
import { now } from "../store/feed";
import { may } from "../store/session";
import { Badge, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import "../style/told.css";

const KINDS: Record<string, string> = { told: "plain", dead: "unreached", stopped: "plain", open: "trying" };

export function DueState({ due }: { due: NotificationDue }) {
  const m = t().told;
  return (
    <>
      <Badge kind={KINDS[due.state] ?? "plain"}>{look(m.state, due.state)}</Badge>
      {due.why && <small class="dim"> {look(m.why, due.why)}</small>}
    </>
  );
}

export function Ways({ due }: { due: NotificationDue }) {
  const m = t().told;
  if (due.messages.length === 0) return null;
  return (
    <details class="ways">
      <summary>
        {due.messages.map((one) => (
          <span key={one.id} class={`way ${one.state}`}>
            {channelName(one.channel)} <b>{look(m.sent, one.state)}</b>
          </span>
        ))}
      </summary>
      {due.messages.map((one) => (
        <Message key={one.id} one={one} />
      ))}
      <ol class="hops small" aria-label={m.hops}>
        {due.hops.map((hop, ix) => (
          <li key={ix}>
            <time>{when(hop.at, now.peek())}</time> {channelName(hop.channel)}{" "}
            {look(m.what, hop.what) === hop.what ? look(m.sent, hop.what) : look(m.what, hop.what)}{" "}
            <span class="dim">
              {look(m.why, hop.detail)} {hop.reference}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Message({ one }: { one: NotificationMessage }) {
  return (
    <p class="words small">
      <span class="dim">
        {channelName(one.channel)} {one.address} · {t().told.tries(one.tries)}
      </span>
      <br />
      {one.body}
    </p>
  );
}

/** Beside an alert: whom it told. */
export function ToldOf({ id, version }: { id: string; version: number }) {
  const m = t();
  const { data, failure, reload } = useResource<Notifications>(
    may("notified") ? `/alerts/${encodeURIComponent(id)}/notifications` : null,
    version,
  );
  useChannelNames();
  if (!may("notified")) return null;
  return (
    <section class="block">
      <h3>{m.told.ofAlert}</h3>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data?.items.length === 0 && <p class="dim">{m.told.none}</p>}
      <ul class="toldlist">
        {data?.items.map((due) => (
          <li key={due.id}>
            <span>
              {m.told.step(due.step + 1, look(m.escalation.audience, due.audience))}
              {due.ring > 1 && <small class="dim"> {m.told.again(due.ring)}</small>}
            </span>{" "}
            <DueState due={due} />
            <Ways due={due} />
          </li>
        ))}
      </ul>
    </section>
  );
}
