/** Pages of a list, collected one after the other; another address starts again. A failure keeps what is there and is said. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Failure, failureOf, get } from "../client";

const PAGE = 100;

export interface Page<T> {
  items: T[];
  next: string | null;
  total: number;
}

export interface Pages<T, P> {
  items: T[] | null;
  page: P | null; // The newest of them, for what it says besides its items.
  next: string | null;
  total: number;
  failure: Failure | null;
  busy: boolean;
  more: () => void;
  reload: () => void;
}

/** Without a path nothing is fetched. */
export function usePages<T, P extends Page<T> = Page<T>>(path: string | null, turn: unknown = 0): Pages<T, P> {
  const [state, setState] = useState<{ path: string | null; items: T[] | null; page: P | null }>({
    path,
    items: null,
    page: null,
  });
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const [again, setAgain] = useState(0);
  const current = useRef(path);
  current.current = path;
  const fetchPage = async (cursor: string | null, before: T[], stop?: AbortSignal) => {
    if (path === null) return;
    setBusy(true);
    try {
      const joint = path.includes("?") ? "&" : "?";
      const at = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const page = await get<P>(`${path}${joint}limit=${PAGE}${at}`, stop);
      if (stop?.aborted || current.current !== path) return; // An answer that comes late belongs to another list.
      setFailure(null);
      setState({ path, items: [...before, ...page.items], page });
    } catch (error) {
      if (!stop?.aborted && current.current === path) setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => (before.path === path ? before : { path, items: null, page: null }));
    setFailure(null);
    void fetchPage(null, [], stop.signal);
    return () => stop.abort();
  }, [path, turn, again]);
  const mine = state.path === path;
  return {
    items: mine ? state.items : null,
    page: mine ? state.page : null,
    next: mine ? (state.page?.next ?? null) : null,
    total: mine ? (state.page?.total ?? 0) : 0,
    failure,
    busy,
    more: () => void fetchPage(state.page?.next ?? null, state.items ?? []),
    reload: () => setAgain((n) => n + 1),
  };
}
