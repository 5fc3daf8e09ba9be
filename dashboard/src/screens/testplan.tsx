/** The plan of tests: when each school is tested, which rounds wait for the police, and what came of those that were held. */
import { useState } from "preact/hooks";
import type { AskRounds, RoundsMoved, RoundView, TestPlan } from "../api.gen";
import { failureOf, post, query } from "../client";
import { count, dateTime, hourMinute } from "../format";
import { look, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { schoolNameOf, stationName } from "../store/words";
import { Dialog } from "../ui/dialog";
import { FormEnd, WordsField } from "../ui/form";
import { Button, Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { say } from "../ui/toast";

const STATES = ["planned", "noticed", "open", "proven", "failed", "missed", "refused"] as const;
const SHOWN = 100; // As many as can be moved at once.

export function PlanView({ turn }: { turn: number }) {
  const m = t();
  const q = route.value.query;
  const [again, setAgain] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [refusing, setRefusing] = useState<string[] | null>(null);
  const [busy, setBusy] = useState(false);
  const state = q["state"] ?? "";
  const past = q["past"] ?? "";
  const found = useResource<TestPlan>(`/test-plan${query({ state, past, limit: SHOWN })}`, `${turn} ${again}`);
  const items = found.data?.items ?? [];
  const open = items.filter((one) => one.moves.includes("confirm"));
  const picked = open.filter((one) => chosen.has(one.id)).map((one) => one.id);
  const set = (change: Record<string, string | undefined>) => (setChosen(new Set()), replaceQuery({ ...q, ...change }));
  const move = async (body: AskRounds): Promise<boolean> => {
    setBusy(true);
    try {
      const done = await post<RoundsMoved>("/test-plan/moves", { body });
      const left = Object.keys(done.refused).length;
      say(left ? "bad" : "note", m.plan.moved(done.moved), left ? m.plan.notMoved(left) : "");
      setChosen(new Set());
      setAgain((n) => n + 1);
      return true;
    } catch (error) {
      say("bad", look(m.failure.codes, failureOf(error).code));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <section class="panel tablebox">
      <div class="row planhead">
        <Choice
          label={m.gap.state}
          value={state}
          options={[
            { value: "", text: m.drills.every },
            ...STATES.map((one) => ({
              value: one as string,
              text: `${look(m.plan.states, one)} ${count(found.data?.counts[one] ?? 0)}`,
            })),
          ]}
          pick={(value) => set({ state: value || undefined })}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={past === "true"}
            onChange={(event) => set({ past: event.currentTarget.checked ? "true" : undefined })}
          />
          {m.plan.past}
        </label>
        <span class="stretch" />
        {open.length > 0 && (
          <>
            <Button onClick={() => setChosen(new Set(picked.length === open.length ? [] : open.map((one) => one.id)))}>
              {m.plan.all(open.length)}
            </Button>
            <Button
              look="primary"
              busy={busy}
              disabled={picked.length === 0}
              onClick={() => void move({ move: "confirm", rounds: picked })}
            >
              {m.plan.confirm(picked.length)}
            </Button>
            <Button disabled={picked.length === 0} onClick={() => setRefusing(picked)}>
              {m.drills.moves["refuse"]}
            </Button>
          </>
        )}
      </div>
      {found.failure && <Trouble failure={found.failure} retry={found.reload} />}
      {!found.data && !found.failure && <Waiting />}
      {found.data && items.length === 0 && <Empty title={m.plan.none} hint={m.plan.noneHint} />}
      {items.length > 0 && <Rounds items={items} chosen={chosen} toggle={toggle} />}
      {found.data?.next && <p class="dim beyondplan">{m.plan.beyond(SHOWN)}</p>}
      {refusing && (
        <RefuseDialog
          rounds={refusing}
          send={async (note) => {
            if (await move({ move: "refuse", rounds: refusing, note })) setRefusing(null);
          }}
          close={() => setRefusing(null)}
        />
      )}
    </section>
  );
}

function Rounds({
  items,
  chosen,
  toggle,
}: {
  items: RoundView[];
  chosen: ReadonlySet<string>;
  toggle: (id: string) => void;
}) {
  const m = t();
  return (
    <table class="gaps windows">
      <thead>
        <tr>
          <th scope="col">{m.drills.columns.time}</th>
          <th scope="col">{m.drills.columns.school}</th>
          <th scope="col">{m.plan.station}</th>
          <th scope="col">{m.plan.period}</th>
          <th scope="col" class="num">
            {m.drills.columns.buttons}
          </th>
          <th scope="col">{m.drills.columns.state}</th>
          <th scope="col">{m.plan.police}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.id} id={`round-${one.id}`}>
            <td class="when">
              {one.moves.includes("confirm") && (
                <input
                  type="checkbox"
                  aria-label={`${m.plan.choose} ${schoolNameOf(one.school)}`}
                  checked={chosen.has(one.id)}
                  onChange={() => toggle(one.id)}
                />
              )}{" "}
              {dateTime(one.start).slice(0, -3)}–{hourMinute(one.end)}
            </td>
            <th scope="row">
              <a href={href(`schools/${one.school}`)}>{schoolNameOf(one.school) || one.school}</a>
            </th>
            <td>{stationName(one.station)}</td>
            <td>
              {one.period}
              {one.number > 1 && <small class="dim"> {m.plan.again(one.number)}</small>}
            </td>
            <td class="num">{one.buttons}</td>
            <td>
              <span class={`roundstate ${one.state}`}>{look(m.plan.states, one.state)}</span>
              {one.reason && <small class="dim"> {look(m.plan.reasons, one.reason)}</small>}
              <Results round={one} />
            </td>
            <td>
              <Agreed round={one} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Results({ round }: { round: RoundView }) {
  const m = t();
  if (!round.results.length) return null;
  return (
    <ul class="results">
      {round.results.map((one) => (
        <li key={`${one.gateway}/${one.device}`}>
          {one.device} <b class={`roundstate ${one.outcome}`}>{look(m.plan.outcomes, one.outcome)}</b>
        </li>
      ))}
    </ul>
  );
}

/** How far the police have got: agreed, told, confirmed. What the region demands and is not there yet is said. */
function Agreed({ round }: { round: RoundView }) {
  const m = t();
  const ahead = round.state === "planned" || round.state === "noticed";
  return (
    <>
      {round.approved_by ? m.plan.agreed(round.approved_by) : ahead && <span class="lack">{m.plan.notAgreed}</span>}
      {round.announced && ahead && round.approved_by && !round.receipted && (
        <small class="lack"> {round.noticed ? m.plan.notReceipted : m.plan.noticeLater}</small>
      )}
      {round.receipted && <small class="dim"> {m.plan.receipted(dateTime(round.receipted).slice(5, -3))}</small>}
    </>
  );
}

function RefuseDialog({
  rounds,
  send,
  close,
}: {
  rounds: string[];
  send: (note: string) => Promise<void>;
  close: () => void;
}) {
  const m = t();
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    if (!note.trim()) return setProblem(m.gap.wordsNeeded);
    void send(note.trim());
  };
  return (
    <Dialog title={m.plan.refuse(rounds.length)} close={close}>
      <form class="drillform" onSubmit={submit}>
        <p class="dim">{m.plan.refuseHint}</p>
        <WordsField label={m.gap.note} value={note} set={(value) => (setNote(value), setProblem(""))} first />
        <FormEnd problem={problem} close={close} text={m.drills.moves["refuse"] ?? ""} look="danger" />
      </form>
    </Dialog>
  );
}
