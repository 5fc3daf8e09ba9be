/** What another setting would have done: both sides by day and by school, what would vanish, what would be new, what was left out. */
import type { WhatIfAlert, WhatIfDay, WhatIfView } from "../api.gen";
import { count, dateTime, day, span } from "../format";
import { look, named, t } from "../i18n";
import { href } from "../route";
import { Badge, Button, Empty, Severity } from "../ui/parts";

const INSTANTS = new Set(["begins", "archive_gone", "archive_cut"]);
const BAR_WIDTH = 20;
const HEIGHT = 90;

export function Comparison({ job, cancel }: { job: WhatIfView | null; cancel: () => void }) {
  const m = t();
  if (!job)
    return (
      <section class="panel block">
        <h2>{m.whatif.title}</h2>
        <Empty title={m.whatif.empty} />
      </section>
    );
  const busy = job.state === "waiting" || job.state === "reading";
  return (
    <section class="panel block whatif" aria-busy={busy ? "true" : "false"}>
      <header class="row">
        <h2>{m.whatif.title}</h2>
        <span class="dim">{m.whatif.span(day(job.since), day(job.until))}</span>
        <span class="stretch" />
        <span role="status">
          {look(m.whatif.states, job.state)} {busy && m.whatif.progress(job.schools_done, job.schools_chosen)}
        </span>
        {busy && (
          <>
            <progress
              max={job.schools_chosen}
              value={job.schools_done}
              aria-label={m.whatif.progress(job.schools_done, job.schools_chosen)}
            />
            <Button onClick={cancel}>{m.whatif.cancel}</Button>
          </>
        )}
      </header>
      {job.schools_done > 0 && <Found job={job} />}
      {!busy && (
        <>
          {job.notes.length > 0 && (
            <>
              <h3>{m.whatif.notes}</h3>
              <ul class="leftout">
                {job.notes.map((note) => (
                  <li key={note.code}>
                    {m.whatif.note[note.code]?.(
                      INSTANTS.has(note.code) ? dateTime(Number(note.value)) : note.value,
                      job.schools_asked,
                    ) ?? note.code}
                  </li>
                ))}
              </ul>
            </>
          )}
          <p class="dim small">{m.whatif.people}</p>
        </>
      )}
    </section>
  );
}

function Found({ job }: { job: WhatIfView }) {
  const m = t();
  if (job.before + job.after === 0) return <p>{m.whatif.nothing}</p>;
  return (
    <>
      <dl class="sides">
        <Figure word={m.whatif.before} value={job.before} />
        <Figure word={m.whatif.after} value={job.after} />
        <Figure word={m.whatif.vanished} value={job.vanished} />
        <Figure word={m.whatif.new} value={job.new} />
      </dl>
      {job.vanished + job.new === 0 && <p>{m.whatif.same}</p>}
      <h3>{m.whatif.byDay}</h3>
      <Bars days={job.days} />
      <details>
        <summary>{m.whatif.inNumbers}</summary>
        <Days days={job.days} />
      </details>
      <Told title={m.whatif.vanished} items={job.vanished_alerts} total={job.vanished} />
      <Told title={m.whatif.new} items={job.new_alerts} total={job.new} />
      <h3>{m.whatif.bySchool}</h3>
      <div class="tablebox" tabIndex={0} role="region" aria-label={m.whatif.bySchool}>
        <table class="gaps">
          <thead>
            <tr>
              <th scope="col">{m.whatif.school}</th>
              <th scope="col" class="number">
                {m.whatif.before}
              </th>
              <th scope="col" class="number">
                {m.whatif.after}
              </th>
            </tr>
          </thead>
          <tbody>
            {job.schools.map((one) => (
              <tr key={one.school}>
                <td>
                  <a href={href(`schools/${one.school}`)}>
                    {named({ name: one.school_name, name_en: one.school_name_en }, one.school)}
                  </a>
                </td>
                <td class="number">{count(one.before)}</td>
                <td class="number">{count(one.after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Figure({ word, value }: { word: string; value: number }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>{count(value)}</dd>
    </div>
  );
}

/** Two bars for each day; the table below says the same in numbers. */
function Bars({ days }: { days: WhatIfDay[] }) {
  const m = t();
  const most = Math.max(1, ...days.map((one) => Math.max(one.raised_before, one.raised_after)));
  const tall = (value: number): number => (value ? Math.max(2, (HEIGHT * value) / most) : 0);
  return (
    <figure class="daybars" tabIndex={0} aria-label={m.whatif.byDay}>
      <svg viewBox={`0 0 ${days.length * BAR_WIDTH} ${HEIGHT + 16}`} aria-hidden="true">
        {days.map((one, ix) => {
          const [before, after] = [tall(one.raised_before), tall(one.raised_after)];
          return (
            <g key={one.on} transform={`translate(${ix * BAR_WIDTH} 0)`}>
              <title>{`${one.on} · ${m.whatif.before} ${one.raised_before} · ${m.whatif.after} ${one.raised_after}`}</title>
              <rect class="before" x="2" width="7" y={HEIGHT - before} height={before} />
              <rect class="after" x="10" width="7" y={HEIGHT - after} height={after} />
              {ix % 5 === 0 && (
                <text x="2" y={HEIGHT + 13}>
                  {one.on.slice(5)}
                </text>
              )}
            </g>
          );
        })}
        <line x1="0" x2={days.length * BAR_WIDTH} y1={HEIGHT} y2={HEIGHT} />
      </svg>
      <figcaption class="small">
        <span class="key before" /> {m.whatif.before} <span class="key after" /> {m.whatif.after}
      </figcaption>
    </figure>
  );
}

function Days({ days }: { days: WhatIfDay[] }) {
  const m = t();
  return (
    <table class="gaps">
      <thead>
        <tr>
          <th scope="col">{m.whatif.day}</th>
          {[m.whatif.before, m.whatif.after].flatMap((side) =>
            [m.whatif.raised, m.whatif.cleared].map((what) => (
              <th scope="col" class="number" key={`${side} ${what}`}>
                {side} · {what}
              </th>
            )),
          )}
        </tr>
      </thead>
      <tbody>
        {days.map((one) => (
          <tr key={one.on}>
            <td>{one.on}</td>
            <td class="number">{one.raised_before}</td>
            <td class="number">{one.cleared_before}</td>
            <td class="number">{one.raised_after}</td>
            <td class="number">{one.cleared_after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Told({ title, items, total }: { title: string; items: WhatIfAlert[]; total: number }) {
  const m = t();
  if (total === 0) return null;
  return (
    <>
      <h3>
        {title} <Badge kind="plain">{count(total)}</Badge>
      </h3>
      <div class="tablebox" tabIndex={0} role="region" aria-label={title}>
        <table class="gaps">
          <thead>
            <tr>
              <th scope="col">{m.whatif.when}</th>
              <th scope="col">{m.rules.severityNow}</th>
              <th scope="col">{m.whatif.school}</th>
              <th scope="col">{m.whatif.device}</th>
              <th scope="col">{m.whatif.lasted}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <tr key={`${one.school} ${one.gateway} ${one.device} ${one.raised}`}>
                <td>
                  {one.alert ? (
                    <a href={href("live", { alert: one.alert })} title={m.whatif.told}>
                      {dateTime(one.raised)}
                    </a>
                  ) : (
                    dateTime(one.raised)
                  )}
                </td>
                <td>
                  <Severity level={one.severity} />
                </td>
                <td>
                  <a href={href(`schools/${one.school}`)}>
                    {named({ name: one.school_name, name_en: one.school_name_en }, one.school)}
                  </a>
                </td>
                <td>{one.device_name || one.device || "–"}</td>
                <td>{one.ended === null ? m.whatif.lasts : span(one.ended - one.raised)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {total > items.length && <p class="dim">{m.whatif.more(total - items.length)}</p>}
    </>
  );
}
