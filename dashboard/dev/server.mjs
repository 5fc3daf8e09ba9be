/**
 * A server for development and screenshots: serves the built pages and an invented city over the same API.
 * It has no part in the product. `node dev/server.mjs --port 8099 --sites 400 --rate 0.3`
 */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { INDICATORS, makeCity } from "./city.mjs";

const SCOPES = INDICATORS.map(() => ({ kindergartens: true, urban_only: false, said_by: null, differs: false }));

const KINDS = JSON.parse(await readFile(new URL("./kinds.json", import.meta.url)));
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const PORT = option("port", 8099);
const SITES = option("sites", 400);
const RATE = option("rate", 0.2); // Faults a second.
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../server/api/static");
const CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const city = makeCity(SITES);
const { rnd, pick } = city;
const epoch = Math.random().toString(36).slice(2, 10);
const unitOf = new Map(city.units.map((unit) => [unit.id, unit]));
const stationOf = new Map(city.stations.map((station) => [station.id, station]));
const schoolOf = new Map(city.schools.map((school, ix) => [school.id, { ...school, ix }]));
const alerts = new Map();
const details = new Map();
const clients = new Set();
const ring = [];
let seq = 1000;
let paused = false;
let down = false;
let journal = "ok";
let nextId = 20931;

const USERS = {
  wang: {
    display: "王警官",
    role: "command_centre",
    acts: ["acknowledge", "dispatch", "arrive", "resolve", "review", "work_order", "close", "note", "escalate"],
    orders: ["lock", "siren", "test_alarm", "unlock"],
    permissions: ["watch", "coverage", "act", "contact", "windows", "declare", "stats", "command"],
    scope: { kind: "unit", id: "450700", name: "钦州市", name_en: "Qinzhou" },
  },
  li: {
    display: "李警官",
    role: "police_liaison",
    acts: ["acknowledge", "dispatch", "arrive", "resolve", "review", "work_order", "close", "note", "escalate"],
    orders: ["lock", "siren", "test_alarm", "unlock"],
    permissions: ["watch", "coverage", "act", "contact", "windows", "declare", "stats", "command"],
    scope: { kind: "unit", id: "450700", name: "钦州市", name_en: "Qinzhou" },
  },
  chen: {
    display: "陈老师",
    role: "education_officer",
    acts: ["acknowledge", "work_order", "close", "note", "escalate"],
    orders: [],
    permissions: ["watch", "coverage", "act", "contact", "windows", "stats"],
    scope: { kind: "unit", id: "450700", name: "钦州市", name_en: "Qinzhou" },
  },
  du: {
    display: "督导组",
    role: "supervisor",
    acts: [],
    orders: [],
    permissions: ["watch", "coverage", "windows", "stats"],
    scope: { kind: "unit", id: "450700", name: "钦州市", name_en: "Qinzhou" },
  },
};

function makeAlert(
  rule,
  sev,
  school,
  {
    mode = "real",
    device = "",
    device_name = "",
    place = "",
    age = 0,
    late = false,
    stored = true,
    detail = {},
    children = 0,
    code = "",
    flow = "fault",
  } = {},
) {
  const now = Date.now();
  const alert = {
    id: `A-${nextId++}`,
    ver: 1,
    rule,
    sev,
    state: "raised",
    mode,
    school: school.id,
    unit: school.unit,
    station: school.station,
    gateway: school.gateway,
    device,
    device_name,
    place,
    t: now - age - (late ? 3600_000 : 120 + Math.floor(rnd() * 200)),
    rx: now - age,
    updated: now - age,
    stored,
    late,
    owner: "",
    owner_display: "",
    acked_at: null,
    ended_at: null,
    resolved_at: null,
    cause: "",
    count: flow === "incident" ? 1 : 1,
    children,
    escalation: 0,
    next_escalation_at: sev === 1 && mode === "real" ? now - age + 30_000 : sev === 2 ? now - age + 180_000 : null,
    first_hop: "",
    code,
    flow,
  };
  alerts.set(alert.id, alert);
  details.set(alert.id, {
    history: [{ at: alert.rx, what: "raised", by: "", note: "" }],
    presses:
      flow === "incident"
        ? [
            {
              id: crypto.randomUUID(),
              device,
              t: alert.t,
              rx: alert.rx,
              press: "short",
              stored,
              late,
              cleared_at: null,
            },
          ]
        : [],
    detail,
  });
  return alert;
}

const press = (school, more = {}) =>
  makeAlert("one_key_press", (more.mode ?? "real") === "real" ? 1 : 4, school, {
    device: "button-1",
    device_name: pick(["东门按钮", "门卫室按钮", "北门立柱", "值班室按钮"]),
    place: pick(["东门", "正门门卫室", "北门", "教学楼一层"]),
    flow: "incident",
    detail: { press: "short", mode_claimed: more.mode ?? "real" },
    ...more,
  });

function fault(age = 0) {
  const school = pick(city.schools);
  const x = rnd();
  const n = 1 + Math.floor(rnd() * school.cameras);
  const place = pick(["操场东侧", "校门外侧", "食堂后厨", "宿舍楼道", "停车场", "围墙西段", "教学楼连廊"]);
  if (x < 0.55)
    return makeAlert("camera_offline", rnd() < 0.15 ? 2 : 3, school, {
      device: `cam-${n}`,
      device_name: `${place}摄像机`,
      place,
      age,
    });
  if (x < 0.68)
    return makeAlert("barrier_down", 2, school, {
      device: "barrier-1",
      device_name: "升降柱",
      place: "正门",
      age,
      detail: { value: "down", seconds: "214" },
    });
  if (x < 0.78)
    return makeAlert("guard_short", 2, school, {
      device: "post-1",
      device_name: "护学岗",
      place: "正门",
      age,
      detail: { need: "2", have: "1" },
    });
  if (x < 0.86)
    return makeAlert("gate_open", 2, school, { device: "gate-1", device_name: "侧门", place: "西侧门", age });
  if (x < 0.92)
    return makeAlert("device_alert", 3, school, {
      device: "alarm-1",
      device_name: "报警主机",
      place: "门卫室",
      age,
      code: "battery_low",
      detail: { code: "battery_low" },
    });
  return makeAlert("alarm_host_offline", 2, school, {
    device: "alarm-1",
    device_name: "报警主机",
    place: "门卫室",
    age,
  });
}

function move(alert, what, by, changes, note = "") {
  Object.assign(alert, changes, { ver: alert.ver + 1, updated: Date.now() });
  details.get(alert.id).history.push({ at: Date.now(), what, by, note });
  broadcastAlert(alert);
  return alert;
}

// The first picture: an ordinary morning with a backlog.
for (let i = 0; i < Math.round(SITES * 0.12) + 12; i += 1) fault(Math.floor(rnd() ** 2 * 7_000_000));
for (const school of city.schools.filter((school) => school.down)) {
  makeAlert("gateway_offline", 2, school, {
    device: "gw",
    device_name: "校园网关",
    place: "弱电间",
    age: Math.floor(rnd() * 5_000_000),
    children: school.cameras + 5,
  });
}
for (const alert of alerts.values()) {
  if (rnd() < 0.45) {
    Object.assign(alert, {
      state: rnd() < 0.4 ? "work_order" : "acknowledged",
      ver: 2,
      owner: "chen",
      owner_display: "陈老师",
      acked_at: alert.rx + 90_000,
      next_escalation_at: null,
    });
    details.get(alert.id).history.push({ at: alert.rx + 90_000, what: "acknowledged", by: "陈老师", note: "" });
  }
}
{
  const a = press(city.schools[Math.floor(SITES * 0.55)], { age: 400_000 });
  Object.assign(a, {
    state: "dispatched",
    ver: 3,
    owner: "li",
    owner_display: "李警官",
    acked_at: a.rx + 11_000,
    next_escalation_at: null,
  });
  details
    .get(a.id)
    .history.push(
      { at: a.rx + 11_000, what: "acknowledged", by: "李警官", note: "" },
      { at: a.rx + 64_000, what: "dispatched", by: "李警官", note: "已通知属地派出所两名民警前往" },
    );
  press(city.schools[Math.floor(SITES * 0.3)], { age: 100_000, mode: "drill" });
  press(city.schools[Math.floor(SITES * 0.8)], { age: 240_000, mode: "test" });
}

const view = (alert) => ({ ...alert });
const LIVENESS = () => city.schools.map((school) => (school.down ? (school.ix % 2 ? "unknown" : "offline") : "live"));
city.schools.forEach((school, ix) => (school.ix = ix));

const MOVES = {
  incident: {
    raised: ["acknowledge", "escalate"],
    acknowledged: ["dispatch", "arrive", "resolve", "escalate"],
    dispatched: ["arrive", "resolve", "escalate"],
    on_scene: ["resolve", "escalate"],
    resolved: ["review"],
  },
  fault: {
    raised: ["acknowledge", "escalate"],
    acknowledged: ["work_order", "close", "escalate"],
    work_order: ["close", "escalate"],
    recovered: ["close"],
  },
};
const movesOf = (alert) => [...(MOVES[alert.flow][alert.state] ?? []), "note"];

function detailOf(alert, canContact) {
  const school = schoolOf.get(alert.school);
  const station = stationOf.get(alert.station);
  const more = details.get(alert.id);
  return {
    ...view(alert),
    ...more,
    acts: movesOf(alert),
    contact:
      canContact && school
        ? {
            school: `安全办 ${school.name}`,
            phone: school.phone,
            address: school.address,
            station: station.name,
            station_phone: "0777-0110110",
          }
        : null,
    related: school
      ? devicesOf(school)
          .slice(0, 12)
          .map((d) => ({
            gateway: d.gateway,
            device: d.id,
            kind: d.kind,
            name: d.name,
            place: d.place,
            liveness: d.liveness,
          }))
      : [],
  };
}

function devicesOf(school) {
  const now = Date.now();
  const word = school.down ? "unknown" : "live";
  const open = [...alerts.values()].filter((alert) => alert.school === school.id && alert.state !== "closed");
  const make = (id, kind, name, place, metrics, at_gate = false) => {
    const broken = open.some((alert) => alert.device === id && alert.rule.endsWith("offline"));
    return {
      gateway: school.gateway,
      id,
      kind,
      name,
      place,
      at_gate,
      liveness: school.down ? word : broken ? "offline" : "live",
      since: now - 3_000_000,
      last_rx: school.down ? now - 1_900_000 : broken ? now - 700_000 : now - Math.floor(rnd() * 55_000),
      metrics: Object.fromEntries(Object.entries(metrics).map(([k, value]) => [k, { value, t: now - 20_000 }])),
    };
  };
  const list = [
    make("alarm-1", "alarm_host", "一键报警主机", "门卫室", {
      online: true,
      path_main: true,
      path_backup: true,
      rssi: -71,
      mains: true,
      battery_v: 12.8,
      tamper: false,
      audio_ok: true,
      call_state: "idle",
      last_test: now - 6 * 86_400_000,
      last_test_latency: 840,
      police_ack: now - 3_600_000,
      temp: 31.5,
      humidity: 74,
    }),
    make("button-1", "alarm_button", "报警按钮", "东门", {
      loop: "closed",
      loop_ohm: 2205,
      cell_v: 3.02,
      battery: 88,
      tamper: false,
      link: true,
    }),
    make(
      "barrier-1",
      "barrier",
      "升降柱",
      "正门",
      {
        position: "up",
        moving: false,
        fault_code: 0,
        rise_time: 2900,
        oil_temp: 41.5,
        oil_level: 83,
        pressure: 6.4,
        mains_v: 226,
        pit_water: false,
        cycles: 48_211,
        mode: "auto",
      },
      true,
    ),
    make("gate-1", "gate", "西侧门", "西侧门", {
      open: false,
      locked: true,
      forced: false,
      held_open: false,
      mode: "normal",
      passes_in: 0,
      passes_out: 1,
    }),
    make("post-1", "guard_post", "正门岗", "正门", { on_duty: 2, online: true, battery: 76, buffered: 0 }, true),
    make("nvr-1", "recorder", "录像机", "弱电间", {
      online: true,
      recording: true,
      retention: 61.5,
      gap: 0,
      disk: "ok",
      disk_total: 16_000,
      disk_free: 420,
      temp: 44,
      clock_offset: 310,
    }),
  ];
  for (let n = 1; n <= school.cameras; n += 1) {
    list.push(
      make(
        `cam-${n}`,
        "camera",
        `${pick(["校门", "操场", "食堂", "楼道", "围墙", "宿舍"])}摄像机 ${n}`,
        pick(["校门内侧", "操场东侧", "食堂后厨", "教学楼二层", "围墙西段"]),
        {
          online: true,
          stream: true,
          bitrate: 3850,
          fps: 25,
          packet_loss: 0.2,
          rtt: 6,
          picture: rnd() < 0.05 ? "blur" : "good",
        },
        n < 3,
      ),
    );
  }
  return list;
}

function tally(letters) {
  const c = { met: 0, not_met: 0, unknown: 0, exempt: 0 };
  for (const l of letters)
    if (l === "m") c.met += 1;
    else if (l === "n") c.not_met += 1;
    else if (l === "u") c.unknown += 1;
    else if (l === "e") c.exempt += 1;
  const basis = c.met + c.not_met + c.unknown;
  return { ...c, bp: basis ? Math.floor((c.met * 10_000) / basis) : null };
}
const within = (school, unit) => {
  for (let u = unitOf.get(school.unit); u; u = unitOf.get(u.parent)) if (u.id === unit) return true;
  return false;
};
const cells = (schools) =>
  INDICATORS.map((_, i) => ({
    ledger: tally(schools.map((s) => s.ledger[i])),
    live: tally(schools.map((s) => s.live[i])),
    proof_at: schools.length === 1 ? schools[0].proof[i] : null,
  }));

function coverage(parent) {
  const unit = unitOf.get(parent) ?? city.units[0];
  const children = city.units.filter((u) => u.parent === unit.id);
  const inside = city.schools.filter((s) => within(s, unit.id));
  const rows = [{ kind: "unit", id: unit.id, name: unit.name, name_en: unit.name_en, cells: cells(inside) }];
  if (children.length)
    for (const child of children)
      rows.push({
        kind: "unit",
        id: child.id,
        name: child.name,
        name_en: child.name_en,
        cells: cells(city.schools.filter((s) => within(s, child.id))),
      });
  else
    for (const s of inside)
      rows.push({ kind: "school", id: s.id, name: s.name, name_en: s.name_en, cells: cells([s]) });
  return { as_of: Date.now(), parent: unit.id, indicators: INDICATORS.map(([id]) => id), scopes: SCOPES, rows };
}

function gaps(q) {
  const figure = q.get("figure") || "live";
  const items = [];
  for (const s of city.schools) {
    if (q.get("unit") && !within(s, q.get("unit"))) continue;
    INDICATORS.forEach(([id], i) => {
      if (q.get("indicator") && q.get("indicator") !== id) return;
      const judgement = { n: "not_met", u: "unknown" }[s[figure][i]];
      if (!judgement || (q.get("judgement") && q.get("judgement") !== judgement)) return;
      items.push({
        school: s.id,
        school_name: s.name,
        unit: s.unit,
        unit_name: unitOf.get(s.unit).name,
        indicator: id,
        figure,
        judgement,
        reasons: [
          s.down ? "alarm_host.offline" : judgement === "unknown" ? "video.proof_old" : "video_networked.undeclared",
        ],
        proof_at: s.proof[i],
      });
    });
  }
  return items;
}

function summary() {
  const open = [0, 0, 0, 0];
  const unacked = [0, 0, 0, 0];
  let drills = 0;
  for (const a of alerts.values()) {
    if (["resolved", "reviewed", "closed"].includes(a.state)) continue;
    if (a.mode !== "real") {
      drills += 1;
      continue;
    }
    open[a.sev - 1] += 1;
    if (a.state === "raised") unacked[a.sev - 1] += 1;
  }
  const downSchools = city.schools.filter((s) => s.down).length;
  const devices = city.schools.reduce((n, s) => n + s.cameras + 6, 0);
  const unknown = city.schools.reduce((n, s) => n + (s.down ? s.cameras + 6 : 0), 0);
  return {
    seq,
    server_ms: Date.now(),
    unacked,
    open,
    schools_live: SITESREAL - downSchools,
    schools: SITESREAL,
    devices_live: devices - unknown - 31,
    devices_unknown: unknown,
    devices,
    ingest_lag_ms: 4 + Math.floor(rnd() * 9),
    journal,
    drills,
  };
}
const SITESREAL = city.schools.length;

function send(name, data) {
  seq += 1;
  const frame = `id: ${epoch}-${seq}\nevent: ${name}\ndata: ${JSON.stringify({ ...data, seq })}\n\n`;
  ring.push([seq, frame]);
  if (ring.length > 5000) ring.shift();
  if (!paused) for (const client of clients) client.write(frame);
}
const broadcastAlert = (alert) => send("alerts", { up: [view(alert)], gone: [] });

setInterval(() => send("summary", summary()), 1000);
setInterval(() => {
  for (const client of clients) client.write(": hb\n\n");
}, 10_000);
setInterval(() => {
  if (rnd() < RATE / 4) broadcastAlert(fault());
  if (rnd() < 0.1) {
    const s = pick(city.schools);
    const i = Math.floor(rnd() * INDICATORS.length);
    if (s.live[i] !== "-" && s.live[i] !== "e") {
      s.live[i] = rnd() < 0.7 ? "m" : "u";
      send("coverage", { c: [[s.ix, i, "live", s.live[i]]] });
    }
  }
}, 250);

const problem = (response, status, code, more = {}) => {
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: `/docs/problems#${code}`, title: code, status, code, detail: "", ...more }));
};
const json = (response, body, status = 200, headers = {}) => {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers });
  response.end(JSON.stringify(body));
};
const meOf = (name) => ({
  name,
  ...USERS[name],
  csrf: "token",
  server_ms: Date.now(),
  build: "dev",
  city: "钦州市",
  city_en: "Qinzhou",
});
const body = async (request) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
};

const NEXT = {
  acknowledge: ["acknowledged", "acknowledged"],
  dispatch: ["dispatched", "dispatched"],
  arrive: ["arrived", "on_scene"],
  resolve: ["resolved", "resolved"],
  review: ["reviewed", "reviewed"],
  work_order: ["work_ordered", "work_order"],
  close: ["closed", "closed"],
};

async function api(request, response, url) {
  const path = url.pathname.slice("/api/v1".length);
  const q = url.searchParams;
  const user = /anxiao_session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
  if (path === "/login") {
    const { username, password } = await body(request);
    if (!USERS[username] || password !== "demo") return problem(response, 401, "bad_credentials");
    return json(response, meOf(username), 200, {
      "Set-Cookie": `anxiao_session=${username}; HttpOnly; SameSite=Strict; Path=/`,
    });
  }
  if (!user || !USERS[user]) return problem(response, 401, "unauthenticated");
  if (down) return problem(response, 503, "unavailable");
  if (request.method === "POST" && request.headers["x-csrf-token"] !== "token") return problem(response, 403, "csrf");
  const me = USERS[user];
  if (path === "/logout") {
    response.writeHead(204, { "Set-Cookie": "anxiao_session=; Max-Age=0; Path=/" });
    return response.end();
  }
  if (path === "/me") return json(response, meOf(user));
  if (path === "/screens/health") {
    await body(request);
    response.writeHead(204);
    return response.end();
  }
  if (path === "/kinds") return json(response, KINDS);
  if (path === "/windows") return json(response, { items: [] });
  if (path === "/stats")
    return json(response, {
      ingest: { received: 1_204_331, applied: 1_204_002, duplicates: 311, refused: 18, gaps: 0, bytes: 98_331_202 },
      dead_letters: 3,
      lag_ms: 6,
      streams: { clients: clients.size, channels: 1, sent: seq, resets: 0, replays: 2 },
      history: { behind: 12, store: "duckdb" },
      audit: { ended: Date.now() - 3_600_000, passed: true, differences: 0, running: false },
      build: "dev",
    });
  if (path === "/bootstrap") {
    const column = (key) => city.schools.map((s) => s[key]);
    return json(response, {
      epoch,
      seq,
      server_ms: Date.now(),
      units: city.units,
      stations: city.stations,
      schools: Object.fromEntries(
        ["id", "name", "name_en", "kind", "area", "unit", "station", "lat", "lon", "gateway"].map((k) => [
          k,
          column(k),
        ]),
      ),
      liveness: LIVENESS(),
      indicators: INDICATORS.map(([id, label, label_en, formula, headline]) => ({
        id,
        label,
        label_en,
        formula,
        formula_en: formula,
        source: "4+N",
        headline: INDICATORS.find((x) => x[0] === id)[4],
        group: headline ? "headline" : id.startsWith("n4") ? "national" : "strength",
        counts: "所学校",
        counts_en: "schools",
        believed: "24小时",
        believed_en: "24 h",
        ledger_only: false,
      })),
      coverage: {
        ledger: city.schools.map((s) => s.ledger.join("")).join(""),
        live: city.schools.map((s) => s.live.join("")).join(""),
      },
      alerts: [...alerts.values()].filter((a) => !["resolved", "reviewed", "closed"].includes(a.state)).map(view),
      summary: summary(),
    });
  }
  if (path === "/stream") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const last = Number((request.headers["last-event-id"] ?? "").split("-")[1] ?? 0);
    response.write(
      `retry: 2000\nid: ${epoch}-${seq}\nevent: hello\ndata: ${JSON.stringify({ epoch, seq, server_ms: Date.now(), heartbeat_s: 10 })}\n\n`,
    );
    if (last) for (const [n, frame] of ring) if (n > last) response.write(frame);
    clients.add(response);
    request.on("close", () => clients.delete(response));
    return;
  }
  if (path === "/alerts") {
    let items = [...alerts.values()].sort((a, b) => b.rx - a.rx);
    if (q.get("state") === "open") items = items.filter((a) => !["resolved", "reviewed", "closed"].includes(a.state));
    if (q.get("school")) items = items.filter((a) => a.school === q.get("school"));
    const start = Number(q.get("cursor") || 0);
    const limit = Number(q.get("limit") || 100);
    return json(response, {
      items: items.slice(start, start + limit).map(view),
      next: start + limit < items.length ? String(start + limit) : null,
      total: items.length,
    });
  }
  let found = /^\/alerts\/([^/]+)$/.exec(path);
  if (found) {
    const a = alerts.get(decodeURIComponent(found[1]));
    return a ? json(response, detailOf(a, me.permissions.includes("contact"))) : problem(response, 404, "not_found");
  }
  found = /^\/alerts\/([^/]+)\/acts$/.exec(path);
  if (found) {
    const a = alerts.get(decodeURIComponent(found[1]));
    const asked = await body(request);
    if (!a) return problem(response, 404, "not_found");
    const version = Number(/"(\d+)"/.exec(request.headers["if-match"] ?? "")?.[1]);
    if (asked.act === "note") {
      move(a, "noted", me.display, {}, asked.note);
      return json(response, detailOf(a, true));
    }
    if (asked.act === "escalate") {
      move(a, "escalated", me.display, { escalation: a.escalation + 1 }, asked.note ?? "");
      return json(response, detailOf(a, true));
    }
    if (version !== a.ver) return problem(response, 409, "version_conflict", { current: detailOf(a, true) });
    if (!me.acts.includes(asked.act)) return problem(response, 403, "forbidden");
    if (["resolve", "close"].includes(asked.act) && !asked.cause) return problem(response, 422, "cause_required");
    const [what, state] = NEXT[asked.act];
    move(
      a,
      what,
      me.display,
      {
        state,
        owner: user,
        owner_display: me.display,
        acked_at: a.acked_at ?? Date.now(),
        cause: asked.cause ?? "",
        next_escalation_at: null,
        resolved_at: ["resolve", "close"].includes(asked.act) ? Date.now() : null,
      },
      [asked.note, asked.cause].filter(Boolean).join(" · "),
    );
    return json(response, detailOf(a, true));
  }
  if (path === "/coverage") return json(response, coverage(q.get("parent") || "450700"));
  if (path === "/coverage/gaps") {
    const all = gaps(q);
    const start = Number(q.get("cursor") || 0);
    const limit = Number(q.get("limit") || 100);
    return json(response, {
      items: all.slice(start, start + limit),
      next: start + limit < all.length ? String(start + limit) : null,
      total: all.length,
    });
  }
  if (path === "/coverage/gaps.csv") {
    response.writeHead(200, {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": "attachment; filename=gaps.csv",
    });
    return response.end(
      "\ufeff学校,单位,指标,结论\n" +
        gaps(q)
          .map((g) => [g.school_name, g.unit_name, g.indicator, g.judgement].join(","))
          .join("\n"),
    );
  }
  found = /^\/schools\/([^/]+)$/.exec(path);
  if (found) {
    const s = schoolOf.get(found[1]);
    if (!s) return problem(response, 404, "not_found");
    const word = s.down ? "unknown" : "live";
    const judge = { m: "met", n: "not_met", u: "unknown", e: "exempt", "-": null };
    return json(response, {
      school: {
        id: s.id,
        name: s.name,
        name_en: s.name_en,
        kind: s.kind,
        area: s.area,
        unit: s.unit,
        station: s.station,
        pupils: s.pupils,
        boarders: s.boarders,
        lat: s.lat,
        lon: s.lon,
        datum: "WGS-84",
        address: s.address,
        contact: me.permissions.includes("contact") ? "安全办" : "",
        contact_phone: me.permissions.includes("contact") ? s.phone : "",
        gates: 2,
        guards_on_roll: 3,
        guards_at_peak: 2,
        opened: null,
        closed: null,
        declared: {},
        exemptions: [],
      },
      station: stationOf.get(s.station),
      gateway: {
        id: s.gateway,
        liveness: word,
        since: Date.now() - 5_000_000,
        last_heard: s.down ? Date.now() - 1_900_000 : Date.now() - 3000,
        paths: ["mqtt", "https"],
        lag_seconds: s.down ? null : 0.4,
        software: "1.0.0",
      },
      devices: devicesOf(s),
      coverage: INDICATORS.map(([id], i) => ({
        indicator: id,
        ledger: {
          judgement: judge[s.ledger[i]],
          reasons: s.ledger[i] === "n" ? ["video_networked.undeclared"] : [],
          proof_at: s.proof[i],
        },
        live: {
          judgement: judge[s.live[i]],
          reasons:
            s.live[i] === "u"
              ? [s.down ? "alarm_host.offline" : "video.proof_old"]
              : s.live[i] === "n"
                ? ["video_networked.undeclared"]
                : [],
          proof_at: s.proof[i],
        },
      })),
      alerts: [...alerts.values()]
        .filter((a) => a.school === s.id && !["resolved", "reviewed", "closed"].includes(a.state))
        .map(view),
    });
  }
  found = /^\/schools\/([^/]+)\/history$/.exec(path);
  if (found) {
    const to = Number(q.get("to") || Date.now());
    const from = Number(q.get("from") || to - 86_400_000);
    const n = Number(q.get("points") || 300);
    return json(response, {
      unit: "Cel",
      points: Array.from({ length: n }, (_, i) => {
        const t = from + ((to - from) * i) / n;
        return [
          Math.round(t),
          i > n * 0.4 && i < n * 0.45 ? null : 34 + 6 * Math.sin((t / 86_400_000) * 6.28 * 2) + rnd(),
        ];
      }),
    });
  }
  return problem(response, 404, "not_found");
}

function control(response, url) {
  const at = (n) => city.schools[Number(url.searchParams.get("school") ?? n) % city.schools.length];
  const done = {
    press: () =>
      broadcastAlert(
        press(at(Math.floor(rnd() * SITESREAL)), {
          mode: url.searchParams.get("mode") ?? "real",
          stored: url.searchParams.get("stored") !== "0",
          late: url.searchParams.get("late") === "1",
        }),
      ),
    again: () => {
      const a = [...alerts.values()].filter((x) => x.rule === "one_key_press" && x.mode === "real").at(-1);
      const p = {
        ...details.get(a.id).presses[0],
        id: crypto.randomUUID(),
        t: Date.now() - 150,
        rx: Date.now(),
        press: "long",
      };
      details.get(a.id).presses.push(p);
      move(a, "pressed", "", { count: a.count + 1, state: "raised", acked_at: null });
    },
    burst: () => {
      for (let i = 0; i < Number(url.searchParams.get("n") ?? 500); i += 1) fault();
      send("alerts", { up: [...alerts.values()].slice(-Number(url.searchParams.get("n") ?? 500)).map(view), gone: [] });
    },
    take: () => {
      const a = [...alerts.values()]
        .filter((x) => x.state === "raised" && x.rule === "one_key_press" && x.mode === "real")
        .at(-1);
      Object.assign(a, {
        state: "acknowledged",
        ver: a.ver + 1,
        owner: "li",
        owner_display: "李警官",
        acked_at: Date.now(),
      });
      details.get(a.id).history.push({ at: Date.now(), what: "acknowledged", by: "李警官", note: "" });
    },
    pause: () => (paused = true),
    resume: () => (paused = false),
    fail: () => (down = true),
    mend: () => (down = false),
    journal: () => (journal = journal === "ok" ? "down" : "ok"),
    outage: () => {
      const g = [];
      city.schools.slice(0, 40).forEach((s) => {
        s.down = !s.down;
        g.push([s.ix, s.down ? "offline" : "live"]);
        if (s.down)
          broadcastAlert(
            makeAlert("gateway_offline", 2, s, { device: "gw", device_name: "校园网关", children: s.cameras }),
          );
      });
      send("liveness", { g });
    },
    reset: () => send("reset", { reason: "roster" }),
    cut: () => {
      for (const c of clients) c.destroy();
    },
  }[url.pathname.slice(5)];
  done?.();
  response.writeHead(done ? 200 : 404);
  response.end(done ? "ok\n" : "no\n");
}

createServer(async (request, response) => {
  const url = new URL(request.url, "http://x");
  try {
    if (url.pathname.startsWith("/api/v1/")) return await api(request, response, url);
    if (url.pathname.startsWith("/dev/")) return control(response, url);
    const file = normalize(url.pathname === "/" ? "/index.html" : url.pathname);
    const bytes = await readFile(join(ROOT, file));
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Security-Policy": CSP,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(bytes);
  } catch (error) {
    if (!response.headersSent) response.writeHead(error.code === "ENOENT" ? 404 : 500);
    response.end(error.code === "ENOENT" ? "not found" : String(error));
  }
}).listen(PORT, "127.0.0.1", () =>
  console.log(
    `http://127.0.0.1:${PORT}/  users: ${Object.keys(USERS).join(", ")}  password: demo  schools: ${SITESREAL}`,
  ),
);
