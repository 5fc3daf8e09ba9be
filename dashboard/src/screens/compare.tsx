/** Two days beside each other: what is judged otherwise, by unit and school, and what happened in between. */
import type { Change, ChangePage, ChangeSum, Days, IndicatorView, Sheets, VerdictView, WhyView } from "../api.gen";
import { query } from "../client";
import { count, dateTime } from "../format";
import { labelled, look, named, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { addDays, isDay, type Knowledge, lastUntil } from "../store/moment";
import { may } from "../store/session";
import { PageHead } from "../ui/pagehead";
import { usePages } from "../ui/pages";
import { Button, Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { type Figure, FIGURES, LETTER_WORDS, Mark } from "./coverage";
import {
  DAYS_MAX,
  DayInput,
  isGone,
  KnowledgeChoice,
  PastBanner,
  PastFault,
  today,
  useAsking,
  useUnitThere,
} from "./past";
import { IndicatorSelect } from "./indicatorselect";
import { UnitSelect } from "./unitselect";

const WEEK = 7;
const LETTERS = { met: "m", not_met: "n", unknown: "u", exempt: "e" } as const;

interface Sides {
  from: string;
  to: string;
  fromKnown: Knowledge;
  toKnown: Knowledge;
}

/** Read which two days an address asks for; those it leaves out are a frozen day and the one a week before it. Pure. */
export function sidesOf(q: Record<string, string>, frozen: readonly string[], yesterday: string): Sides {
  const to = q["to"] ?? frozen[frozen.length - 1] ?? yesterday;
  const before = isDay(to) ? (lastUntil(frozen, addDays(to, -WEEK)) ?? frozen.find((one) => one < to)) : undefined;
  return {
    from: q["from"] ?? before ?? to,
    to,
    fromKnown: q["from_known"] === "now" ? "now" : "then",
    toKnown: q["to_known"] === "now" ? "now" : "then",
  };
}

export function CompareScreen() {
  const m = t();
  const q = route.value.query;
  const days = useResource<Days>(`/days?last=${DAYS_MAX}`);
  const known = days.data || (q["from"] && q["to"]); // Without the days nobody knows which two to begin with.
  const sides = sidesOf(q, days.data?.items.map((one) => one.on) ?? [], addDays(today.value, -1));
  const fault = [sides.from, sides.to].find((on) => !isDay(on) || on >= today.value);
  const turned = !fault && sides.from > sides.to;
  const same = sides.from === sides.to && sides.fromKnown === sides.toKnown;
  const figure = FIGURES.find((one) => one === q["figure"]);
  const { unit, indicator } = q;
  const filter = query({
    from: sides.from,
    to: sides.to,
    from_known: sides.fromKnown,
    to_known: sides.toKnown,
    unit,
    indicator,
    figure,
  });
  const list = usePages<Change, ChangePage>(known && !fault && !turned && !same ? `/coverage/changes${filter}` : null);
  const page = list.page;
  useAsking([page?.before, page?.after], page, list.reload);
  const ready = page?.before.state === "ready" && page.after.state === "ready";
  const sheets = useResource<Sheets>(may("ledger") ? "/sheets" : null);
  const indicators = new Map(
    [...(picture.value?.indicators ?? []), ...(page?.before.indicators ?? []), ...(page?.after.indicators ?? [])].map(
      (one) => [one.id, one],
    ),
  );
  const set = (change: Record<string, string | undefined>) => replaceQuery({ ...route.peek().query, ...change });
  return (
    <div class="coverage page">
      <PageHead
        back={{ to: href("coverage", { unit }), text: m.coverage.title }}
        title={m.compare.title}
        lead={m.compare.lead}
      />
      {days.failure && <Trouble failure={days.failure} retry={days.reload} />}
      {known && (
        <div class="row daychoice">
          <span>{m.compare.from}</span>
          <DayInput label={m.compare.from} value={sides.from} pick={(on) => set({ from: on, to: sides.to })} />
          <KnowledgeChoice
            value={sides.fromKnown}
            pick={(value) => set({ from_known: value === "now" ? value : undefined })}
          />
          <span>{m.compare.to}</span>
          <DayInput label={m.compare.to} value={sides.to} pick={(on) => set({ to: on, from: sides.from })} />
          <KnowledgeChoice
            value={sides.toKnown}
            pick={(value) => set({ to_known: value === "now" ? value : undefined })}
          />
          <Button onClick={() => set({ from: sides.to, to: sides.to, from_known: undefined, to_known: "now" })}>
            {m.compare.learnt}
          </Button>
        </div>
      )}
      <div class="row">
        <UnitSelect unit={unit} pick={(value) => set({ unit: value })} />
        <IndicatorSelect
          every
          indicators={indicators.values()}
          indicator={indicator}
          pick={(value) => set({ indicator: value })}
        />
        <Choice
          label={m.coverage.figure}
          value={figure ?? ""}
          options={[
            { value: "", text: m.common.all },
            { value: "ledger", text: m.coverage.ledger },
            { value: "live", text: m.coverage.live },
          ]}
          pick={(value) => set({ figure: value || undefined })}
        />
      </div>
      {known && fault && (
        <PastFault shown={{ on: fault, known: "then", fault: isDay(fault) ? "future" : "unreadable" }} />
      )}
      {days.data?.items.length === 0 && <p class="panel block lacks">{m.past.noDays}</p>}
      {turned && <Empty title={m.compare.turned} />}
      {known && same && !fault && <Empty title={m.compare.same} hint={m.compare.sameHint} />}
      {page && <PastBanner basis={page.before} again={list.reload} pick={(on) => set({ from: on, to: sides.to })} />}
      {page && <PastBanner basis={page.after} again={list.reload} pick={(on) => set({ to: on, from: sides.from })} />}
      {list.failure &&
        (isGone(list.failure) ? (
          <Empty title={m.past.noUnit} hint={m.past.noUnitHint} />
        ) : (
          <Trouble failure={list.failure} retry={list.reload} />
        ))}
      {((!known && !days.failure) || (known && !fault && !turned && !same && !page && !list.failure)) && <Waiting />}
      {page && ready && list.items && (
        <>
          {page.cut && <p class="panel block lacks">{m.compare.cut}</p>}
          <Sums sums={page.sums} indicators={indicators} />
          {list.items.length === 0 ? (
            <Nothing unit={unit} sides={sides} />
          ) : (
            <div class={`panel tablebox ${list.failure ? "old" : ""}`}>
              <Changes items={list.items} indicators={indicators} sheets={sheets.data} cut={page.cut} />
              <footer class="row">
                <span class="dim">{m.compare.shown(count(list.items.length), count(list.total))}</span>
                {list.next !== null && (
                  <Button busy={list.busy} onClick={list.more}>
                    {m.common.more}
                  </Button>
                )}
              </footer>
            </div>
          )}
        </>
      )}
    </div>
  );
}

/** No change: because all stayed as it was, or because the unit was there on neither day. */
function Nothing({ unit, sides }: { unit: string | undefined; sides: Sides }) {
  const m = t();
  const after = useUnitThere(unit, sides.to, sides.toKnown);
  const before = useUnitThere(unit, sides.from, sides.fromKnown, after.there === false);
  const failed = after.failure ? after : before.failure ? before : null;
  if (failed?.failure) return <Trouble failure={failed.failure} retry={failed.reload} />;
  if (after.there || before.there) return <Empty title={m.compare.none} hint={m.compare.noneHint} />;
  if (before.there === null) return <Waiting />;
  return <Empty title={m.past.noUnit} hint={m.past.noUnitHint} />;
}

/** How many came to be met, are met no more, or differ otherwise: of all, and by indicator. */
function Sums({ sums, indicators }: { sums: ChangeSum[]; indicators: Map<string, IndicatorView> }) {
  const m = t();
  if (sums.length === 0) return null;
  return (
    <div class="panel tablebox">
      <table class="gaps sums">
        <thead>
          <tr>
            <th scope="col">{m.coverage.gapColumns.indicator}</th>
            <th scope="col">{m.coverage.figure}</th>
            <th scope="col" class="num">
              {m.compare.gained}
            </th>
            <th scope="col" class="num">
              {m.compare.lost}
            </th>
            <th scope="col" class="num">
              {m.compare.other}
            </th>
          </tr>
        </thead>
        <tbody>
          {FIGURES.map((figure) => {
            const mine = sums.filter((one) => one.figure === figure);
            if (mine.length < 2) return null;
            const add = (of: "gained" | "lost" | "other") => mine.reduce((sum, one) => sum + one[of], 0);
            return (
              <SumRow
                key={figure}
                label={m.coverage.gapAll}
                figure={figure}
                gained={add("gained")}
                lost={add("lost")}
                other={add("other")}
              />
            );
          })}
          {sums.map((one) => {
            const indicator = indicators.get(one.indicator);
            const label = indicator ? labelled(indicator) : one.indicator;
            return <SumRow key={`${one.indicator} ${one.figure}`} label={label} {...one} />;
          })}
        </tbody>
      </table>
    </div>
  );
}

function SumRow({ label, figure, gained, lost, other }: Omit<ChangeSum, "indicator"> & { label: string }) {
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>{t().coverage[figure]}</td>
      <td class="num">{count(gained)}</td>
      <td class={`num ${lost > 0 ? "bad" : ""}`}>{count(lost)}</td>
      <td class="num">{count(other)}</td>
    </tr>
  );
}

interface Told {
  indicators: Map<string, IndicatorView>;
  sheets: Sheets | null;
  cut: boolean;
}

function Changes({ items, ...told }: { items: Change[] } & Told) {
  const m = t();
  const units = new Map<string, Change[]>();
  for (const one of items) {
    const mine = units.get(one.unit);
    if (mine) mine.push(one);
    else units.set(one.unit, [one]);
  }
  return (
    <table class="gaps changed">
      <thead>
        <tr>
          <th scope="col">{m.coverage.gapColumns.school}</th>
          <th scope="col">{m.coverage.gapColumns.indicator}</th>
          <th scope="col">{m.compare.from}</th>
          <th scope="col">{m.compare.to}</th>
          <th scope="col">{m.compare.why}</th>
        </tr>
      </thead>
      {[...units].map(([unit, mine]) => (
        <tbody key={unit}>
          <tr class="total">
            <th scope="rowgroup" colSpan={5}>
              {named({ name: mine[0]!.unit_name, name_en: mine[0]!.unit_name_en }) || unit}
            </th>
          </tr>
          {mine.map((one, ix) => (
            <ChangeRow
              key={`${one.school} ${one.indicator} ${one.figure}`}
              one={one}
              first={mine[ix - 1]?.school !== one.school}
              {...told}
            />
          ))}
        </tbody>
      ))}
    </table>
  );
}

function ChangeRow({ one, first, indicators, sheets, cut }: { one: Change; first: boolean } & Told) {
  const m = t();
  const indicator = indicators.get(one.indicator);
  const name = named({ name: one.school_name, name_en: one.school_name_en });
  return (
    <tr>
      <th scope="row">
        {first ? <a href={href(`schools/${one.school}`)}>{name}</a> : <span class="dim">{name}</span>}
      </th>
      <td>
        {indicator ? labelled(indicator) : one.indicator} <small class="dim">{m.coverage[one.figure]}</small>
      </td>
      <Judged verdict={one.before} figure={one.figure} />
      <Judged verdict={one.after} figure={one.figure} />
      <td>
        {one.why.length === 0 ? (
          <span class="dim">{cut ? m.compare.noWhyCut : m.compare.noWhy}</span>
        ) : (
          <ul class="why">
            {one.why.map((why, ix) => (
              <WhyLine key={ix} why={why} sheets={sheets} />
            ))}
          </ul>
        )}
      </td>
    </tr>
  );
}

function Judged({ verdict, figure }: { verdict: VerdictView; figure: Figure }) {
  const m = t();
  const letter = verdict.judgement ? LETTERS[verdict.judgement] : "-";
  const word = m.coverage[LETTER_WORDS[letter] ?? "unknown"];
  return (
    <td>
      <Mark letter={letter} figure={figure} /> {word}
      {verdict.reasons.length > 0 && (
        <small class="dim block">
          {verdict.reasons.map((reason) => look(m.reason, reason)).join(m.common.listJoin)}
        </small>
      )}
    </td>
  );
}

function WhyLine({ why, sheets }: { why: WhyView; sheets: Sheets | null }) {
  const m = t();
  const sheet = sheets?.items.find((one) => one.name === why.what);
  const what = why.kind === "alert" ? look(m.rule, why.what) : sheet ? labelled(sheet) : why.what;
  return (
    <li>
      <span class="dim">{dateTime(why.at)}</span> {m.compare.kinds[why.kind]}
      {m.common.colon}
      {what} <span class="id">{why.target}</span>
      {why.by && ` · ${why.by}`}
      {why.reason && ` · ${why.reason}`}
      {why.effective && <span class="dim"> · {m.compare.effective(why.effective)}</span>}
    </li>
  );
}
