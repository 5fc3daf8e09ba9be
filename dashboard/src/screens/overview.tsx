/** What the detail pane shows while no alert is chosen: the districts at a glance, and the map where the side has no room for it. */
import { clock } from "../format";
import { named, t } from "../i18n";
import { alertsTick, livenessTick, picture, second } from "../store/feed";
import { countCounties, CountyTable } from "./counties";
import { MapPanel } from "./mappanel";

export function Overview() {
  const m = t();
  alertsTick.value;
  livenessTick.value;
  const held = picture.value;
  if (!held) return null;
  const rows = countCounties(held, (id) => named(held.units.get(id), id));
  return (
    <>
      <header class="headline">
        <div class="title">
          <h2>{m.detail.overview}</h2>
          <span class="stretch" />
          <span class="dim">{m.common.asOf(clock(second.value))}</span>
        </div>
        <p class="dim">{m.detail.noneHint}</p>
      </header>
      <div class="scroll">
        <CountyTable rows={rows} />
        <div class="narrowmap">
          <MapPanel />
        </div>
      </div>
    </>
  );
}
