/** What a rule found: the readings and counts by which an alert was raised, with their units. */
import type { AlertDetail } from "../api.gen";
import { span } from "../format";
import { look, t } from "../i18n";

const UNITS: Record<string, string> = {
  ai_confidence: "%",
  batt: "%",
  battery: "%",
  battery_v: "V",
  cell_v: "V",
  confidence: "%",
  dirt: "%",
  disk_free: "GB",
  gap: "s",
  motor_current: "A",
  offset_seconds: "s",
  oil_level: "%",
  oil_temp: "°C",
  pressure: "MPa",
  residual_current: "mA",
  rise_time: "ms",
  fall_time: "ms",
  wire_temp: "°C",
};
const SPANS = new Set(["lag", "allowed_seconds"]);

/** One value as people read it: a word, a time, or a number with its unit. */
export function foundValue(key: string, value: string): string {
  const m = t();
  if (SPANS.has(key)) return span(Number(value) * 1000);
  if (key === "from" || key === "to") return `${Number(value) / 100} %`;
  const unit = UNITS[key];
  return unit ? `${value} ${unit}` : look(m.found.words, value);
}

export function Found({ detail }: { detail: AlertDetail }) {
  const m = t();
  const pairs = Object.entries(detail.detail).filter(([key, value]) => key in m.found.keys && value !== "");
  if (pairs.length === 0) return null;
  return (
    <section class="block">
      <h3>{m.found.title}</h3>
      <dl class="pairs">
        {pairs.map(([key, value]) => (
          <>
            <dt>{look(m.found.keys, key)}</dt>
            <dd>{foundValue(key, value)}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
