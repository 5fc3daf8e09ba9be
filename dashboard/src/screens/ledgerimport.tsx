/** Bringing a file in three steps: choose it, see what it would do and everything wrong with it, and do it. */
import { useEffect, useState } from "preact/hooks";
import type { ImportView, SheetView } from "../api.gen";
import { API, type Failure, failureOf, get, post, query, upload } from "../client";
import { count } from "../format";
import { labelled, look, t } from "../i18n";
import { language } from "../preferences";
import { href, replaceQuery, route } from "../route";
import { PageHead } from "../ui/pagehead";
import { Button, Trouble } from "../ui/parts";
import { say } from "../ui/toast";
import { faultLabel, faultWords, Why } from "./ledgerline";

const POLL_MS = 700;
const BUSY = ["waiting", "reading", "comparing", "storing"];

export function ImportScreen({ sheets }: { sheets: SheetView[] }) {
  const m = t();
  const q = route.value.query;
  const [view, setView] = useState<ImportView | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const id = q["import"];
  useEffect(() => {
    if (!id || (view?.id === id && !BUSY.includes(view.state))) return;
    const stop = new AbortController();
    const timer = setTimeout(
      () => {
        get<ImportView>(`/imports/${encodeURIComponent(id)}`, stop.signal).then(
          (fresh) => (setView(fresh), setFailure(null)),
          (error: unknown) => {
            if (!stop.signal.aborted) setFailure(failureOf(error));
          },
        );
      },
      view ? POLL_MS : 0,
    );
    return () => (clearTimeout(timer), stop.abort());
  }, [id, view]);
  const again = () => {
    if (view && view.state !== "done" && !BUSY.includes(view.state)) {
      post(`/imports/${encodeURIComponent(view.id)}/discard`, { body: {} }).catch(() => undefined); // It goes by itself after a day.
    }
    setView(null);
    setFailure(null);
    replaceQuery({ sheet: q["sheet"] });
  };
  return (
    <div class="ledger page">
      <PageHead
        back={{ to: href(q["sheet"] ? `ledger/${q["sheet"]}` : "ledger"), text: m.ledger.title }}
        title={m.importing.title}
      >
        <span class="stretch" />
        {id && <Button onClick={again}>{m.importing.another}</Button>}
      </PageHead>
      {failure && <Trouble failure={failure} retry={again} />}
      {!id && !failure && (
        <Choosing
          sheets={sheets.filter((one) => one.editable)}
          taken={(taken) => (setView(taken), replaceQuery({ sheet: q["sheet"], import: taken.id }))}
        />
      )}
      {view && <Result view={view} sheets={sheets} applied={setView} />}
    </div>
  );
}

function Choosing({ sheets, taken }: { sheets: SheetView[]; taken: (view: ImportView) => void }) {
  const m = t();
  const [file, setFile] = useState<File | null>(null);
  const [sheet, setSheet] = useState(route.value.query["sheet"] ?? "");
  const [whole, setWhole] = useState(false);
  const [busy, setBusy] = useState(false);
  const csv = file !== null && !/\.xlsx$/i.test(file.name);
  const send = async () => {
    if (!file) return;
    setBusy(true);
    try {
      const asked = query({ name: file.name, sheet: csv ? sheet : undefined, whole: whole ? "true" : undefined });
      taken(await upload<ImportView>(`/imports${asked}`, file));
    } catch (error) {
      const failed = failureOf(error);
      say("bad", m.importing.notTaken, `${look(m.failure.codes, failed.code)} ${failed.detail}`.trim());
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="panel block importform">
      <h2>{m.importing.step1}</h2>
      <p class="dim">{m.importing.lead}</p>
      <label class="field">
        {m.importing.file}
        <input
          type="file"
          accept=".xlsx,.csv,.txt"
          onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
        />
      </label>
      {csv && (
        <label class="field">
          {m.importing.sheet}
          <select value={sheet} onChange={(event) => setSheet(event.currentTarget.value)}>
            <option value="" />
            {sheets.map((one) => (
              <option key={one.name} value={one.name}>
                {labelled(one)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="check">
        <input type="checkbox" checked={whole} onChange={(event) => setWhole(event.currentTarget.checked)} />
        {m.importing.whole}
      </label>
      {whole && <p class="problem">{m.importing.wholeHint}</p>}
      <div class="row">
        <Button look="primary" disabled={!file || (csv && !sheet)} busy={busy} onClick={() => void send()}>
          {m.importing.check}
        </Button>
        <a class="button plain" href={`${API}/ledger/template${query({ language: language.value })}`} download>
          {m.ledger.templateAll}
        </a>
      </div>
    </section>
  );
}

function Result({
  view,
  sheets,
  applied,
}: {
  view: ImportView;
  sheets: SheetView[];
  applied: (view: ImportView) => void;
}) {
  const m = t();
  const name = (sheet: string): string => {
    const known = sheets.find((one) => one.name === sheet);
    return known ? labelled(known) : sheet;
  };
  const trouble = language.value === "zh" ? view.trouble : view.trouble_en;
  return (
    <>
      <section class="panel block" aria-live="polite">
        <h2>
          {m.importing.step2} <small>{view.name}</small>
        </h2>
        <p class="row">
          <b class={`importstate ${view.state}`}>{m.importing.states[view.state]}</b>
          <span class="dim">{m.importing.rows(count(view.rows))}</span>
          {BUSY.includes(view.state) && <progress aria-label={m.importing.states[view.state]} />}
        </p>
        {trouble && (
          <p class="problem" role="alert">
            {trouble}
          </p>
        )}
        {view.counts.length > 0 && (
          <table class="counts">
            <thead>
              <tr>
                <th scope="col">{m.importing.sheet}</th>
                {(["rows", "added", "changed", "removed", "same"] as const).map((one) => (
                  <th scope="col" class="num" key={one}>
                    {m.importing.columns[one]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {view.counts.map((one) => (
                <tr key={one.sheet}>
                  <th scope="row">{name(one.sheet)}</th>
                  <td class="num">{count(one.rows)}</td>
                  <td class="num">{count(one.added)}</td>
                  <td class="num">{count(one.changed)}</td>
                  <td class={`num ${one.removed ? "bad" : ""}`}>{count(one.removed)}</td>
                  <td class="num">{count(one.same)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {view.faults_total > 0 && (
        <section class="panel block">
          <h2>
            {m.importing.faults} <small>{count(view.faults_total)}</small>
          </h2>
          <p class="dim">{m.importing.faultsHint(count(view.faults.length))}</p>
          <table class="faults">
            <thead>
              <tr>
                <th scope="col">{m.importing.sheet}</th>
                <th scope="col" class="num">
                  {m.importing.row}
                </th>
                <th scope="col">{m.importing.column}</th>
                <th scope="col">{m.importing.what}</th>
              </tr>
            </thead>
            <tbody>
              {view.faults.map((fault, ix) => (
                <tr key={ix}>
                  <td>{name(fault.sheet)}</td>
                  <td class="num">{fault.row || "–"}</td>
                  <td>{faultLabel(fault)}</td>
                  <td>{faultWords(fault)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {view.ready && <Confirm view={view} applied={applied} />}
      {view.state === "done" && (
        <section class="panel block" role="status">
          <h2>{m.importing.done(count(view.changed))}</h2>
          <p>
            {view.counts.map((one) => (
              <a key={one.sheet} class="button plain small" href={href(`ledger/${one.sheet}`)}>
                {name(one.sheet)}
              </a>
            ))}
          </p>
        </section>
      )}
    </>
  );
}

function Confirm({ view, applied }: { view: ImportView; applied: (view: ImportView) => void }) {
  const m = t();
  const [reason, setReason] = useState("");
  const [effective, setEffective] = useState("");
  const [busy, setBusy] = useState(false);
  const total = view.counts.reduce((sum, one) => sum + one.added + one.changed + one.removed, 0);
  if (total === 0) return <p class="panel block dim">{m.importing.nothing}</p>;
  const send = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const body = { reason, effective };
      applied(await post<ImportView>(`/imports/${encodeURIComponent(view.id)}/apply`, { body }));
    } catch (error) {
      const failed = failureOf(error);
      say("bad", m.ledger.notSaved, `${look(m.failure.codes, failed.code)} ${failed.detail}`.trim());
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="panel block lineform" onSubmit={(event) => void send(event)}>
      <h2>{m.importing.step3}</h2>
      <Why reason={reason} setReason={setReason} effective={effective} setEffective={setEffective} />
      <div class="row">
        <Button look="primary" type="submit" busy={busy} disabled={!reason.trim()}>
          {m.importing.apply(count(total))}
        </Button>
      </div>
    </form>
  );
}
