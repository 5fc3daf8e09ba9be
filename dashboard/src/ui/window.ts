/** Which rows of a long list are worth drawing. Pure part, and the hook that follows a scrolling element. */
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Span {
  from: number;
  to: number;
}

export function visibleSpan(scrollTop: number, height: number, rowHeight: number, rows: number, overscan = 6): Span {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const to = Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + overscan);
  return { from: Math.min(from, rows), to: Math.max(to, Math.min(from, rows)) };
}

export function useWindow(rows: number, rowHeight: number) {
  const box = useRef<HTMLDivElement>(null);
  const [state, setState] = useState({ top: 0, height: 800 });
  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    setState((before) =>
      before.top === element.scrollTop && before.height === element.clientHeight
        ? before
        : { top: element.scrollTop, height: element.clientHeight },
    );
  }, []);
  useLayoutEffect(() => {
    measure();
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [measure, rows > 0]);
  const reveal = useCallback(
    (index: number, inset = 0) => {
      const element = box.current;
      if (!element || index < 0) return;
      const top = index * rowHeight;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + rowHeight + inset > element.scrollTop + element.clientHeight)
        element.scrollTop = top + rowHeight + inset - element.clientHeight;
    },
    [rowHeight],
  );
  return { box, onScroll: measure, span: visibleSpan(state.top, state.height, rowHeight, rows), reveal };
}
