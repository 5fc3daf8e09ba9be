/** Each button's newest test as a chain: pressed, received, stored, drawn on a police screen, acknowledged by the police. */
import type { ButtonTestView, ButtonTests, ProofView } from "../api.gen";
import { day, when } from "../format";
import { look, t } from "../i18n";
import { href } from "../route";
import { now } from "../store/feed";
import { schoolNameOf } from "../store/words";
import { Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

const STEPS = ["pressed", "received", "stored", "shown", "receipted"] as const;

/** The buttons of one school. */
export function SchoolProofs({ id, turn }: { id: string; turn: number }) {
  const m = t();
  const resource = useResource<ButtonTests>(`/tests?school=${encodeURIComponent(id)}&limit=100`, turn);
  const { data, failure } = resource;
  return (
    <section class="panel block">
      <h2>{m.proof.title}</h2>
      <p class="dim small">{m.proof.lead}</p>
      {failure && <Trouble failure={failure} retry={resource.reload} />}
      {!data && !failure && <Waiting />}
      {data && data.items.length === 0 && <p class="dim">{m.proof.none}</p>}
      {data && <ProofLines items={data.items} />}
    </section>
  );
}

export function ProofLines({ items, named = false }: { items: ButtonTestView[]; named?: boolean }) {
  const m = t();
  return (
    <ul class="proofs">
      {items.map((one) => (
        <li key={`${one.gateway}/${one.device}`}>
          <p class="proofhead">
            {named && <a href={href(`schools/${one.school}`)}>{schoolNameOf(one.school) || one.school}</a>}
            <b>{one.name || one.device}</b>
            <span class="dim">{one.place}</span>
            <span class={`teststate ${one.state}`}>{look(m.proof.states, one.state)}</span>
            <span class="stretch" />
            <small class="dim">
              {one.last?.lacking
                ? one.proven && m.proof.lastGood(when(one.proven.pressed, now.peek()))
                : one.due !== null && m.proof.due(day(one.due))}
            </small>
          </p>
          {one.last && <Chain proof={one.last} />}
        </li>
      ))}
    </ul>
  );
}

function Chain({ proof }: { proof: ProofView }) {
  const m = t();
  return (
    <ol class="proofchain">
      {STEPS.map((step) => {
        const at = proof[step];
        return (
          <li key={step} class={at === null ? "lacking" : "done"}>
            <b>{look(m.proof.steps, step)}</b>
            <small>
              {at === null
                ? m.proof.missing
                : step === "pressed"
                  ? when(at, now.peek())
                  : m.proof.after(((at - proof.pressed) / 1000).toFixed(1))}
            </small>
          </li>
        );
      })}
      {proof.lacking && <li class="why">{look(m.proof.lacking, proof.lacking)}</li>}
    </ol>
  );
}
