/** A thing fetched from the server: waiting, there, or failed. A failure keeps what was there before and is still said. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Failure, failureOf, get } from "../client";

export interface Resource<T> {
  data: T | null;
  failure: Failure | null;
  loading: boolean;
  reload: () => void;
}

/** Fetch `path` and again whenever it or `tick` changes; null fetches nothing. What belongs to another path is not shown. */
export function useResource<T>(path: string | null, tick: unknown = 0): Resource<T> {
  const [held, setHeld] = useState<{ path: string | null; data: T | null; failure: Failure | null; loading: boolean }>({
    path,
    data: null,
    failure: null,
    loading: path !== null,
  });
  const [turn, setTurn] = useState(0);
  const current = useRef(path);
  current.current = path;
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    setHeld((before) =>
      before.path === path ? { ...before, loading: true } : { path, data: null, failure: null, loading: true },
    );
    get<T>(path, stop.signal).then(
      (data) => {
        if (!stop.signal.aborted) setHeld({ path, data, failure: null, loading: false });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const failure = failureOf(error);
        setHeld((before) => ({ path, data: before.path === path ? before.data : null, failure, loading: false }));
      },
    );
    return () => stop.abort();
  }, [path, tick, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  if (held.path !== path) return { data: null, failure: null, loading: path !== null, reload };
  return { data: held.data, failure: held.failure, loading: held.loading, reload };
}
