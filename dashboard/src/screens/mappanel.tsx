/** The map: squares by district, dots by coordinates, or the same in words. */
import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "../format";
import { named, t } from "../i18n";
import { paintMap, readPaint } from "../map/paint";
import { dotLayout, type Layout, schoolAt, tileLayout } from "../map/tiles";
import { mapTier, theme } from "../preferences";
import { replaceQuery, route } from "../route";
import { alertsTick, livenessTick, picture } from "../store/feed";
import { isOpen, isUnacked, LIVENESS, type Picture } from "../store/picture";
import { schoolNameOf } from "../store/words";
import { Choice, Empty } from "../ui/parts";
import { CountyTable, countCounties } from "./counties";

const REDRAW_MS = 150; // Seven times a second is enough for the eye, and cheap in a flood.

export function MapPanel() {
  const m = t();
  const [table, setTable] = useState(false);
  const held = picture.value;
  if (!held) return null;
  const tier = table ? "table" : mapTier.value;
  return (
    <section class="panel map" aria-label={m.map.title}>
      <header class="panelhead">
        <h2>{m.map.title}</h2>
        <Choice
          label={m.map.title}
          value={tier}
          options={[
            { value: "tiles", text: m.map.tiles },
            { value: "dots", text: m.map.dots },
            { value: "table", text: m.map.table },
          ]}
          pick={(value) => {
            setTable(value === "table");
            if (value !== "table") mapTier.value = value;
          }}
        />
      </header>
      {tier === "table" ? <MapTable held={held} /> : <MapCanvas held={held} dots={tier === "dots"} />}
    </section>
  );
}

function MapTable({ held }: { held: Picture }) {
  alertsTick.value;
  livenessTick.value;
  return (
    <div class="scroll">
      <CountyTable rows={countCounties(held, (id) => named(held.units.get(id), id))} />
    </div>
  );
}

/** The most severe unacknowledged real alert of each school. */
export function worstBySchool(held: Picture): Uint8Array {
  const worst = new Uint8Array(held.schools.id.length);
  for (const alert of held.alerts.values()) {
    const ix = held.schoolIx.get(alert.school);
    if (ix === undefined || alert.mode !== "real" || !isOpen(alert) || !isUnacked(alert)) continue;
    if (worst[ix] === 0 || alert.sev < worst[ix]!) worst[ix] = alert.sev;
  }
  return worst;
}

function MapCanvas({ held, dots }: { held: Picture; dots: boolean }) {
  const m = t();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const layout = useRef<Layout | null>(null);
  const [tip, setTip] = useState<{ school: number; x: number; y: number } | null>(null);
  const look = theme.value;
  useEffect(() => {
    const element = canvas.current;
    const frame = box.current;
    const context = element?.getContext?.("2d");
    if (!element || !frame || !context) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let paint = readPaint(frame);
    const draw = () => {
      timer = undefined;
      if (layout.current) {
        paintMap(
          context,
          held,
          layout.current,
          worstBySchool(held),
          paint,
          (unit) => named(held.units.get(unit), unit),
          dots,
        );
      }
    };
    const resize = () => {
      const ratio = globalThis.devicePixelRatio || 1;
      const { clientWidth, clientHeight } = frame;
      if (clientWidth < 40 || clientHeight < 40) return;
      element.width = Math.round(clientWidth * ratio);
      element.height = Math.round(clientHeight * ratio);
      paint = readPaint(frame);
      layout.current = dots ? dotLayout(held, clientWidth, clientHeight) : tileLayout(held, clientWidth, clientHeight);
      draw();
    };
    const later = () => void (timer ??= setTimeout(draw, REDRAW_MS));
    const stops = [alertsTick.subscribe(later), livenessTick.subscribe(later)];
    const observer = new ResizeObserver(resize);
    observer.observe(frame);
    resize();
    return () => {
      observer.disconnect();
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    };
  }, [held, dots, look, m]);
  const find = (event: PointerEvent | MouseEvent): number | null => {
    const rect = canvas.current?.getBoundingClientRect();
    return rect && layout.current
      ? schoolAt(layout.current, event.clientX - rect.left, event.clientY - rect.top)
      : null;
  };
  const none = dots && held.schools.lat.every((value, ix) => value === 0 && held.schools.lon[ix] === 0);
  return (
    <>
      <div class="canvasbox" ref={box}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={m.map.canvas(count(held.schools.id.length))}
          onPointerMove={(event) => {
            const school = find(event);
            setTip(school === null ? null : { school, x: event.offsetX, y: event.offsetY });
          }}
          onPointerLeave={() => setTip(null)}
          onClick={(event) => {
            const school = find(event);
            if (school !== null) replaceQuery({ ...route.peek().query, school: held.schools.id[school] });
          }}
        />
        {none && <Empty title={m.map.noPlaces} />}
        {tip && (
          <div class={`tip ${tip.x > 180 ? "left" : ""}`} style={{ left: `${tip.x}px`, top: `${tip.y}px` }}>
            <b>{schoolNameOf(held.schools.id[tip.school] ?? "")}</b>
            <span>{m.school.livenessOf[LIVENESS[held.liveness[tip.school] ?? 0] ?? "unknown"]}</span>
          </div>
        )}
      </div>
      <footer class="legend" aria-label={m.map.legend}>
        <span>
          <i class="tile live" /> {m.map.live}
        </span>
        <span>
          <i class="tile suspect" /> {m.map.suspect}
        </span>
        <span>
          <i class="tile offline" /> {m.map.offline}
        </span>
        <span>
          <i class="tile unknown" /> {m.map.unknown}
        </span>
        <span class="dim">{dots ? m.map.dotsNote : m.map.tilesNote}</span>
      </footer>
    </>
  );
}
