/** All schools as a matrix: gateway, alerts, and each indicator in both figures. Drawn by windows, or paged as a plain table. */
import { useMemo, useRef, useState, useEffect } from "preact/hooks";
import { count } from "../format";
import { labelled, look, t } from "../i18n";
import { listenForKeys } from "../keys";
import { href, replaceQuery, route } from "../route";
import { alertsTick, coverageTick, livenessTick, picture } from "../store/feed";
import { isOpen, letterAt, LIVENESS, type Picture } from "../store/picture";
import { schoolNameOf, unitName } from "../store/words";
import { Button, Choice, Empty, Liveness } from "../ui/parts";
import { useWindow } from "../ui/window";
import { Name } from "./alertlist";
import { Mark } from "./coverage";

const ROW_PX = 40;
const PAGE = 50;

export interface SchoolFilter {
  words: string;
  show: "all" | "gaps" | "offline";
  sort: "tree" | "gaps";
}

/** Indexes of the schools to show, in order. Pure. */
export function chooseSchools(held: Picture, filter: SchoolFilter): number[] {
  const words = filter.words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const { id, name, name_en, unit } = held.schools;
  const gaps = id.map((_, ix) => gapsOf(held, ix));
  const chosen = id
    .map((_, ix) => ix)
    .filter((ix) => {
      if (filter.show === "gaps" && gaps[ix] === 0) return false;
      if (filter.show === "offline" && LIVENESS[held.liveness[ix] ?? 0] === "live") return false;
      if (words.length === 0) return true;
      const text = `${id[ix]} ${name[ix]} ${name_en[ix]} ${held.units.get(unit[ix] ?? "")?.name ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  const byTree = (a: number, b: number) => (`${unit[a]} ${id[a]}` < `${unit[b]} ${id[b]}` ? -1 : 1);
  return chosen.sort(filter.sort === "gaps" ? (a, b) => gaps[b]! - gaps[a]! || byTree(a, b) : byTree);
}

function gapsOf(held: Picture, ix: number): number {
  let found = 0;
  held.indicators.forEach((_, column) => {
    for (const figure of ["ledger", "live"] as const) {
      const letter = letterAt(held, figure, ix, column);
      found += Number(letter === "n" || letter === "u");
    }
  });
  return found;
}

export function SchoolsScreen() {
  const m = t();
  const q = route.value.query;
  const [plain, setPlain] = useState(false);
  const [page, setPage] = useState(0);
  const searchBox = useRef<HTMLInputElement>(null);
  const held = picture.value;
  const filter: SchoolFilter = {
    words: q["q"] ?? "",
    show: q["show"] === "gaps" || q["show"] === "offline" ? q["show"] : "all",
    sort: q["sort"] === "gaps" ? "gaps" : "tree",
  };
  const turn = `${coverageTick.value} ${livenessTick.value}`;
  const rows = useMemo(
    () => (held ? chooseSchools(held, filter) : []),
    [held, turn, filter.words, filter.show, filter.sort],
  );
  const open = openAlerts();
  useEffect(() => listenForKeys({ "/": () => searchBox.current?.focus() }), []);
  const view = useWindow(rows.length, ROW_PX);
  if (!held) return null;
  const set = (change: Record<string, string | undefined>) => (setPage(0), replaceQuery({ ...q, ...change }));
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  const from = plain ? page * PAGE : view.span.from;
  const to = plain ? Math.min(rows.length, from + PAGE) : view.span.to;
  return (
    <div class="schools page">
      <header class="pagehead">
        <h1>{m.matrix.title}</h1>
        <input
          ref={searchBox}
          type="search"
          value={filter.words}
          placeholder={m.matrix.searchHint}
          aria-label={m.matrix.searchLabel}
          onInput={(event) => set({ q: event.currentTarget.value || undefined })}
        />
        <Choice
          label={m.common.search}
          value={filter.show}
          options={[
            { value: "all", text: m.matrix.all },
            { value: "gaps", text: m.matrix.onlyGaps },
            { value: "offline", text: m.matrix.onlyOffline },
          ]}
          pick={(value) => set({ show: value === "all" ? undefined : value })}
        />
        <Choice
          label={m.matrix.sortTree}
          value={filter.sort}
          options={[
            { value: "tree", text: m.matrix.sortTree },
            { value: "gaps", text: m.matrix.sortGaps },
          ]}
          pick={(value) => set({ sort: value === "tree" ? undefined : value })}
        />
        <span class="stretch" />
        <span class="dim">{m.matrix.shown(count(rows.length), count(held.schools.id.length))}</span>
        <Button class="small" look="quiet" onClick={() => setPlain(!plain)}>
          {plain ? m.matrix.virtual : m.matrix.plain}
        </Button>
      </header>
      <div
        class={`panel matrix ${plain ? "plain" : ""}`}
        ref={view.box}
        onScroll={view.onScroll}
        tabIndex={0}
        role="region"
        aria-label={m.matrix.title}
      >
        {rows.length === 0 ? (
          <Empty title={m.matrix.empty} />
        ) : (
          <table aria-rowcount={rows.length + 1}>
            <thead>
              <tr aria-rowindex={1}>
                <th scope="col" class="first">
                  {m.coverage.school}
                </th>
                <th scope="col">{m.matrix.kind}</th>
                <th scope="col">{m.coverage.unit}</th>
                <th scope="col">{m.matrix.gateway}</th>
                <th scope="col" class="num">
                  {m.matrix.alerts}
                </th>
                {held.indicators.map((indicator) => (
                  <th key={indicator.id} scope="col" class="center" title={`${m.matrix.both}\n${indicator.formula}`}>
                    {labelled(indicator)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {from > 0 && !plain && <tr class="spacer" aria-hidden="true" style={{ height: `${from * ROW_PX}px` }} />}
              {rows.slice(from, to).map((ix, at) => (
                <SchoolRow
                  key={held.schools.id[ix]}
                  held={held}
                  ix={ix}
                  row={from + at}
                  open={open.get(held.schools.id[ix] ?? "") ?? 0}
                />
              ))}
              {to < rows.length && !plain && (
                <tr class="spacer" aria-hidden="true" style={{ height: `${(rows.length - to) * ROW_PX}px` }} />
              )}
            </tbody>
          </table>
        )}
      </div>
      <footer class="legend">
        <span class="dim">{m.matrix.legend}</span>
        <span class="dim">{m.matrix.both}</span>
        {plain && (
          <span class="row">
            <Button class="small" disabled={page === 0} onClick={() => setPage(page - 1)}>
              {m.matrix.prev}
            </Button>
            {m.matrix.page(page + 1, pages)}
            <Button class="small" disabled={page >= pages - 1} onClick={() => setPage(page + 1)}>
              {m.matrix.next}
            </Button>
          </span>
        )}
      </footer>
    </div>
  );
}

function openAlerts(): Map<string, number> {
  alertsTick.value;
  const found = new Map<string, number>();
  for (const alert of picture.value?.alerts.values() ?? []) {
    if (isOpen(alert) && alert.mode === "real") found.set(alert.school, (found.get(alert.school) ?? 0) + 1);
  }
  return found;
}

function SchoolRow({ held, ix, row, open }: { held: Picture; ix: number; row: number; open: number }) {
  const m = t();
  const { id, kind, unit } = held.schools;
  const school = id[ix] ?? "";
  return (
    <tr aria-rowindex={row + 2}>
      <th scope="row" class="first">
        <a href={href(`schools/${school}`)} title={schoolNameOf(school)}>
          <Name text={schoolNameOf(school)} />
        </a>
      </th>
      <td>{look(m.school.kinds, kind[ix] ?? "")}</td>
      <td>{unitName(unit[ix] ?? "")}</td>
      <td>
        <Liveness word={LIVENESS[held.liveness[ix] ?? 0] ?? "unknown"} />
      </td>
      <td class="num">{open || <span class="dim">0</span>}</td>
      {held.indicators.map((indicator, column) => (
        <td key={indicator.id} class="center">
          <span class="marks">
            <Mark letter={letterAt(held, "ledger", ix, column)} figure="ledger" />
            <Mark letter={letterAt(held, "live", ix, column)} figure="live" />
          </span>
        </td>
      ))}
    </tr>
  );
}
