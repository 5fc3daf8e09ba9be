/** The registry (台账): its sheets, and the lines of one with search, paging, forms, history and files. */
import { useEffect, useState } from "preact/hooks";
import type { ColumnView, LinePage, LineView, Sheets, SheetView } from "../api.gen";
import { API, type Failure, failureOf, get, query } from "../client";
import { count } from "../format";
import { labelled, look, named, t } from "../i18n";
import { language } from "../preferences";
import { href, replaceQuery, route } from "../route";
import { picture } from "../store/feed";
import { may } from "../store/session";
import { PageHead } from "../ui/pagehead";
import { Button, Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { CalendarScreen } from "./calendar";
import { ImportScreen } from "./ledgerimport";
import { HistoryDialog, LineDialog, RetireDialog } from "./ledgerline";
import { ReorganiseDialog } from "./reorganise";

const PAGE = 100;
const GROUPS = ["registry", "people", "equipment", "management", "surroundings"];

export function LedgerScreen() {
  const sheets = useResource<Sheets>("/sheets");
  const [, name] = route.value.path;
  if (sheets.failure && !sheets.data) return <Trouble failure={sheets.failure} retry={sheets.reload} />;
  if (!sheets.data) return <Waiting />;
  if (name === "import") return <ImportScreen sheets={sheets.data.items} />;
  if (name === "calendar") return <CalendarScreen />;
  const sheet = sheets.data.items.find((one) => one.name === name);
  return sheet ? (
    <SheetScreen key={sheet.name} sheet={sheet} recount={sheets.reload} />
  ) : (
    <Overview sheets={sheets.data.items} />
  );
}

function Overview({ sheets }: { sheets: SheetView[] }) {
  const m = t();
  const groups = [...GROUPS, ...new Set(sheets.map((one) => one.group).filter((one) => !GROUPS.includes(one)))];
  return (
    <div class="ledger page">
      <PageHead title={m.ledger.title} lead={m.ledger.lead}>
        <span class="stretch" />
        <a class="button plain" href={href("rules")}>
          {m.rules.nav}
        </a>
        <a class="button plain" href={`${API}/ledger/export${query({ language: language.value })}`} download>
          {m.ledger.exportAll}
        </a>
        {may("edit_ledger") && (
          <>
            <a class="button plain" href={`${API}/ledger/template${query({ language: language.value })}`} download>
              {m.ledger.templateAll}
            </a>
            <a class="button primary" href={href("ledger/import")}>
              {m.ledger.import}
            </a>
          </>
        )}
      </PageHead>
      <div class="sheetgroups">
        {groups.map((group) => (
          <section class="panel block" key={group}>
            <h2>{look(m.ledger.groups, group)}</h2>
            <ul class="sheetlist">
              {sheets
                .filter((one) => one.group === group)
                .map((one) => (
                  <li key={one.name}>
                    <a href={href(`ledger/${one.name}`)}>
                      <b>{labelled(one)}</b>
                      <span class="stretch" />
                      <span class="num">{count(one.lines)}</span>
                      <small class="dim">{one.editable ? m.ledger.editable : m.ledger.readOnly}</small>
                    </a>
                  </li>
                ))}
              {group === "management" && (
                <li>
                  <a href={href("escalation")}>
                    <b>{m.escalation.title}</b>
                    <span class="stretch" />
                    <small class="dim">{m.escalation.all}</small>
                  </a>
                </li>
              )}
              {group === "management" && (
                <li>
                  <a href={href("ledger/calendar")}>
                    <b>{m.calendar.title}</b>
                    <span class="stretch" />
                    <small class="dim">{m.calendar.lead}</small>
                  </a>
                </li>
              )}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

type Asking =
  { what: "edit" | "history" | "retire" | "reorganise"; line: LineView } | { what: "new"; line: null } | null;

function SheetScreen({ sheet, recount }: { sheet: SheetView; recount: () => void }) {
  const m = t();
  const q = route.value.query;
  const filter = query({ q: q["q"], unit: q["unit"], school: q["school"] });
  const list = useLines(sheet.name, filter);
  const [asking, ask] = useState<Asking>(null);
  const set = (change: Record<string, string | undefined>) => replaceQuery({ ...q, ...change });
  const close = () => ask(null);
  const done = () => {
    close();
    list.reload();
    recount();
  };
  const units = [...(picture.value?.units.values() ?? [])];
  const file = (form: "xlsx" | "csv") =>
    `${API}/ledger/export${query({ sheet: sheet.name, form, language: language.value, q: q["q"], unit: q["unit"], school: q["school"] })}`;
  return (
    <div class="ledger sheet page">
      <PageHead
        back={{ to: href("ledger"), text: m.ledger.title }}
        title={
          <>
            {labelled(sheet)} <small class="dim">{list.items ? m.common.total(count(list.total)) : ""}</small>
          </>
        }
      >
        <Search value={q["q"] ?? ""} set={(words) => set({ q: words || undefined })} />
        <select
          aria-label={m.coverage.unit}
          value={q["unit"] ?? ""}
          onChange={(event) => set({ unit: event.currentTarget.value || undefined })}
        >
          <option value="">{m.ledger.everywhere}</option>
          {units.map((one) => (
            <option key={one.id} value={one.id}>
              {named(one)}
            </option>
          ))}
        </select>
        {q["school"] && (
          <Button class="small" onClick={() => set({ school: undefined })}>
            {m.ledger.school} {q["school"]} ✕
          </Button>
        )}
        <span class="stretch" />
        <a class="button plain small" href={file("xlsx")} download>
          {m.ledger.exportExcel}
        </a>
        <a class="button plain small" href={file("csv")} download>
          CSV
        </a>
        {sheet.editable && (
          <>
            <a
              class="button plain small"
              href={`${API}/ledger/template${query({ sheet: sheet.name, language: language.value })}`}
              download
            >
              {m.ledger.template}
            </a>
            <a class="button plain small" href={href("ledger/import", { sheet: sheet.name })}>
              {m.ledger.import}
            </a>
            <Button look="primary" class="small" onClick={() => ask({ what: "new", line: null })}>
              {m.ledger.add}
            </Button>
          </>
        )}
      </PageHead>
      {list.failure && <Trouble failure={list.failure} retry={list.reload} />}
      {!list.failure && list.items === null && <Waiting />}
      {list.items && (
        <div class="panel sheettable" tabIndex={0} role="region" aria-label={labelled(sheet)}>
          {list.items.length === 0 ? (
            <Empty title={m.ledger.empty} hint={m.ledger.emptyHint} />
          ) : (
            <Lines sheet={sheet} lines={list.items} ask={ask} />
          )}
        </div>
      )}
      <footer class="legend">
        <span class="dim">{m.ledger.masked}</span>
        <span class="stretch" />
        {list.next !== null && (
          <Button class="small" busy={list.busy} onClick={list.more}>
            {m.common.more}
          </Button>
        )}
      </footer>
      {(asking?.what === "edit" || asking?.what === "new") && (
        <LineDialog sheet={sheet} line={asking.line} close={close} done={done} />
      )}
      {asking?.what === "history" && <HistoryDialog sheet={sheet} line={asking.line} close={close} />}
      {asking?.what === "retire" && <RetireDialog sheet={sheet} line={asking.line} close={close} done={done} />}
      {asking?.what === "reorganise" && <ReorganiseDialog line={asking.line} close={close} done={done} />}
    </div>
  );
}

function Search({ value, set }: { value: string; set: (words: string) => void }) {
  const m = t();
  const [words, setWords] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => words !== value && set(words), 300);
    return () => clearTimeout(timer);
  }, [words]);
  return (
    <input
      type="search"
      value={words}
      placeholder={m.ledger.searchHint}
      aria-label={m.common.search}
      onInput={(event) => setWords(event.currentTarget.value)}
    />
  );
}

function Lines({ sheet, lines, ask }: { sheet: SheetView; lines: LineView[]; ask: (asking: Asking) => void }) {
  const m = t();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col" class="first">
            {m.ledger.home}
          </th>
          {sheet.columns.map((column) => (
            <th
              key={column.name}
              scope="col"
              class={column.kind === "number" || column.kind === "decimal" ? "num" : ""}
            >
              {labelled(column)}
            </th>
          ))}
          <th scope="col" class="acts">
            {m.ledger.acts}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.key.join(" ")}>
            <th scope="row" class="first">
              {sheet.columns.some((one) => one.name === "school") ? (
                <a href={href(`schools/${String(line.values["school"])}`)}>{homeName(line)}</a>
              ) : (
                homeName(line) || m.common.none
              )}
            </th>
            {sheet.columns.map((column) => (
              <td
                key={column.name}
                class={column.kind === "number" || column.kind === "decimal" ? "num" : column.key ? "id" : ""}
              >
                {shown(column, line.values[column.name])}
              </td>
            ))}
            <td class="acts">
              {line.editable && (
                <button type="button" class="quiet small" onClick={() => ask({ what: "edit", line })}>
                  {m.ledger.edit}
                </button>
              )}
              <button type="button" class="quiet small" onClick={() => ask({ what: "history", line })}>
                {m.ledger.history}
              </button>
              {line.editable && sheet.name === "school" && (
                <button type="button" class="quiet small" onClick={() => ask({ what: "reorganise", line })}>
                  {m.ledger.reorganise}
                </button>
              )}
              {line.editable && sheet.name !== "school" && (
                <button type="button" class="quiet small" onClick={() => ask({ what: "retire", line })}>
                  {m.ledger.retire}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export const homeName = (line: LineView): string => named({ name: line.home, name_en: line.home_en });

/** A cell in words: choices by their label, yes and no, the rest as it is. */
export function shown(column: ColumnView, value: unknown): string {
  const m = t();
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "boolean") return value ? m.common.yes : m.common.no;
  const word = (one: unknown): string => {
    const choice = column.choices.find((other) => other.value === one);
    return choice ? labelled(choice) || String(one) : String(one);
  };
  if (Array.isArray(value)) return value.map(word).join(m.common.listJoin);
  return column.kind === "instant" ? String(value).replace("T", " ") : word(value);
}

/** Pages of lines, collected; another sheet or filter starts again. */
function useLines(sheet: string, filter: string) {
  const [state, setState] = useState<{ filter: string; items: LineView[] | null; next: string | null; total: number }>({
    filter,
    items: null,
    next: null,
    total: 0,
  });
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const fetchPage = async (cursor: string | null, before: LineView[], stop?: AbortSignal) => {
    setBusy(true);
    try {
      const joint = filter ? "&" : "?";
      const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const page = await get<LinePage>(`/sheets/${sheet}/lines${filter}${joint}limit=${PAGE}${more}`, stop);
      if (stop?.aborted) return;
      setFailure(null);
      setState({ filter, items: [...before, ...page.items], next: page.next, total: page.total });
    } catch (error) {
      if (!stop?.aborted) setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    setState({ filter, items: null, next: null, total: 0 });
    setFailure(null);
    void fetchPage(null, [], stop.signal);
    return () => stop.abort();
  }, [filter]);
  const mine = state.filter === filter;
  return {
    items: mine ? state.items : null,
    next: state.next,
    total: state.total,
    failure,
    busy,
    more: () => void fetchPage(state.next, state.items ?? []),
    reload: () => void fetchPage(null, []),
  };
}
