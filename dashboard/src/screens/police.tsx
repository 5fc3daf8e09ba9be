/** What the police's own systems say of an alert. It stands beside what people do here, and moves nothing of it. */
import type { Alert, PoliceMessage, PoliceMessages, PoliceReceiptView } from "../api.gen";
import { when } from "../format";
import { look, t } from "../i18n";
import { now, second } from "../store/feed";
import { isOpen } from "../store/picture";
import { Badge, Trouble } from "../ui/parts";
import { useResource } from "../ui/resource";

const AGAIN_MS = 10_000; // A receipt changes no alert, so none says that there is a new one.
const APART_MS = 5_000; // From here on their clock and ours are both shown.

export function Police({ alert }: { alert: Alert }) {
  const m = t();
  const turn = isOpen(alert) ? Math.floor(second.value / AGAIN_MS) : 0;
  const path = `/alerts/${encodeURIComponent(alert.id)}/police`;
  const resource = useResource<PoliceMessages>(path, `${alert.ver} ${turn}`);
  const items = resource.data?.items ?? [];
  if (resource.failure) {
    return (
      <section class="block">
        <h3>{m.police.title}</h3>
        <Trouble failure={resource.failure} retry={resource.reload} />
      </section>
    );
  }
  if (items.length === 0) return null; // No system of the police is linked, or it was not told.
  return (
    <section class="block police">
      <h3>{m.police.title}</h3>
      <p class="dim small">{m.police.apart}</p>
      {items.map((item) => (
        <Link key={item.message} item={item} />
      ))}
    </section>
  );
}

function Link({ item }: { item: PoliceMessage }) {
  const m = t();
  return (
    <div class={`link ${item.state}`}>
      <p>
        <b>{item.channel_label}</b>{" "}
        <Badge kind={item.state === "rejected" ? "bad" : "plain"}>{look(m.police.state, item.state)}</Badge>
      </p>
      <ol class="history">
        {item.receipts
          .slice()
          .reverse()
          .map((one, ix) => (
            <Receipt key={`${one.rx} ${one.state} ${ix}`} one={one} />
          ))}
      </ol>
    </div>
  );
}

function Receipt({ one }: { one: PoliceReceiptView }) {
  const m = t();
  const words = [
    one.effect === "moved" ? "" : m.police.effect[one.effect],
    Math.abs(one.rx - one.at) >= APART_MS ? m.police.came(when(one.rx, now.peek())) : "",
    one.reference ? m.police.number(one.reference) : "",
    one.reason,
  ];
  return (
    <li class={one.effect === "moved" ? "" : "dim"}>
      <time>{when(one.at, now.peek())}</time>
      <b>{look(m.police.state, one.state)}</b>
      <span class="by">{one.by}</span>
      <span class="words">{words.filter(Boolean).join(" · ")}</span>
    </li>
  );
}
