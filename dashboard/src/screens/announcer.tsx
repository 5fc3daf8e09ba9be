/** What a screen reader is told: each critical alert at once, everything else as a summary every few seconds. */
import { effect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { arrivals } from "../store/feed";
import { schoolName, whatOf } from "../store/words";
import { waitingCriticals } from "./banners";

const SUMMARY_MS = 5_000;

export function Announcer() {
  const [polite, setPolite] = useState("");
  const [urgent, setUrgent] = useState("");
  useEffect(() => {
    let told = arrivals.peek().total;
    let toldCritical = arrivals.peek().critical;
    const timer = setInterval(() => {
      const { total, critical } = arrivals.peek();
      if (total > told) setPolite(t().live.announce(total - told, critical - toldCritical));
      told = total;
      toldCritical = critical;
    }, SUMMARY_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const known = new Set<string>();
    return effect(() => {
      const waiting = waitingCriticals();
      const news = waiting.filter((alert) => !known.has(`${alert.id} ${alert.count}`));
      for (const alert of waiting) known.add(`${alert.id} ${alert.count}`);
      const last = news[news.length - 1];
      if (last)
        setUrgent(
          t().live.announceCritical(
            schoolName(last),
            `${last.late ? t().badge.late : ""} ${whatOf(last)} ${last.place}`,
          ),
        );
    });
  }, []);
  return (
    <div class="unseen">
      <div aria-live="polite">{polite}</div>
      <div aria-live="assertive">{urgent}</div>
    </div>
  );
}
