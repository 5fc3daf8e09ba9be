/** Reports: choose what, of which branch and day, in which language; take it; and the record of those that were given. */
import { useState } from "preact/hooks";
import type { ReportGiven, ReportKind, Reports } from "../api.gen";
import { API, query } from "../client";
import { count, dateTime } from "../format";
import { labelled, look, named, t } from "../i18n";
import { language } from "../preferences";
import { picture } from "../store/feed";
import { me } from "../store/session";
import { schoolNameOf } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { Choice, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

const HASH_LEAST = 8;

export function ReportsScreen() {
  const m = t();
  const [turn, setTurn] = useState(0);
  const [hash, setHash] = useState("");
  const asked = hash.trim().toLowerCase();
  const usable = /^[0-9a-f]*$/.test(asked) && (asked.length === 0 || asked.length >= HASH_LEAST) && asked.length <= 64;
  const resource = useResource<Reports>(`/reports${query({ sha256: usable ? asked : "", limit: 100 })}`, turn);
  const { data, failure } = resource;
  const later = () => setTimeout(() => setTurn((n) => n + 1), 2_500); // The file comes first, then its line on record.
  return (
    <div class="coverage page">
      <PageHead title={m.reports.title} lead={m.reports.lead} />
      {failure && <Trouble failure={failure} retry={resource.reload} />}
      {!data && !failure && <Waiting />}
      {data && <Order kinds={data.kinds} today={data.today} taken={later} />}
      {data && (
        <section class="panel tablebox">
          <header class="row given">
            <h2>{m.reports.given}</h2>
            <span class="stretch" />
            <input
              type="search"
              value={hash}
              maxLength={64}
              aria-label={m.reports.findHash}
              placeholder={m.reports.findHash}
              aria-invalid={usable ? "false" : "true"}
              onInput={(event) => setHash(event.currentTarget.value)}
            />
          </header>
          {data.given.length === 0 ? (
            <Empty title={m.reports.none} hint={m.reports.noneHint} />
          ) : (
            <Given items={data.given} kinds={data.kinds} />
          )}
        </section>
      )}
    </div>
  );
}

function Order({ kinds, today, taken }: { kinds: ReportKind[]; today: string; taken: () => void }) {
  const m = t();
  const held = picture.value;
  const scope = me.value?.scope;
  const [kind, setKind] = useState(kinds[0]?.id ?? "");
  const [place, setPlace] = useState(scope ? `${scope.kind}:${scope.id}` : "");
  const [day, setDay] = useState(today);
  const [words, setWords] = useState<"zh" | "en">(language.value === "en" ? "en" : "zh");
  const chosen = kinds.find((one) => one.id === kind);
  const [placeKind = "", placeId = ""] = place.split(/:(.*)/s);
  const possible = !!chosen?.scopes.includes(placeKind) && !!placeId && /^\d{4}-\d\d-\d\d$/.test(day) && day <= today;
  const address = (form: "html" | "xlsx"): string =>
    `${API}/reports/${kind}${query({ [placeKind]: placeId, day: day === today ? "" : day, language: words, form })}`;
  return (
    <section class="panel order" aria-label={m.reports.order}>
      <Choice
        label={m.reports.kind}
        value={kind}
        options={kinds.map((one) => ({ value: one.id, text: labelled(one) }))}
        pick={setKind}
      />
      <p class="dim small">{chosen && (language.value === "en" ? chosen.about_en : chosen.about)}</p>
      <div class="row">
        <label>
          {m.reports.branch}
          <select value={place} onChange={(event) => setPlace(event.currentTarget.value)}>
            {scope?.kind === "school" && <option value={`school:${scope.id}`}>{named(scope)}</option>}
            {scope?.kind !== "school" && (
              <>
                <optgroup label={m.reports.units}>
                  {[...(held?.units.values() ?? [])].map((one) => (
                    <option key={one.id} value={`unit:${one.id}`}>
                      {named(one)}
                    </option>
                  ))}
                </optgroup>
                <optgroup label={m.reports.stations}>
                  {[...(held?.stations.values() ?? [])].map((one) => (
                    <option key={one.id} value={`station:${one.id}`}>
                      {named(one)}
                    </option>
                  ))}
                </optgroup>
                {placeKind === "school" && <option value={place}>{schoolNameOf(placeId) || placeId}</option>}
              </>
            )}
          </select>
        </label>
        <label>
          {m.reports.day}
          <input type="date" value={day} max={today} onInput={(event) => setDay(event.currentTarget.value)} />
        </label>
        <Choice
          label={m.reports.language}
          value={words}
          options={[
            { value: "zh", text: "中文" },
            { value: "en", text: "English" },
          ]}
          pick={setWords}
        />
        <span class="stretch" />
        {possible ? (
          <>
            <a class="button plain" href={address("xlsx")} download onClick={taken}>
              {m.reports.workbook}
            </a>
            <a class="button primary" href={address("html")} target="_blank" rel="noopener" onClick={taken}>
              {m.reports.page}
            </a>
          </>
        ) : (
          <span class="dim">{m.reports.impossible}</span>
        )}
      </div>
      <p class="dim small">{day === today ? m.reports.ofNow : m.reports.ofFrozen}</p>
    </section>
  );
}

function Given({ items, kinds }: { items: ReportGiven[]; kinds: ReportKind[] }) {
  const m = t();
  const label = (id: string): string => {
    const kind = kinds.find((one) => one.id === id);
    return kind ? labelled(kind) : id;
  };
  return (
    <table class="gaps">
      <thead>
        <tr>
          <th scope="col">{m.reports.columns.at}</th>
          <th scope="col">{m.reports.columns.by}</th>
          <th scope="col">{m.reports.columns.report}</th>
          <th scope="col">{m.reports.columns.branch}</th>
          <th scope="col">{m.reports.columns.day}</th>
          <th scope="col">{m.reports.columns.form}</th>
          <th scope="col">{m.reports.columns.digest}</th>
          <th scope="col">{m.reports.columns.sha256}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.number}>
            <td>{dateTime(one.at)}</td>
            <td>{one.by_display || one.by}</td>
            <th scope="row">{label(one.report)}</th>
            <td>{language.value === "en" ? one.scope_name_en : one.scope_name}</td>
            <td>
              {one.day}
              {one.frozen === "" && <small class="dim"> {m.reports.moment}</small>}
            </td>
            <td>
              {look(m.reports.forms, one.form)} · {one.language === "zh" ? "中文" : "English"} ·{" "}
              {count(Math.ceil(one.bytes / 1024))} KiB
            </td>
            <td class="hash" title={one.digest}>
              {one.digest.slice(0, 16)}
            </td>
            <td class="hash" title={one.sha256}>
              {one.sha256.slice(0, 16)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
