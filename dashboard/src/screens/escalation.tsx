/** Every chain that may hold for the schools within reach: those of the ledger, then those that are built in. */
import type { AckView, ChainView, Escalations } from "../api.gen";
import { look, t } from "../i18n";
import { href } from "../route";
import { may } from "../store/session";
import { unitName } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { lasting } from "./escalating";
import { Badge, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

export function EscalationScreen() {
  const m = t();
  const { data, failure, reload } = useResource<Escalations>("/escalation");
  return (
    <div class="page escalations">
      <PageHead title={m.escalation.title} lead={m.escalation.lead}>
        <span class="stretch" />
        <a class="button plain" href={href("ledger/escalation")}>
          {may("edit_ledger") ? m.escalation.edit : m.escalation.inLedger}
        </a>
      </PageHead>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && (
        <>
          <div class="panel tablebox">
            <table class="gaps chains">
              <thead>
                <tr>
                  <th scope="col">{m.escalation.from}</th>
                  <th scope="col">{m.escalation.holds}</th>
                  <th scope="col">{m.escalation.steps}</th>
                  <th scope="col">{m.escalation.ack}</th>
                </tr>
              </thead>
              <tbody>
                {data.chains.map((chain) => (
                  <Row key={`${chain.unit} ${chain.name}`} chain={chain} />
                ))}
              </tbody>
            </table>
          </div>
          <p class="dim small">
            {m.escalation.pressNote} {m.escalation.silentNote}
          </p>
          <Acks acks={data.acks} />
        </>
      )}
    </div>
  );
}

function Row({ chain }: { chain: ChainView }) {
  const m = t();
  return (
    <tr class={chain.unit ? "" : "builtin"}>
      <th scope="row">
        {chain.unit ? unitName(chain.unit) : <Badge kind="plain">{m.escalation.builtIn}</Badge>}
        {chain.unit && <small class="dim"> {chain.name}</small>}
      </th>
      <td>{chain.unit ? holdsFor(chain) : look(m.escalation.names, chain.name)}</td>
      <td>
        <ol class="hops">
          {chain.hops.map((hop) => (
            <li key={hop.after_s}>
              <span class="when">{hop.after_s === 0 ? m.escalation.atOnce : lasting(hop.after_s)}</span>
              <span class="who">
                {hop.audiences.map((one) => look(m.escalation.audience, one)).join(m.escalation.comma)}
              </span>
            </li>
          ))}
        </ol>
      </td>
      <td>
        {chain.ack_s === null ? (
          <span class="dim">{m.escalation.usual}</span>
        ) : chain.ack_s === 0 ? (
          m.escalation.forever
        ) : (
          lasting(chain.ack_s)
        )}
      </td>
    </tr>
  );
}

function holdsFor(chain: ChainView): string {
  const m = t();
  const words = [
    chain.severity === null ? "" : look(m.severity, String(chain.severity)),
    chain.rule && look(m.rule, chain.rule),
    chain.mode !== "real" ? look(m.mode, chain.mode) : "",
    chain.context && look(m.escalation.context, chain.context),
    chain.from_time && m.escalation.shift(chain.from_time, chain.until_time),
  ].filter(Boolean);
  return words.length > 0 ? words.join(" · ") : m.escalation.always;
}

function Acks({ acks }: { acks: AckView[] }) {
  const m = t();
  return (
    <div class="panel tablebox">
      <table class="gaps acks">
        <caption class="dim small">{m.escalation.acks}</caption>
        <thead>
          <tr>
            <th scope="col">{m.list.columns.severity}</th>
            <th scope="col" class="num">
              {m.escalation.call}
            </th>
            <th scope="col" class="num">
              {m.escalation.fault}
            </th>
          </tr>
        </thead>
        <tbody>
          {acks.map((one) => (
            <tr key={one.severity}>
              <th scope="row">{look(m.severity, String(one.severity))}</th>
              <td class="num">{lasting(one.call_s)}</td>
              <td class="num">{lasting(one.fault_s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
