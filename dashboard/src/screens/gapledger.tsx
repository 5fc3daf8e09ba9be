/** The ledger of gaps: what is missing, who mends it by when, and how far that has got; filters, counts by unit, moves. */
import { useState } from "preact/hooks";
import type { GapCounts, GapLine, GapSummary } from "../api.gen";
import { API, query } from "../client";
import { count, day, percent } from "../format";
import { labelled, look, named, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { may } from "../store/session";
import { schoolNameOf, unitName } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { usePages } from "../ui/pages";
import { Button, Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { Due, GAP_STATES, itemOf, reasonsOf, StateBadge } from "./gapparts";
import { GapDialog, type Moving } from "./gapdialog";

const MANY: readonly Moving["move"][] = ["assign", "rectify", "close"]; // What can be asked of several at once.

export function GapLedger() {
  const m = t();
  const q = route.value.query;
  const [turn, setTurn] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [moving, setMoving] = useState<Moving | null>(null);
  const { unit, school, state, owner, due, indicator, figure } = q;
  const filter = query({ unit, school, state, owner, due, indicator, figure });
  const list = usePages<GapLine>(`/gaps${filter}`, turn);
  const summary = useResource<GapSummary>(`/gaps/summary${query({ unit })}`, turn);
  const held = picture.value;
  const set = (change: Record<string, string | undefined>) => (setChosen(new Set()), replaceQuery({ ...q, ...change }));
  const selected = (list.items ?? []).filter((line) => chosen.has(line.id));
  const offered = MANY.filter((move) => selected.length > 0 && selected.every((line) => line.may.includes(move)));
  const counties = [...(held?.units.values() ?? [])].filter((one) => one.kind === "county");
  const mayMove = may("rectify");
  return (
    <div class="coverage page gapledger">
      <PageHead title={m.gap.title} lead={m.gap.lead}>
        <span class="stretch" />
        <a class="button plain" href={href("visits")}>
          {m.visit.title}
        </a>
        <a class="button plain" href={`${API}/gaps.csv${filter}`} download>
          {m.coverage.exportCsv}
        </a>
      </PageHead>
      {summary.data && <Figures summary={summary.data} set={set} due={due ?? ""} />}
      <div class="gapfilters row">
        {school && (
          <Button class="small" onClick={() => set({ school: undefined })}>
            {schoolNameOf(school) || school} ✕
          </Button>
        )}
        {counties.length > 1 && (
          <Select label={m.coverage.unit} value={unit ?? ""} pick={(value) => set({ unit: value || undefined })}>
            <option value="">{m.gap.everyUnit}</option>
            {counties.map((one) => (
              <option key={one.id} value={one.id}>
                {named(one)}
              </option>
            ))}
          </Select>
        )}
        <Select label={m.gap.item} value={indicator ?? ""} pick={(value) => set({ indicator: value || undefined })}>
          <option value="">{m.coverage.gapAll}</option>
          {held?.indicators.map((one) => (
            <option key={one.id} value={one.id}>
              {labelled(one)}
            </option>
          ))}
        </Select>
        <Select label={m.gap.owner} value={owner ?? ""} pick={(value) => set({ owner: value || undefined })}>
          <option value="">{m.gap.everyOwner}</option>
          {summary.data?.owners.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </Select>
        <Choice
          label={m.coverage.figure}
          value={figure ?? ""}
          options={["", "ledger", "live", "visit"].map((value) => ({
            value,
            text: look(m.gap.figures, value || "all"),
          }))}
          pick={(value) => set({ figure: value || undefined })}
        />
        <Choice
          label={m.gap.state}
          value={state ?? ""}
          options={[
            { value: "", text: m.gap.notClosed },
            ...GAP_STATES.map((value) => ({ value: value as string, text: look(m.gap.states, value) })),
          ]}
          pick={(value) => set({ state: value || undefined, ...(value === "closed" ? { due: undefined } : {}) })}
        />
        <Choice
          label={m.gap.due}
          value={due ?? ""}
          options={["", "overdue", "soon", "none"].map((value) => ({ value, text: look(m.gap.dues, value || "all") }))}
          pick={(value) => set({ due: value || undefined })}
        />
      </div>
      {list.failure && <Trouble failure={list.failure} retry={list.reload} />}
      {!list.failure && list.items === null && <Waiting />}
      {list.items && (
        <div class="panel tablebox">
          {offered.length > 0 && (
            <div class="row chosen">
              {m.gap.several(selected.length)}
              {offered.map((move) => (
                <Button key={move} class="small" look="primary" onClick={() => setMoving({ move, lines: selected })}>
                  {look(m.gap.moves, move)}
                </Button>
              ))}
            </div>
          )}
          {list.items.length === 0 ? (
            <Empty title={m.gap.empty} hint={m.gap.emptyHint} />
          ) : (
            <table class="gaps">
              <thead>
                <tr>
                  {mayMove && (
                    <th scope="col">
                      <input
                        type="checkbox"
                        aria-label={m.gap.chooseAll}
                        checked={selected.length > 0 && selected.length === list.items.length}
                        onChange={(event) =>
                          setChosen(new Set(event.currentTarget.checked ? list.items?.map((line) => line.id) : []))
                        }
                      />
                    </th>
                  )}
                  <th scope="col">{m.coverage.gapColumns.school}</th>
                  <th scope="col">{m.coverage.gapColumns.unit}</th>
                  <th scope="col">{m.gap.item}</th>
                  <th scope="col">{m.gap.state}</th>
                  <th scope="col">{m.coverage.gapColumns.reasons}</th>
                  <th scope="col">{m.gap.owner}</th>
                  <th scope="col">{m.gap.due}</th>
                  <th scope="col" class="num">
                    {m.gap.opened}
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.items.map((line) => (
                  <Row
                    key={line.id}
                    line={line}
                    {...(mayMove
                      ? {
                          checked: chosen.has(line.id),
                          check: (on: boolean) => setChosen(withOne(chosen, line.id, on)),
                        }
                      : {})}
                  />
                ))}
              </tbody>
            </table>
          )}
          <footer class="row">
            <span class="dim">{m.common.total(count(list.total))}</span>
            {list.next !== null && (
              <Button busy={list.busy} onClick={list.more}>
                {m.common.more}
              </Button>
            )}
          </footer>
        </div>
      )}
      {moving && (
        <GapDialog
          moving={moving}
          owners={summary.data?.owners ?? []}
          done={() => (setChosen(new Set()), setTurn(turn + 1))}
          close={() => setMoving(null)}
        />
      )}
    </div>
  );
}

function withOne(chosen: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const next = new Set(chosen);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}

function Select(props: {
  label: string;
  value: string;
  pick: (value: string) => void;
  children: preact.ComponentChildren;
}) {
  return (
    <select aria-label={props.label} value={props.value} onChange={(event) => props.pick(event.currentTarget.value)}>
      {props.children}
    </select>
  );
}

function Row({ line, checked, check }: { line: GapLine; checked?: boolean; check?: (on: boolean) => void }) {
  const m = t();
  const school = named({ name: line.school_name, name_en: line.school_name_en });
  return (
    <tr class={line.overdue ? "late" : ""}>
      {check && (
        <td>
          <input
            type="checkbox"
            aria-label={m.gap.choose(school)}
            checked={checked ?? false}
            onChange={(event) => check(event.currentTarget.checked)}
          />
        </td>
      )}
      <th scope="row">
        <a href={href(`gaps/${line.id}`)}>{school}</a>
      </th>
      <td>{unitName(line.county || line.unit)}</td>
      <td>
        {itemOf(line)} {line.figure !== "visit" && <span class="dim">{look(m.gap.figures, line.figure)}</span>}
      </td>
      <td>
        <StateBadge state={line.state} />
      </td>
      <td>{reasonsOf(line)}</td>
      <td>{line.owner || <span class="dim">{m.gap.noOwner}</span>}</td>
      <td>
        <Due line={line} />
      </td>
      <td class="num">{day(line.opened)}</td>
    </tr>
  );
}

/** The whole in numbers, and each unit below it. */
function Figures({
  summary,
  due,
  set,
}: {
  summary: GapSummary;
  due: string;
  set: (change: Record<string, string | undefined>) => void;
}) {
  const m = t();
  const [whole, ...below] = summary.rows;
  if (!whole) return null;
  const rate = (bp: number | null) => (bp === null ? "—" : percent(bp));
  const cells = (row: GapCounts) => [row.open, row.in_progress, row.to_verify, row.closed, row.due_soon];
  return (
    <div class="panel block gapfigures">
      <div class="row">
        {GAP_STATES.map((state) => (
          <span key={state} class="gapfigure">
            <b>{count(whole[state])}</b> {look(m.gap.states, state)}
          </span>
        ))}
        <button
          type="button"
          class="link gapfigure"
          aria-pressed={due === "overdue" ? "true" : "false"}
          onClick={() => set({ due: "overdue", state: undefined })}
        >
          <b class={whole.overdue ? "bad" : ""}>{count(whole.overdue)}</b> {m.gap.overdue}
        </button>
        <button
          type="button"
          class="link gapfigure"
          aria-pressed={due === "soon" ? "true" : "false"}
          onClick={() => set({ due: "soon", state: undefined })}
        >
          <b>{count(whole.due_soon)}</b> {m.gap.dueSoon}
        </button>
        <span class="gapfigure" title={m.gap.rectifiedTitle}>
          <b>{rate(whole.rectified_bp)}</b> {m.gap.rectified}
        </span>
        <span class="gapfigure" title={m.gap.overdueRateTitle}>
          <b>{rate(whole.overdue_bp)}</b> {m.gap.overdueRate}
        </span>
        <span class="gapfigure dim" title={m.gap.youngTitle}>
          <b>{count(summary.young)}</b> {m.gap.young}
        </span>
      </div>
      {below.length > 0 && (
        <details>
          <summary>{m.gap.byUnit}</summary>
          <div class="tablebox">
            <table class="small">
              <thead>
                <tr>
                  <th scope="col">{m.coverage.unit}</th>
                  {[...GAP_STATES.map((state) => look(m.gap.states, state)), m.gap.dueSoon, m.gap.overdue].map(
                    (text) => (
                      <th key={text} scope="col" class="num">
                        {text}
                      </th>
                    ),
                  )}
                  <th scope="col" class="num">
                    {m.gap.rectified}
                  </th>
                  <th scope="col" class="num">
                    {m.gap.overdueRate}
                  </th>
                </tr>
              </thead>
              <tbody>
                {below.map((row) => (
                  <tr key={row.unit}>
                    <th scope="row">{named(row)}</th>
                    {cells(row).map((value, ix) => (
                      <td key={ix} class="num">
                        {count(value)}
                      </td>
                    ))}
                    <td class={`num ${row.overdue ? "bad" : ""}`}>{count(row.overdue)}</td>
                    <td class="num">{rate(row.rectified_bp)}</td>
                    <td class="num">{rate(row.overdue_bp)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </div>
  );
}
