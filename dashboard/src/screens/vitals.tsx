/** The figures that say whether the eyes are open: schools, devices, delay. */
import { count } from "../format";
import { t } from "../i18n";
import { freshness, summary } from "../store/feed";

export function Vitals() {
  const m = t();
  const figures = summary.value;
  if (!figures) return null;
  const blindSchools = figures.schools - figures.schools_live;
  return (
    <div class={`vitals ${freshness.value === "live" ? "" : "old"}`}>
      <Figure label={m.live.schools} value={figures.schools_live} of={figures.schools} rest={blindSchools} />
      <Figure label={m.live.devices} value={figures.devices_live} of={figures.devices} rest={figures.devices_unknown} />
      <div class="figure">
        <span>{m.live.lag}</span>
        <b>
          {count(figures.ingest_lag_ms)}
          <small> ms</small>
        </b>
      </div>
    </div>
  );
}

function Figure({ label, value, of, rest }: { label: string; value: number; of: number; rest: number }) {
  const m = t();
  return (
    <div class="figure">
      <span>{label}</span>
      <b>
        {count(value)}
        <small>/{count(of)}</small>
      </b>
      {rest > 0 && (
        <em class="hatched">
          {m.common.unknown} {count(rest)}
        </em>
      )}
    </div>
  );
}
