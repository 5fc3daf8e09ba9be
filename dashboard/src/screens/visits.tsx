/** Supervision visits: those planned and done, schools drawn with a proof, and one visit with what it finds. */
import { useState } from "preact/hooks";
import type { AskDraw, AskVisit, AskVisitAct, Draws, DrawView, VisitDetail, VisitView } from "../api.gen";
import { failureOf, post, query, uuid } from "../client";
import { count, dateTime, day } from "../format";
import { look, named, t } from "../i18n";
import { go, href, replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { may } from "../store/session";
import { schoolNameOf, unitName } from "../store/words";
import { Dialog } from "../ui/dialog";
import { FormEnd, TextField } from "../ui/form";
import { PageHead } from "../ui/pagehead";
import { usePages } from "../ui/pages";
import { Badge, Button, Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { say } from "../ui/toast";
import { FindingDialog } from "./finding";
import { Due, itemOf, reasonsOf, StateBadge } from "./gapparts";

const STATES = ["", "planned", "begun", "ended", "cancelled"] as const;

export function VisitsScreen() {
  const m = t();
  const q = route.value.query;
  const [turn, setTurn] = useState(0);
  const [open, setOpen] = useState<"draw" | "plan" | null>(null);
  const list = usePages<VisitView>(`/visits${query({ state: q["state"] })}`, turn);
  const draws = useResource<Draws>(may("planned") ? "/visits/draws" : null, turn);
  const mine = may("visit");
  const states = may("planned")
    ? STATES
    : STATES.filter((state) => state === "" || state === "begun" || state === "ended");
  return (
    <div class="coverage page">
      <PageHead back={{ to: href("gaps"), text: m.gap.title }} title={m.visit.title} lead={m.visit.lead}>
        <span class="stretch" />
        <Choice
          label={m.gap.state}
          value={q["state"] ?? ""}
          options={states.map((value) => ({ value: value as string, text: look(m.visit.states, value || "all") }))}
          pick={(value) => replaceQuery({ ...q, state: value || undefined })}
        />
        {mine && <Button onClick={() => setOpen("plan")}>{m.visit.plan}</Button>}
        {mine && (
          <Button look="primary" onClick={() => setOpen("draw")}>
            {m.visit.draw}
          </Button>
        )}
      </PageHead>
      {list.failure && <Trouble failure={list.failure} retry={list.reload} />}
      {!list.failure && list.items === null && <Waiting />}
      {list.items && (
        <div class="panel tablebox">
          {list.items.length === 0 ? (
            <Empty title={m.visit.empty} hint={m.visit.emptyHint} />
          ) : (
            <table class="gaps">
              <thead>
                <tr>
                  <th scope="col">{m.visit.day}</th>
                  <th scope="col">{m.coverage.gapColumns.school}</th>
                  <th scope="col">{m.coverage.gapColumns.unit}</th>
                  <th scope="col">{m.gap.state}</th>
                  <th scope="col">{m.visit.chosenBy}</th>
                  <th scope="col" class="num">
                    {m.visit.findings}
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.items.map((visit) => (
                  <tr key={visit.id}>
                    <td>{visit.day}</td>
                    <th scope="row">
                      <a href={href(`visits/${visit.id}`)}>
                        {named({ name: visit.school_name, name_en: visit.school_name_en })}
                      </a>
                    </th>
                    <td>{unitName(visit.county || visit.unit)}</td>
                    <td>
                      <VisitState visit={visit} />
                    </td>
                    <td>
                      {visit.draw ? m.visit.drawn : m.visit.named} · {visit.planned_by_display}
                    </td>
                    <td class="num">{visit.findings}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {list.next !== null && (
            <footer class="row">
              <Button busy={list.busy} onClick={list.more}>
                {m.common.more}
              </Button>
            </footer>
          )}
        </div>
      )}
      {draws.failure && <Trouble failure={draws.failure} retry={draws.reload} />}
      {draws.data && draws.data.items.length > 0 && (
        <section class="panel block">
          <h2>
            {m.visit.proofs} <small>{m.visit.proofsHint}</small>
          </h2>
          {draws.data.items.map((one) => (
            <Proof key={one.id} drawn={one} />
          ))}
        </section>
      )}
      {open && <PlanDialog kind={open} done={() => setTurn(turn + 1)} close={() => setOpen(null)} />}
    </div>
  );
}

function VisitState({ visit }: { visit: VisitView }) {
  const m = t();
  return (
    <>
      <span
        class={`gapstate ${visit.state === "begun" ? "to_verify" : visit.state === "planned" ? "in_progress" : "closed"}`}
      >
        {look(m.visit.states, visit.state)}
      </span>{" "}
      {visit.hidden && (
        <Badge kind="late" title={m.visit.hiddenTitle}>
          {m.visit.hidden}
        </Badge>
      )}
    </>
  );
}

function Proof({ drawn }: { drawn: DrawView }) {
  const m = t();
  return (
    <details class="proof">
      <summary>
        {dateTime(drawn.at)} · {unitName(drawn.unit)} · {m.visit.drawnOf(drawn.schools.length, count(drawn.list_size))}{" "}
        · {drawn.by_display}
      </summary>
      <dl class="pairs">
        <dt>{m.visit.seed}</dt>
        <dd class="id">{drawn.seed}</dd>
        <dt>{m.visit.listHash}</dt>
        <dd class="id">{drawn.list_hash}</dd>
        <dt>{m.visit.schools}</dt>
        <dd>{drawn.schools.map((school) => schoolNameOf(school) || school).join(m.common.listJoin)}</dd>
      </dl>
    </details>
  );
}

function PlanDialog({ kind, done, close }: { kind: "draw" | "plan"; done: () => void; close: () => void }) {
  const m = t();
  const held = picture.value;
  const today = day(Date.now());
  const [id] = useState(uuid);
  const [when, setWhen] = useState(day(Date.now() + 7 * 86_400_000));
  const [unit, setUnit] = useState("");
  const [size, setSize] = useState("10");
  const [seed, setSeed] = useState("");
  const [school, setSchool] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const counties = [...(held?.units.values() ?? [])].filter((one) => one.kind === "county");
  const submit = async (event: Event) => {
    event.preventDefault();
    const code = school.match(/\d{10}/)?.[0] ?? "";
    if (kind === "plan" && !code) return setProblem(m.visit.schoolNeeded);
    if (!when || when < today) return setProblem(m.gap.dueNeeded);
    setBusy(true);
    try {
      if (kind === "draw") {
        const body: AskDraw = { id, count: Number(size) || 0, day: when, unit, seed: seed.trim() };
        const drawn = await post<DrawView>("/visits/draws", { body });
        say("plain", m.visit.drawnOf(drawn.schools.length, count(drawn.list_size)));
      } else {
        const body: AskVisit = { id, school: code, day: when };
        await post<VisitDetail>("/visits", { body });
        say("plain", m.visit.planned);
      }
      done();
      close();
    } catch (error) {
      const failure = failureOf(error);
      setProblem(look(m.failure.codes, failure.code));
      setBusy(false);
    }
  };
  return (
    <Dialog title={kind === "draw" ? m.visit.draw : m.visit.plan} close={close}>
      <form onSubmit={(event) => void submit(event)} class="actform">
        <p class="dim">{kind === "draw" ? m.visit.drawHint : m.visit.planHint}</p>
        {kind === "draw" ? (
          <>
            <label class="field">
              {m.visit.size}
              <input
                data-first
                type="number"
                min={1}
                max={500}
                value={size}
                onInput={(event) => setSize(event.currentTarget.value)}
              />
            </label>
            {counties.length > 1 && (
              <label class="field">
                {m.coverage.unit}
                <select value={unit} onChange={(event) => setUnit(event.currentTarget.value)}>
                  <option value="">{m.gap.everyUnit}</option>
                  {counties.map((one) => (
                    <option key={one.id} value={one.id}>
                      {named(one)}
                    </option>
                  ))}
                </select>
              </label>
            )}
            <TextField label={m.visit.seed} value={seed} set={setSeed} most={64} hint={m.visit.seedHint} />
          </>
        ) : (
          <label class="field">
            {m.coverage.gapColumns.school}
            <input
              data-first
              list="visit-schools"
              value={school}
              placeholder={m.visit.schoolHint}
              onInput={(event) => (setSchool(event.currentTarget.value), setProblem(""))}
            />
            <datalist id="visit-schools">
              {held?.schools.id.map((one) => (
                <option key={one} value={`${one} ${schoolNameOf(one)}`} />
              ))}
            </datalist>
          </label>
        )}
        <label class="field">
          {m.visit.day}
          <input
            type="date"
            min={today}
            value={when}
            onInput={(event) => (setWhen(event.currentTarget.value), setProblem(""))}
          />
        </label>
        <FormEnd
          problem={problem}
          close={close}
          text={kind === "draw" ? m.visit.draw : m.visit.plan}
          busy={busy}
          disabled={busy}
        />
      </form>
    </Dialog>
  );
}

export function VisitScreen({ id }: { id: string }) {
  const m = t();
  const found = useResource<VisitDetail>(`/visits/${encodeURIComponent(id)}`);
  const [finding, setFinding] = useState(false);
  if (!found.data) return found.failure ? <Trouble failure={found.failure} retry={found.reload} /> : <Waiting />;
  const { visit, findings } = found.data;
  const act = async (name: AskVisitAct["act"]) => {
    try {
      await post<VisitDetail>(`/visits/${encodeURIComponent(id)}/acts`, { body: { act: name } });
      if (name === "cancel") return go("visits");
    } catch (error) {
      const failure = failureOf(error);
      say("bad", look(m.visit.acts, name), look(m.failure.codes, failure.code));
    }
    found.reload();
  };
  const facts: [string, string][] = [
    [m.visit.day, visit.day],
    [m.coverage.gapColumns.unit, unitName(visit.county || visit.unit)],
    [m.visit.chosenBy, `${visit.draw ? m.visit.drawn : m.visit.named} · ${visit.planned_by_display}`],
  ];
  if (visit.begun !== null) facts.push([m.visit.begun, `${dateTime(visit.begun)} · ${visit.begun_by_display}`]);
  if (visit.ended !== null) facts.push([look(m.visit.states, visit.state), dateTime(visit.ended)]);
  return (
    <div class="coverage page">
      <PageHead
        back={{ to: href("visits"), text: m.visit.title }}
        title={
          <>
            <a href={href(`schools/${visit.school}`)}>
              {named({ name: visit.school_name, name_en: visit.school_name_en })}
            </a>
          </>
        }
      >
        <VisitState visit={visit} />
        <span class="stretch" />
        {visit.may.map((name) => (
          <Button
            key={name}
            look={name === "find" || name === "begin" ? "primary" : "plain"}
            onClick={() => (name === "find" ? setFinding(true) : void act(name as AskVisitAct["act"]))}
          >
            {look(m.visit.acts, name)}
          </Button>
        ))}
      </PageHead>
      {found.failure && <Trouble failure={found.failure} retry={found.reload} />}
      <section class="panel block">
        <dl class="pairs">
          {facts.map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
        </dl>
      </section>
      <div class="panel tablebox">
        {findings.length === 0 ? (
          <Empty title={m.visit.noFindings} />
        ) : (
          <table class="gaps">
            <thead>
              <tr>
                <th scope="col">{m.visit.words}</th>
                <th scope="col">{m.visit.severity}</th>
                <th scope="col">{m.gap.item}</th>
                <th scope="col">{m.gap.clause}</th>
                <th scope="col">{m.gap.state}</th>
                <th scope="col">{m.gap.due}</th>
              </tr>
            </thead>
            <tbody>
              {findings.map((line) => (
                <tr key={line.id}>
                  <th scope="row">
                    <a href={href(`gaps/${line.id}`)}>{reasonsOf(line)}</a>
                  </th>
                  <td>{look(m.visit.severities, line.severity)}</td>
                  <td>{itemOf(line)}</td>
                  <td>{line.clause || <span class="dim">{m.common.none}</span>}</td>
                  <td>
                    <StateBadge state={line.state} />
                  </td>
                  <td>
                    <Due line={line} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {finding && <FindingDialog visit={visit} done={found.reload} close={() => setFinding(false)} />}
    </div>
  );
}
