/** Coverage: city to district to township to school, two figures side by side, and behind every number its list. */
import { useEffect, useState } from "preact/hooks";
import type { Counts, Coverage, CoverageCell, CoverageRow, IndicatorScopeView, IndicatorView } from "../api.gen";
import { query } from "../client";
import { ago, clock, count, dateTime, percent } from "../format";
import { labelled, look, named, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { coverageTick, picture, second } from "../store/feed";
import { kept } from "../store/moment";
import { me } from "../store/session";
import { unitName } from "../store/words";
import { Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { formulaOf, sourceOf } from "./formula";
import { GapList } from "./gaps";
import { DayChoice, isGone, moment, PastBanner, PastFault, useAsking } from "./past";

export type Figure = "ledger" | "live";
export const FIGURES: readonly Figure[] = ["ledger", "live"];
/** What stands side by side: the five targets with the national fourth, and each other group by itself. */
const TABS: readonly { id: string; groups: readonly string[] }[] = [
  { id: "targets", groups: ["headline", "national"] },
  { id: "strength", groups: ["strength"] },
  { id: "quality", groups: ["quality"] },
  { id: "institution", groups: ["institution"] },
];
const RENEW_MS = 5_000; // Verdicts come in bursts; one fetch in five seconds shows them all.

/** A counter that follows changes of coverage, at most one step in five seconds. */
function useCoverageTurn(): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let first = true;
    const stop = coverageTick.subscribe(() => {
      if (first) first = false;
      else timer ??= setTimeout(() => ((timer = undefined), setTurn((n) => n + 1)), RENEW_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return turn;
}

export function CoverageScreen() {
  const q = route.value.query;
  return q["gaps"] !== undefined ? <GapList /> : <CoverageTable unit={q["unit"]} />;
}

function CoverageTable({ unit }: { unit: string | undefined }) {
  const m = t();
  const turn = useCoverageTurn();
  const scope = me.value?.scope;
  const parent = unit ?? (scope?.kind === "unit" ? scope.id : undefined);
  const past = moment();
  const path = past?.fault ? null : `/coverage${query({ parent, on: past?.on, known: past?.known })}`;
  const resource = useResource<Coverage>(path, past ? "past" : turn); // What changes today changes no past day.
  const { data: answer, failure } = resource;
  useAsking([answer?.basis], answer, resource.reload);
  const lacking = answer?.basis && answer.basis.state !== "ready";
  const data = lacking ? null : answer;
  const defined = data?.basis?.indicators ?? picture.value?.indicators; // Of a past day, as they stood then.
  const indicators = (data?.indicators ?? []).map((id) => defined?.find((one) => one.id === id));
  const known = indicators
    .map((indicator, ix) => ({ indicator, ix, scope: data?.scopes[ix] }))
    .filter((column) => column.indicator) as Column[];
  const tabs = TABS.filter((one) => known.some((column) => one.groups.includes(column.indicator.group)));
  const tab = tabs.find((one) => one.id === route.value.query["group"]) ?? tabs[0];
  const columns = (tab?.groups ?? []).flatMap((group) => known.filter((column) => column.indicator.group === group));
  const whole = data?.rows.find((row) => row.id === data.parent);
  const children = data?.rows.filter((row) => row.id !== data.parent) ?? [];
  return (
    <div class="coverage page">
      <header class="pagehead">
        <div>
          <h1>{m.coverage.title}</h1>
          <Path unit={parent} />
        </div>
        {tab && (
          <Choice
            label={m.coverage.groupsLabel}
            value={tab.id}
            options={tabs.map((one) => ({ value: one.id, text: look(m.coverage.groups, one.id) }))}
            pick={(value) => replaceQuery({ ...route.peek().query, group: value === tabs[0]?.id ? undefined : value })}
          />
        )}
        <DayChoice />
        <span class="row">
          <a
            class="button plain"
            href={href("coverage/compare", {
              unit: parent,
              to: past?.on,
              to_known: past?.known === "now" ? "now" : "",
            })}
          >
            {m.compare.title}
          </a>
          <a class="button plain" href={href("coverage/pace", { unit: parent })}>
            {m.pace.title}
          </a>
        </span>
        <p class="dim small lead">{m.coverage.floor}</p>
        {data && !past && (
          <span class="dim small asof">
            {m.common.asOf(clock(data.as_of))} · {m.coverage.freshHint}
          </span>
        )}
      </header>
      {past?.fault && <PastFault shown={past} />}
      {answer?.basis && (
        <PastBanner
          basis={answer.basis}
          again={resource.reload}
          pick={(on) => replaceQuery({ ...route.peek().query, on })}
        />
      )}
      {failure &&
        (past && isGone(failure) ? (
          <Empty title={m.past.noUnit} hint={m.past.noUnitHint} />
        ) : (
          <Trouble failure={failure} retry={resource.reload} />
        ))}
      {!answer && !failure && !past?.fault && <Waiting />}
      {whole && (
        <div class={`cards ${failure ? "old" : ""}`}>
          {columns.map((column) => (
            <Card key={column.indicator.id} column={column} cell={whole.cells[column.ix]!} row={whole} />
          ))}
        </div>
      )}
      {data && (
        <div class={`panel tablebox ${failure ? "old" : ""}`}>
          {!whole && past ? (
            <Empty title={m.past.noUnit} hint={m.past.noUnitHint} />
          ) : children.length === 0 ? (
            <Empty title={m.coverage.noRows} />
          ) : (
            <table class="figures">
              <thead>
                <tr>
                  <th scope="col" class="first">
                    {children[0]?.kind === "school" ? m.coverage.school : m.coverage.unit}
                  </th>
                  {columns.map((column) => (
                    <th
                      key={column.indicator.id}
                      scope="col"
                      title={hintOf(column.indicator)}
                      class={column.indicator.headline ? "" : "also"}
                    >
                      {labelled(column.indicator)}
                      <Asked column={column} />
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {whole && <FigureRow row={whole} columns={columns} total />}
                {children.map((row) => (
                  <FigureRow key={row.id} row={row} columns={columns} />
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      <Legend />
    </div>
  );
}

interface Column {
  indicator: IndicatorView;
  ix: number;
  scope: IndicatorScopeView | undefined;
}

/** Whom a figure asks about here, what it counts, and for how long its live proof is believed. */
function Asked({ column }: { column: Column }) {
  const m = t();
  const { indicator, scope } = column;
  const english = document.documentElement.lang === "en";
  if (!scope) return null;
  const by = scope.said_by === null ? "" : m.coverage.saidBy(unitName(scope.said_by) || scope.said_by);
  return (
    <small class="asked dim" title={by || m.coverage.saidByItself}>
      {scope.kindergartens ? m.coverage.withKindergartens : m.coverage.withoutKindergartens}
      {scope.urban_only && ` · ${m.coverage.urbanOnly}`}
      {by && " *"}
      {scope.differs && ` · ${m.coverage.differsBelow}`}
      <br />
      {m.coverage.countsOf(english ? indicator.counts_en : indicator.counts)} ·{" "}
      {m.coverage.believedFor(english ? indicator.believed_en : indicator.believed)}
    </small>
  );
}

const hintOf = (indicator: IndicatorView): string =>
  `${t().coverage.formula}${t().common.colon}${formulaOf(indicator)}\n${t().coverage.source}${t().common.colon}${sourceOf(indicator)}`;

/** Where we are in the tree, each step a link. */
function Path({ unit }: { unit: string | undefined }) {
  const units = picture.value?.units;
  const steps: { id: string; name: string }[] = [];
  for (
    let one = unit ? units?.get(unit) : undefined;
    one && steps.length < 8;
    one = one.parent ? units?.get(one.parent) : undefined
  ) {
    steps.unshift({ id: one.id, name: named(one) });
  }
  return (
    <nav class="path" aria-label={t().coverage.unit}>
      {steps.map((step, ix) =>
        ix === steps.length - 1 ? (
          <b key={step.id} aria-current="page">
            {step.name}
          </b>
        ) : (
          <a key={step.id} href={href("coverage", { unit: step.id, ...kept(route.value.query) })}>
            {step.name}
          </a>
        ),
      )}
    </nav>
  );
}

export const required = (counts: Counts): number => counts.met + counts.not_met + counts.unknown + counts.exempt;

function Card({ column, cell, row }: { column: Column; cell: CoverageCell; row: CoverageRow }) {
  const m = t();
  const { indicator } = column;
  const gap = cell.ledger.bp !== null && cell.live.bp !== null ? cell.ledger.bp - cell.live.bp : 0;
  return (
    <section class="panel indicator" title={hintOf(indicator)}>
      <h2>{labelled(indicator)}</h2>
      <Asked column={column} />
      {FIGURES.map((figure) => (
        <Line key={figure} figure={figure} counts={cell[figure]} row={row} indicator={indicator} large />
      ))}
      <p class={`small ${gap > 0 ? "gapnote" : "dim"}`}>
        {gap > 0 ? m.coverage.gapBetween(percent(gap).replace("%", "")) : "\u00a0"}
      </p>
    </section>
  );
}

/** One figure: the rate, its counts, a bar of its parts; it opens its list of gaps. */
function Line({
  figure,
  counts,
  row,
  indicator,
  large = false,
}: {
  figure: Figure;
  counts: Counts;
  row: CoverageRow;
  indicator: IndicatorView;
  large?: boolean;
}) {
  const m = t();
  const asked = required(counts);
  const basis = asked - counts.exempt;
  if (figure === "live" && indicator.ledger_only) {
    return (
      <span class={`figureline none ${large ? "large" : ""}`} title={m.coverage.cannotProveHint}>
        <small>{m.coverage.live}</small>
        <em>{m.coverage.cannotProve}</em>
      </span>
    );
  }
  if (counts.bp === null) {
    return (
      <span class={`figureline none ${large ? "large" : ""}`}>
        <small>{m.coverage[figure]}</small>
        <em>{m.coverage.noneRequired}</em>
      </span>
    );
  }
  const words = [
    counts.not_met ? m.coverage.gapOf(count(counts.not_met)) : "",
    counts.unknown ? m.coverage.unknownOf(count(counts.unknown)) : "",
    counts.exempt ? m.coverage.exemptOf(count(counts.exempt)) : "",
  ].filter(Boolean);
  const equation = m.coverage.equation(
    count(counts.met),
    count(counts.not_met),
    count(counts.unknown),
    count(counts.exempt),
    count(asked),
  );
  return (
    <a
      class={`figureline ${counts.met === basis ? "whole" : ""} ${large ? "large" : ""}`}
      href={href("coverage", { unit: row.id, gaps: indicator.id, figure, ...kept(route.value.query) })}
      title={`${m.coverage[figure === "ledger" ? "ledgerTitle" : "liveTitle"]}\n${equation}`}
      aria-label={`${m.coverage.openGaps(named(row), labelled(indicator), m.coverage[figure])}: ${percent(counts.bp)}, ${equation}`}
    >
      <small>{m.coverage[figure]}</small>
      <b>{percent(counts.bp)}</b>
      <span class="dim">
        {count(counts.met)}/{count(basis)}
      </span>
      <Bar counts={counts} basis={basis} />
      {large && <span class="words dim small">{words.join(" · ") || "\u00a0"}</span>}
    </a>
  );
}

function Bar({ counts, basis }: { counts: Counts; basis: number }) {
  const share = (value: number): string => `${basis ? (100 * value) / basis : 0}%`;
  return (
    <span class="bar" aria-hidden="true">
      <i class="met" style={{ width: share(counts.met) }} />
      <i class="unknown" style={{ width: share(counts.unknown) }} />
      <i class="not_met" style={{ width: share(counts.not_met) }} />
    </span>
  );
}

function FigureRow({ row, columns, total = false }: { row: CoverageRow; columns: Column[]; total?: boolean }) {
  const m = t();
  const target =
    row.kind === "school" ? href(`schools/${row.id}`) : href("coverage", { unit: row.id, ...kept(route.value.query) });
  return (
    <tr class={total ? "total" : ""}>
      <th scope="row" class="first">
        {total ? `${named(row)} ${m.coverage.total}` : <a href={target}>{named(row)}</a>}
      </th>
      {columns.map(({ indicator, ix }) => {
        const cell = row.cells[ix];
        return (
          <td key={indicator.id} class={indicator.headline ? "" : "also"}>
            {!cell ? null : row.kind === "school" ? (
              <Marks cell={cell} />
            ) : (
              FIGURES.map((figure) => (
                <Line key={figure} figure={figure} counts={cell[figure]} row={row} indicator={indicator} />
              ))
            )}
          </td>
        );
      })}
    </tr>
  );
}

export function letterOf(counts: Counts): string {
  return counts.met ? "m" : counts.not_met ? "n" : counts.unknown ? "u" : counts.exempt ? "e" : "-";
}

export const LETTER_WORDS: Record<string, "met" | "not_met" | "unknown" | "exempt" | "not_asked"> = {
  m: "met",
  n: "not_met",
  u: "unknown",
  e: "exempt",
  "-": "not_asked",
};

function Marks({ cell }: { cell: CoverageCell }) {
  const m = t();
  return (
    <span class="marks">
      {FIGURES.map((figure) => (
        <Mark key={figure} letter={letterOf(cell[figure])} figure={figure} />
      ))}
      {cell.proof_at !== null && (
        <small class="dim">
          {moment() ? dateTime(cell.proof_at) : m.age.ago(ago(second.value - cell.proof_at, m.age))}
        </small>
      )}
    </span>
  );
}

/** One school's judgement as a mark; unknown is hatched, never plain. */
export function Mark({ letter, figure }: { letter: string; figure: Figure }) {
  const m = t();
  const word = m.coverage[LETTER_WORDS[letter] ?? "unknown"];
  return (
    <span class={`mark ${LETTER_WORDS[letter] ?? "unknown"}`} title={`${m.coverage[figure]}：${word}`}>
      <span aria-hidden="true">{look(m.matrix.marks, letter)}</span>
      <span class="unseen">
        {m.coverage[figure]} {word}
      </span>
    </span>
  );
}

function Legend() {
  const m = t();
  return (
    <footer class="legend">
      <span>
        <i class="swatch met" /> {m.coverage.met}
      </span>
      <span>
        <i class="swatch unknown" /> {m.coverage.unknown}
      </span>
      <span>
        <i class="swatch not_met" /> {m.coverage.not_met}
      </span>
      <span class="dim">{m.coverage.ledgerTitle}</span>
      <span class="dim">{m.coverage.liveTitle}</span>
    </footer>
  );
}
