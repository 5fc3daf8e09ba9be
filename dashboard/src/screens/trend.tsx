/** The last two hours in bars: whether this is an ordinary day. */
import { useEffect, useState } from "preact/hooks";
import type { Alert, AlertPage } from "../api.gen";
import { type Failure, failureOf, get, query } from "../client";
import { hourMinute } from "../format";
import { look, t } from "../i18n";
import { now, picture, second } from "../store/feed";
import { countSlots, SLOT_MS, SLOTS } from "../store/trend";

const PAGE = 200;
const PAGES_MAX = 5; // A flood is said to be cut, rather than fetched to its end by every screen.
const RENEW_MS = 120_000;
const HEIGHT = 100;

interface Past {
  alerts: Map<string, Alert>;
  whole: boolean;
}

async function fetchPast(stop: AbortSignal): Promise<Past> {
  const since = now.peek() - SLOTS * SLOT_MS;
  const alerts = new Map<string, Alert>();
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer: AlertPage = await get<AlertPage>(`/alerts${query({ state: "all", limit: PAGE, cursor })}`, stop);
    for (const alert of answer.items) alerts.set(alert.id, alert);
    const oldest = answer.items[answer.items.length - 1];
    if (answer.next === null || !oldest || oldest.rx < since) return { alerts, whole: true };
    cursor = answer.next;
  }
  return { alerts, whole: false };
}

export function Trend() {
  const m = t();
  const [past, setPast] = useState<Past | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const renew = () =>
      fetchPast(stop.signal).then(
        (found) => (setPast(found), setFailure(null)),
        (error: unknown) => {
          if (!stop.signal.aborted) setFailure(failureOf(error));
        },
      );
    void renew();
    const timer = setInterval(() => void renew(), RENEW_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, []);
  const at = Math.floor(second.value / 5_000) * 5_000;
  const all = new Map(past?.alerts);
  for (const [id, alert] of picture.peek()?.alerts ?? []) all.set(id, alert);
  const slots = countSlots(all.values(), at);
  const total = slots.reduce((sum, slot) => sum + slot.critical + slot.high + slot.rest, 0);
  const critical = slots.reduce((sum, slot) => sum + slot.critical, 0);
  const top = Math.max(4, ...slots.map((slot) => slot.critical + slot.high + slot.rest));
  return (
    <section class="panel trend" aria-label={m.trend.title}>
      <header class="panelhead">
        <h2>
          {m.trend.title} <small>{m.trend.unit}</small>
        </h2>
        <span class="dim small">{past ? m.trend.summary(total, critical) : m.common.loading}</span>
      </header>
      {failure && (
        <p class="problem small" role="status">
          {m.failure.title}：{look(m.failure.codes, failure.code)}
        </p>
      )}
      <div class="bars" role="img" aria-label={m.trend.summary(total, critical)}>
        <svg viewBox={`0 0 ${SLOTS * 10} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {slots.map((slot, ix) => {
            const unit = (HEIGHT - 4) / top;
            const parts = [
              { kind: "rest", n: slot.rest },
              { kind: "high", n: slot.high },
              { kind: "critical", n: slot.critical },
            ];
            let y = HEIGHT;
            return parts.map(({ kind, n }) => {
              y -= n * unit;
              return n > 0 ? (
                <rect key={`${slot.at} ${kind}`} class={kind} x={ix * 10 + 1} width={8} y={y} height={n * unit} />
              ) : null;
            });
          })}
        </svg>
        <span class="top dim small">{top}</span>
      </div>
      <footer class="axis dim small" aria-hidden="true">
        <span>{hourMinute(slots[0]!.at)}</span>
        <span>{hourMinute(slots[SLOTS / 2]!.at)}</span>
        <span>{hourMinute(at)}</span>
      </footer>
      {past && !past.whole && <p class="dim small">{m.trend.truncated}</p>}
    </section>
  );
}
