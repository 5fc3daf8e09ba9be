/** Tests and drills: what is asked for, to come, open and over; what waits for approval; and what each button has proven. */
import { useEffect, useState } from "preact/hooks";
import type { AskWindowMove, ButtonTests, WindowDetail, Windows, WindowView } from "../api.gen";
import { failureOf, post, query } from "../client";
import { count, dateTime, hourMinute, span } from "../format";
import { look, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { second, summary } from "../store/feed";
import { may } from "../store/session";
import { schoolNameOf } from "../store/words";
import { Dialog } from "../ui/dialog";
import { FormEnd, WordsField } from "../ui/form";
import { PageHead } from "../ui/pagehead";
import { usePages } from "../ui/pages";
import { AlertBadges, Badge, Button, Choice, Empty, Severity, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { say } from "../ui/toast";
import { ProofLines } from "./proofs";
import { PlanView } from "./testplan";
import { WindowDialog } from "./windowdialog";

const RENEW_MS = 10_000;
type Move = AskWindowMove["move"];
type Moving = { window: WindowView; move: Move };

export function DrillsScreen() {
  const m = t();
  const view = route.value.query["view"] ?? "standing";
  const [turn, setTurn] = useState(0);
  const [asking, setAsking] = useState(false);
  const [moving, setMoving] = useState<Moving | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const open = summary.value?.windows_open ?? 0;
  useEffect(() => {
    const timer = setInterval(() => setTurn((n) => n + 1), RENEW_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => setTurn((n) => n + 1), [open]); // Somebody else has begun or ended one.
  const again = () => (setMoving(null), setAsking(false), setTurn((n) => n + 1));
  return (
    <div class="coverage page drills">
      <PageHead title={m.drills.title} lead={m.drills.lead}>
        <span class="stretch" />
        <Choice
          label={m.drills.view}
          value={view}
          options={["standing", "plan", "proofs", "past"].map((value) => ({
            value,
            text: look(m.drills.views, value),
          }))}
          pick={(value) => replaceQuery({ view: value === "standing" ? undefined : value })}
        />
        {may("rehearse") && (
          <Button look="primary" onClick={() => setAsking(true)}>
            {may("declare") ? m.drills.declare : m.drills.ask}
          </Button>
        )}
      </PageHead>
      {view === "standing" && <Standing turn={turn} act={setMoving} show={setShown} />}
      {view === "past" && <Past show={setShown} />}
      {view === "proofs" && <Proofs turn={turn} />}
      {view === "plan" && <PlanView turn={turn} />}
      {asking && <WindowDialog done={again} close={() => setAsking(false)} />}
      {moving && <MoveDialog moving={moving} done={again} close={() => setMoving(null)} />}
      {shown && <WindowPane id={shown} close={() => setShown(null)} />}
    </div>
  );
}

interface ListProps {
  turn: number;
  act: (moving: Moving) => void;
  show: (id: string) => void;
}

function Standing({ turn, act, show }: ListProps) {
  const m = t();
  const list = useResource<Windows>("/windows", turn);
  const items = list.data?.items ?? [];
  const waiting = items.filter((one) => one.state === "asked");
  const others = items.filter((one) => one.state !== "asked");
  return (
    <>
      {list.failure && <Trouble failure={list.failure} retry={list.reload} />}
      {!list.data && !list.failure && <Waiting />}
      {waiting.length > 0 && (
        <section class="panel tablebox">
          <h2 class="boxhead">
            {m.drills.waiting} <small>{count(waiting.length)}</small>
          </h2>
          <Lines items={waiting} act={act} show={show} />
        </section>
      )}
      {list.data && (
        <section class="panel tablebox">
          <h2 class="boxhead">
            {m.drills.coming} <small>{count(others.length)}</small>
          </h2>
          {others.length ? (
            <Lines items={others} act={act} show={show} />
          ) : (
            <Empty title={m.drills.none} hint={m.drills.noneHint} />
          )}
        </section>
      )}
    </>
  );
}

function Past({ show }: Pick<ListProps, "show">) {
  const m = t();
  const list = usePages<WindowView>(`/windows${query({ past: "true" })}`, 0);
  return (
    <section class="panel tablebox">
      {list.failure && <Trouble failure={list.failure} retry={list.reload} />}
      {!list.failure && list.items === null && <Waiting />}
      {list.items?.length === 0 && <Empty title={m.drills.noPast} />}
      {list.items && list.items.length > 0 && <Lines items={list.items} show={show} />}
      {list.next !== null && (
        <footer class="row">
          <Button busy={list.busy} onClick={list.more}>
            {m.common.more}
          </Button>
        </footer>
      )}
    </section>
  );
}

function Lines({ items, act, show }: { items: WindowView[]; act?: ListProps["act"]; show: ListProps["show"] }) {
  const m = t();
  return (
    <table class="gaps windows">
      <thead>
        <tr>
          <th scope="col">{m.drills.columns.time}</th>
          <th scope="col">{m.drills.columns.school}</th>
          <th scope="col">{m.drills.columns.mode}</th>
          <th scope="col" class="num">
            {m.drills.columns.buttons}
          </th>
          <th scope="col">{m.drills.columns.state}</th>
          <th scope="col">{m.drills.columns.people}</th>
          <th scope="col">{m.drills.columns.acts}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.id} id={`window-${one.id}`}>
            <td class="when">
              {dateTime(one.start).slice(0, -3)}–{hourMinute(one.until)}
            </td>
            <th scope="row">
              <a href={href(`schools/${one.school}`)}>{schoolNameOf(one.school) || one.school}</a>
              {one.note && <small class="dim"> {one.note}</small>}
            </th>
            <td>
              <Badge kind={one.mode}>{look(m.mode, one.mode)}</Badge>
            </td>
            <td class="num">{one.devices.length}</td>
            <td>
              <State window={one} />
            </td>
            <td>
              {one.asked_by_display}
              {one.approved_by && one.approved_by !== one.asked_by && ` → ${one.approved_by_display}`}
            </td>
            <td class="acts">
              {act &&
                one.moves.map((move) => (
                  <Button
                    key={move}
                    class="small"
                    look={move === "approve" ? "primary" : "plain"}
                    onClick={() => act({ window: one, move: move as Move })}
                  >
                    {moveText(one, move)}
                  </Button>
                ))}
              <Button class="small" look="quiet" onClick={() => show(one.id)}>
                {m.drills.details}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What a move is called: what has begun is ended, what has not is taken back. */
function moveText(window: WindowView, move: string): string {
  const m = t();
  const begun = move === "withdraw" && window.state === "approved" && window.start <= second.peek();
  return look(m.drills.moves, begun ? "end" : move);
}

function State({ window }: { window: WindowView }) {
  const m = t();
  const at = second.value;
  const { state, start, until } = window;
  const over = until <= at;
  const word =
    state === "asked"
      ? over
        ? "lapsed"
        : "asked"
      : state !== "approved"
        ? state
        : over
          ? "over"
          : start > at
            ? "coming"
            : "open";
  return (
    <span class={`windowstate ${word}`}>
      {look(m.drills.states, word)}
      {word === "open" && <b> {m.windows.left(span(until - at))}</b>}
      {word === "coming" && <small> {m.drills.in(span(start - at))}</small>}
    </span>
  );
}

function MoveDialog({ moving, done, close }: { moving: Moving; done: () => void; close: () => void }) {
  const m = t();
  const { window, move } = moving;
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (move === "refuse" && !note.trim()) return setProblem(m.gap.wordsNeeded);
    setBusy(true);
    const body: AskWindowMove = { move, version: window.version, note: note.trim() };
    try {
      await post<WindowDetail>(`/windows/${encodeURIComponent(window.id)}/moves`, { body });
      say("note", look(m.drills.did, move));
      done();
    } catch (error) {
      setBusy(false);
      setProblem(look(m.failure.codes, failureOf(error).code));
    }
  };
  return (
    <Dialog title={`${moveText(window, move)} · ${schoolNameOf(window.school)}`} close={close}>
      <form class="drillform" onSubmit={submit}>
        <p>
          <Badge kind={window.mode}>{look(m.mode, window.mode)}</Badge> {dateTime(window.start).slice(0, -3)}–
          {hourMinute(window.end)} · {m.windows.buttons(window.devices.length)}
        </p>
        {move === "approve" && <p class="dim">{m.drills.approveHint}</p>}
        <WordsField label={m.gap.note} value={note} set={(value) => (setNote(value), setProblem(""))} first />
        <FormEnd
          problem={problem}
          close={close}
          text={moveText(window, move)}
          look={move === "approve" ? "primary" : "danger"}
          busy={busy}
          disabled={busy}
        />
      </form>
    </Dialog>
  );
}

/** One of them in full: who did what when, what was pressed in it, and what rang as real beside it. */
function WindowPane({ id, close }: { id: string; close: () => void }) {
  const m = t();
  const found = useResource<WindowDetail>(`/windows/${encodeURIComponent(id)}`);
  const detail = found.data;
  return (
    <Dialog title={m.drills.details} close={close} wide>
      {found.failure && <Trouble failure={found.failure} retry={found.reload} />}
      {!detail && !found.failure && <Waiting />}
      {detail && (
        <>
          <p>
            <b>{schoolNameOf(detail.window.school)}</b> · {look(m.mode, detail.window.mode)} ·{" "}
            {dateTime(detail.window.start).slice(0, -3)}–{hourMinute(detail.window.until)}
          </p>
          <p class="dim">{detail.window.devices.map(([, device]) => device).join(m.common.listJoin)}</p>
          <h3>{m.drills.pressed(detail.alerts.length)}</h3>
          {detail.alerts.length === 0 && <p class="dim">{m.drills.nothingPressed}</p>}
          <ul class="alertlines">
            {detail.alerts.map((alert) => (
              <li key={alert.id}>
                <a href={href("live", { alert: alert.id })}>
                  <Severity level={alert.sev} hollow={alert.state !== "raised"} />
                  <b>{alert.device_name || alert.device}</b>
                  <AlertBadges alert={alert} />
                  <span class="stretch" />
                  <span>{look(m.state, alert.state)}</span>
                  <time class="dim">{dateTime(alert.t)}</time>
                </a>
              </li>
            ))}
          </ul>
          <h3>{m.detail.history}</h3>
          <ol class="history">
            {detail.history.map((step) => (
              <li key={step.at}>
                <time>{dateTime(step.at)}</time>
                <b>{look(m.drills.moves, step.move)}</b>
                <span class="by">{step.by || m.detail.system}</span>
                {step.note && <span class="words">{step.note}</span>}
              </li>
            ))}
          </ol>
        </>
      )}
    </Dialog>
  );
}

const TEST_STATES = ["failed", "overdue", "never", "under_way", "proven"] as const;

function Proofs({ turn }: { turn: number }) {
  const m = t();
  const state = route.value.query["state"] ?? "";
  const found = useResource<ButtonTests>(`/tests${query({ state, limit: 200 })}`, turn);
  const { data, failure } = found;
  const all = data ? TEST_STATES.reduce((sum, one) => sum + (data.counts[one] ?? 0), 0) : 0;
  return (
    <section class="panel block">
      <p class="row">
        <Choice
          label={m.gap.state}
          value={state}
          options={[
            { value: "", text: `${m.drills.every} ${count(all)}` },
            ...TEST_STATES.map((one) => ({
              value: one as string,
              text: `${look(m.proof.states, one)} ${count(data?.counts[one] ?? 0)}`,
            })),
          ]}
          pick={(value) => replaceQuery({ ...route.value.query, state: value || undefined })}
        />
      </p>
      {failure && <Trouble failure={failure} retry={found.reload} />}
      {!data && !failure && <Waiting />}
      {data && data.items.length === 0 && <Empty title={m.drills.noButtons} />}
      {data && <ProofLines items={data.items} named />}
      {data && data.total > data.items.length && (
        <p class="dim">{m.drills.beyond(count(data.total - data.items.length))}</p>
      )}
    </section>
  );
}
