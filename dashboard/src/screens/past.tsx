/** Past days: choosing one and whose knowledge of it, saying which is shown, and why one is not there (yet). */
import { computed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Coverage, CoverageBasis, Days } from "../api.gen";
import { type Failure, query } from "../client";
import { day, dateTime } from "../format";
import { look, t } from "../i18n";
import { replaceQuery, route } from "../route";
import { second } from "../store/feed";
import { addDays, isDay, type Knowledge, lastUntil, type Moment, momentOf } from "../store/moment";
import { Button, Choice } from "../ui/parts";
import { useResource } from "../ui/resource";

export const DAYS_MAX = 1_100; // As many as the server keeps in full, and lists at once.
const ASK_AGAIN_MS = 2_000;
const PERCENT = 100;
const NOT_FOUND = 404;

export const today = computed(() => day(second.value));

/** The past day that the address asks for; null is the present. */
export const moment = (): Moment | null => momentOf(route.value.query, today.value);

/** Ask again, as long as a day is being judged anew or waits for its turn. */
export function useAsking(bases: readonly (CoverageBasis | null | undefined)[], data: unknown, reload: () => void) {
  const open = bases.some((basis) => basis?.state === "working" || basis?.state === "busy");
  useEffect(() => {
    if (!open) return;
    const timer = setTimeout(reload, ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [open, data]);
}

/** Say whether a unit was there on a day: an empty list of a unit that was not is no good news. Null: not known yet. */
export function useUnitThere(unit: string | undefined, on: string, known: Knowledge, wanted = true) {
  const path = wanted ? `/coverage${query({ parent: unit, on, known })}` : null;
  const { data, failure, reload } = useResource<Coverage>(path);
  const ready = data?.basis?.state === "ready" ? data : null;
  useAsking([data?.basis], data, reload);
  if (isGone(failure)) return { there: false, failure: null, reload };
  return { there: ready && ready.rows.length > 0, failure, reload };
}

/** The server says so of a unit that was not there on the day that was asked for. */
export const isGone = (failure: Failure | null): boolean => failure?.status === NOT_FOUND;

/** Today, or a past day with the switch of knowledge; kept in the address. */
export function DayChoice() {
  const m = t();
  const shown = moment();
  const set = (on: string | undefined, known?: Knowledge) =>
    replaceQuery({ ...route.peek().query, on, known: known === "now" ? "now" : undefined });
  return (
    <div class="row daychoice">
      <Choice
        label={m.past.label}
        value={shown ? "past" : "live"}
        options={[
          { value: "live", text: m.past.live },
          { value: "past", text: m.past.past },
        ]}
        pick={(value) => set(value === "live" ? undefined : (shown?.on ?? addDays(today.peek(), -1)), shown?.known)}
      />
      {shown && (
        <>
          <DayInput label={m.past.pick} value={shown.on} pick={(on) => set(on, shown.known)} />
          <KnowledgeChoice value={shown.known} pick={(known) => set(shown.on, known)} />
        </>
      )}
    </div>
  );
}

export function DayInput({ label, value, pick }: { label: string; value: string; pick: (on: string) => void }) {
  const m = t();
  const last = addDays(today.value, -1);
  const step = (days: number) => {
    const next = isDay(value) ? addDays(value, days) : last;
    pick(next > last ? last : next);
  };
  return (
    <span class="row">
      <button type="button" class="icon" aria-label={`${label}: ${m.past.before}`} onClick={() => step(-1)}>
        ‹
      </button>
      <input
        type="date"
        aria-label={label}
        value={value}
        min="2020-01-01"
        max={last}
        onChange={(event) => {
          const on = event.currentTarget.value;
          if (isDay(on) && on >= "2020-01-01" && on <= last) pick(on); // Half-typed years are no days to ask for.
        }}
      />
      <button
        type="button"
        class="icon"
        aria-label={`${label}: ${m.past.after}`}
        disabled={value >= last}
        onClick={() => step(1)}
      >
        ›
      </button>
    </span>
  );
}

export function KnowledgeChoice({ value, pick }: { value: Knowledge; pick: (known: Knowledge) => void }) {
  const m = t();
  return (
    <Choice
      label={m.past.knownLabel}
      value={value}
      options={[
        { value: "then", text: m.past.then },
        { value: "now", text: m.past.now },
      ]}
      pick={pick}
    />
  );
}

/** Which day and whose knowledge, when and of what it was made; or what the day lacks, in words and never as an empty table. */
export function PastBanner({
  basis,
  again,
  pick,
}: {
  basis: CoverageBasis;
  again: () => void;
  pick: (on: string) => void;
}) {
  const m = t();
  const ready = basis.state === "ready";
  return (
    <section class={`panel block pastbanner ${ready ? "" : "lacking"}`} role="status">
      <b>{m.past.shown(basis.on, m.past[basis.known])}</b>{" "}
      <span class="dim">{basis.known === "then" ? m.past.thenHint : m.past.nowHint}</span>
      {ready && (
        <p>
          {basis.taken_at !== null &&
            (basis.known === "now" ? m.past.judgedAt : basis.late ? m.past.frozenLate : m.past.frozenAt)(
              dateTime(basis.taken_at),
            )}
          {basis.source && ` · ${look(m.past.sources, basis.source)}`}
        </p>
      )}
      {ready &&
        basis.notes.map((note) => (
          <p key={note} class="lacks">
            {look(m.past.notes, note)}
          </p>
        ))}
      {basis.state === "working" && <Working basis={basis} />}
      {basis.state === "busy" && <p class="lacks">{m.past.busy}</p>}
      {basis.state === "failed" && (
        <p class="lacks">
          {m.past.failed}
          {basis.detail && `${m.common.colon}${basis.detail}`} <Button onClick={again}>{m.common.retry}</Button>
        </p>
      )}
      {basis.state === "none" && <NotThere on={basis.on} pick={pick} />}
    </section>
  );
}

function Working({ basis }: { basis: CoverageBasis }) {
  const m = t();
  const share = basis.total > 0 ? Math.min(PERCENT, Math.floor((PERCENT * basis.done) / basis.total)) : null;
  return (
    <p class="lacks">
      {m.past.working}
      {m.common.colon}
      {look(m.past.stages, basis.stage)} {share !== null && <progress value={share} max={PERCENT} />}
      {share !== null && ` ${share}%`}
    </p>
  );
}

/** A day without a snapshot: never frozen, or kept no more; with the frozen days next to it. */
function NotThere({ on, pick }: { on: string; pick: (on: string) => void }) {
  const m = t();
  const { data, failure } = useResource<Days>(`/days?last=${DAYS_MAX}`);
  const days = data?.items.map((one) => one.on) ?? [];
  const listed = data ? on >= addDays(data.today, -DAYS_MAX) : false;
  const near = [lastUntil(days, on), days.find((one) => one > on)].filter((one) => one !== undefined && one !== on);
  return (
    <p class="lacks">
      {!listed ? m.past.noneKept : days.includes(on) ? m.past.gone : m.past.notFrozen}
      {data && days.length === 0 && ` ${m.past.noDays}`}
      {failure && ` ${m.past.daysUnknown}`}
      {near.map((one) => (
        <Button key={one} onClick={() => pick(one!)}>
          {one}
        </Button>
      ))}
    </p>
  );
}

/** What an address asks for that cannot be a past day. */
export function PastFault({ shown }: { shown: Moment }) {
  const m = t();
  return (
    <section class="panel block pastbanner lacking" role="status">
      <b>{shown.on}</b>
      <p class="lacks">{shown.fault === "future" ? m.past.future : m.past.unreadable}</p>
    </section>
  );
}
