/** Pages of a list, collected one after the other; another address starts again. A failure keeps what is there and is said. */
import { useEffect, useState } from "preact/hooks";
import { Failure, get } from "../client";

const PAGE = 100;

interface Page<T> {
  items: T[];
  next: string | null;
  total: number;
}

export interface Pages<T> {
  items: T[] | null;
  next: string | null;
  total: number;
  failure: Failure | null;
  busy: boolean;
  more: () => void;
  reload: () => void;
}

export function usePages<T>(path: string, turn: unknown = 0): Pages<T> {
  const [state, setState] = useState<{ path: string; items: T[] | null; next: string | null; total: number }>({
    path,
    items: null,
    next: null,
    total: 0,
  });
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const fetchPage = async (cursor: string | null, before: T[], stop?: AbortSignal) => {
    setBusy(true);
    try {
      const joint = path.includes("?") ? "&" : "?";
      const at = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const page = await get<Page<T>>(`${path}${joint}limit=${PAGE}${at}`, stop);
      if (stop?.aborted) return;
      setFailure(null);
      setState({ path, items: [...before, ...page.items], next: page.next, total: page.total });
    } catch (error) {
      if (!stop?.aborted) setFailure(error instanceof Failure ? error : new Failure("unreadable"));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => (before.path === path ? before : { path, items: null, next: null, total: 0 }));
    setFailure(null);
    void fetchPage(null, [], stop.signal);
    return () => stop.abort();
  }, [path, turn]);
  const mine = state.path === path;
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
