/** The city's school calendar: terms, holidays, make-up days, exam days, and the hours of a school day. */
import { useEffect, useState } from "preact/hooks";
import type { CalendarView } from "../api.gen";
import { t } from "../i18n";
import { href } from "../route";
import { PageHead } from "../ui/pagehead";
import { Button, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { Faults, useEdit, Why } from "./ledgerline";

type Days = "holidays" | "make_up_days" | "exam_days";
type Hours = "class_hours" | "peaks";

export function CalendarScreen() {
  const m = t();
  const resource = useResource<CalendarView>("/calendar");
  return (
    <div class="ledger page">
      <PageHead back={{ to: href("ledger"), text: m.ledger.title }} title={m.calendar.title} lead={m.calendar.lead} />
      {resource.failure && <Trouble failure={resource.failure} retry={resource.reload} />}
      {!resource.data && !resource.failure && <Waiting />}
      {resource.data && <Editor held={resource.data} reload={resource.reload} />}
    </div>
  );
}

function Editor({ held, reload }: { held: CalendarView; reload: () => void }) {
  const m = t();
  const [draft, setDraft] = useState(held);
  const [reason, setReason] = useState("");
  const [effective, setEffective] = useState("");
  const edit = useEdit("/calendar", reload);
  useEffect(() => setDraft(held), [held]);
  const locked = !held.editable;
  const submit = (event: Event) => {
    event.preventDefault();
    const { editable: _, ...body } = draft;
    void edit.send({ ...body, reason, effective });
  };
  const labelled = edit.faults.map((fault) => {
    const word = m.calendar[fault.column as Days | Hours | "terms"] ?? fault.column;
    return { ...fault, label: word, label_en: word };
  });
  return (
    <form class="calendar" onSubmit={submit}>
      <section class="panel block">
        <h2>{m.calendar.terms}</h2>
        {draft.terms.map((term, ix) => {
          const set = (change: Partial<typeof term>) =>
            setDraft({ ...draft, terms: draft.terms.map((one, at) => (at === ix ? { ...one, ...change } : one)) });
          return (
            <p class="row" key={ix}>
              <input
                type="date"
                aria-label={m.calendar.first}
                disabled={locked}
                value={term.first}
                onInput={(event) => set({ first: event.currentTarget.value })}
              />
              –
              <input
                type="date"
                aria-label={m.calendar.last}
                disabled={locked}
                value={term.last}
                onInput={(event) => set({ last: event.currentTarget.value })}
              />
              {!locked && (
                <button
                  type="button"
                  class="icon"
                  aria-label={m.calendar.remove}
                  onClick={() => setDraft({ ...draft, terms: draft.terms.filter((_, at) => at !== ix) })}
                >
                  ✕
                </button>
              )}
            </p>
          );
        })}
        {!locked && (
          <Button
            class="small"
            onClick={() => setDraft({ ...draft, terms: [...draft.terms, { first: "", last: "" }] })}
          >
            {m.calendar.addTerm}
          </Button>
        )}
      </section>
      {(["holidays", "make_up_days", "exam_days"] as Days[]).map((kind) => (
        <DayList
          key={kind}
          title={m.calendar[kind]}
          hint={m.calendar.hints[kind]}
          days={draft[kind]}
          locked={locked}
          set={(days) => setDraft({ ...draft, [kind]: days })}
        />
      ))}
      {(["class_hours", "peaks"] as Hours[]).map((kind) => (
        <HourList
          key={kind}
          title={m.calendar[kind]}
          spans={draft[kind]}
          locked={locked}
          set={(spans) => setDraft({ ...draft, [kind]: spans })}
        />
      ))}
      {!locked && (
        <section class="panel block lineform wide">
          <Faults faults={labelled} />
          <Why reason={reason} setReason={setReason} effective={effective} setEffective={setEffective} />
          <div class="row">
            <Button look="primary" type="submit" busy={edit.busy} disabled={!reason.trim()}>
              {m.ledger.save}
            </Button>
          </div>
        </section>
      )}
    </form>
  );
}

function DayList({
  title,
  hint,
  days,
  locked,
  set,
}: {
  title: string;
  hint: string;
  days: string[];
  locked: boolean;
  set: (days: string[]) => void;
}) {
  const m = t();
  const [first, setFirst] = useState("");
  const [last, setLast] = useState("");
  const add = () => {
    set([...new Set([...days, ...between(first, last || first)])].sort());
    setFirst("");
    setLast("");
  };
  return (
    <section class="panel block">
      <h2>
        {title} <small>{days.length}</small>
      </h2>
      <p class="dim small">{hint}</p>
      <ul class="days">
        {days.map((day) => (
          <li key={day} class="badge plain">
            {day}
            {!locked && (
              <button
                type="button"
                aria-label={`${m.calendar.remove} ${day}`}
                onClick={() => set(days.filter((one) => one !== day))}
              >
                ✕
              </button>
            )}
          </li>
        ))}
        {days.length === 0 && <li class="dim">{m.common.none}</li>}
      </ul>
      {!locked && (
        <p class="row">
          <input
            type="date"
            aria-label={`${title} ${m.calendar.first}`}
            value={first}
            onInput={(event) => setFirst(event.currentTarget.value)}
          />
          –
          <input
            type="date"
            aria-label={`${title} ${m.calendar.last}`}
            value={last}
            onInput={(event) => setLast(event.currentTarget.value)}
          />
          <Button class="small" disabled={!first} onClick={add}>
            {m.calendar.addDays}
          </Button>
        </p>
      )}
    </section>
  );
}

function HourList({
  title,
  spans,
  locked,
  set,
}: {
  title: string;
  spans: [number, number][];
  locked: boolean;
  set: (spans: [number, number][]) => void;
}) {
  const m = t();
  return (
    <section class="panel block">
      <h2>{title}</h2>
      {spans.map((span, ix) => (
        <p class="row" key={ix}>
          {([0, 1] as const).map((side) => (
            <input
              key={side}
              type="time"
              aria-label={`${title} ${side ? m.calendar.last : m.calendar.first}`}
              disabled={locked}
              value={timeOf(span[side])}
              onInput={(event) => {
                const minutes = minutesOf(event.currentTarget.value);
                set(spans.map((one, at) => (at !== ix ? one : side ? [one[0], minutes] : [minutes, one[1]])));
              }}
            />
          ))}
          {!locked && (
            <button
              type="button"
              class="icon"
              aria-label={m.calendar.remove}
              onClick={() => set(spans.filter((_, at) => at !== ix))}
            >
              ✕
            </button>
          )}
        </p>
      ))}
      {!locked && (
        <Button class="small" onClick={() => set([...spans, [0, 0]])}>
          {m.calendar.addHours}
        </Button>
      )}
    </section>
  );
}

/** Every day from one to another, both included; at most a year of them. Pure. */
export function between(first: string, last: string): string[] {
  const found: string[] = [];
  const end = Date.parse(`${last}T00:00:00Z`);
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= end && found.length < 366; at += 86_400_000) {
    found.push(new Date(at).toISOString().slice(0, 10));
  }
  return found;
}

/** Minutes after midnight as a clock shows them, and back. Pure. */
export const timeOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
export const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
};
