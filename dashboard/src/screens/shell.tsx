/** The frame around every screen: header, banners, navigation, keys, spoken summaries. */
import { useEffect, useState } from "preact/hooks";
import { audio, pulse } from "../alarm/alarm";
import { watchShown } from "../alarm/shown";
import { post } from "../client";
import { t } from "../i18n";
import { go, route } from "../route";
import { ageMs, loading, load, picture } from "../store/feed";
import { may } from "../store/session";
import { Boundary } from "../ui/boundary";
import { later } from "../ui/later";
import { Trouble, Waiting } from "../ui/parts";
import { Toasts } from "../ui/toast";
import { listenForKeys } from "../keys";
import { Announcer } from "./announcer";
import { Banners } from "./banners";
import { Header } from "./header";
import { KeyHelp } from "./keyhelp";
import { LiveScreen } from "./live";

const HEALTH_PERIOD_MS = 60_000;

// The watch comes at once; the code of the other screens when they are opened.
const CompareScreen = later(() => import("./compare").then((code) => code.CompareScreen));
const CoverageScreen = later(() => import("./coverage").then((code) => code.CoverageScreen));
const EscalationScreen = later(() => import("./escalation").then((code) => code.EscalationScreen));
const DrillsScreen = later(() => import("./drills").then((code) => code.DrillsScreen));
const GapLedger = later(() => import("./gapledger").then((code) => code.GapLedger));
const GapScreen = later(() => import("./gapdetail").then((code) => code.GapScreen));
const HealthScreen = later(() => import("./health").then((code) => code.HealthScreen));
const LeagueScreen = later(() => import("./league").then((code) => code.LeagueScreen));
const LedgerScreen = later(() => import("./ledger").then((code) => code.LedgerScreen));
const PaceScreen = later(() => import("./pace").then((code) => code.PaceScreen));
const ReportsScreen = later(() => import("./reports").then((code) => code.ReportsScreen));
const HandoverScreen = later(() => import("./handover").then((code) => code.HandoverScreen));
const NotificationsScreen = later(() => import("./notifications").then((code) => code.NotificationsScreen));
const NoiseScreen = later(() => import("./noise").then((code) => code.NoiseScreen));
const RiskScreen = later(() => import("./risk").then((code) => code.RiskScreen));
const RulesScreen = later(() => import("./rules").then((code) => code.RulesScreen));
const SchoolScreen = later(() => import("./school").then((code) => code.SchoolScreen));
const SchoolsScreen = later(() => import("./schools").then((code) => code.SchoolsScreen));
const VisitScreen = later(() => import("./visits").then((code) => code.VisitScreen));
const VisitsScreen = later(() => import("./visits").then((code) => code.VisitsScreen));

export function Shell() {
  const m = t();
  const [help, setHelp] = useState(false);
  useEffect(
    () =>
      listenForKeys({
        "?": () => setHelp(true),
        "g l": () => go("live"),
        "g c": () => go("coverage"),
        "g a": () => go("gaps"),
        "g s": () => go("schools"),
        "g h": () => go("health"),
        "g d": () => go("drills"),
        "g r": () => go("ledger"),
      }),
    [],
  );
  useEffect(() => {
    const report = () => {
      pulse();
      const body = { audio: audio.value, visible: !document.hidden, stream_age_ms: Math.round(ageMs.value) };
      post("/screens/health", { body }).catch(() => undefined); // The header shows the line's state; a report that fails tells nothing more.
    };
    const timer = setInterval(report, HEALTH_PERIOD_MS);
    setTimeout(report, 3_000);
    return () => clearInterval(timer);
  }, []);
  useEffect(watchShown, []);
  return (
    <div class="shell">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        {m.nav.skip}
      </a>
      <Header showHelp={() => setHelp(true)} />
      <Banners />
      <main id="main" tabIndex={-1}>
        <Boundary key={route.value.path.join("/")}>
          <Screen />
        </Boundary>
      </main>
      <Toasts />
      <Announcer />
      {help && <KeyHelp close={() => setHelp(false)} />}
    </div>
  );
}

function Screen() {
  const state = loading.value;
  if (state.state === "failed") return <Trouble failure={state.failure} retry={() => void load()} />;
  if (state.state === "loading" || !picture.value) return <Waiting />;
  const [screen, id] = route.value.path;
  if (screen === "coverage" && may("coverage")) {
    if (id === "compare") return <CompareScreen />;
    if (id === "pace") return <PaceScreen />;
    return <CoverageScreen />;
  }
  if (screen === "drills" && may("windows")) return <DrillsScreen />;
  if (screen === "gaps" && may("coverage")) return id ? <GapScreen key={id} id={id} /> : <GapLedger />;
  if (screen === "league" && may("coverage")) return <LeagueScreen />;
  if (screen === "reports" && may("report")) return <ReportsScreen />;
  if (screen === "visits" && may("coverage")) return id ? <VisitScreen key={id} id={id} /> : <VisitsScreen />;
  if (screen === "handover" && may("handover")) return <HandoverScreen />;
  if (screen === "notifications" && may("notified")) return <NotificationsScreen />;
  if (screen === "noise" && may("stats")) return <NoiseScreen />;
  if (screen === "risk" && may("coverage")) return <RiskScreen />;
  if (screen === "schools") return id ? <SchoolScreen key={id} id={id} /> : <SchoolsScreen />;
  if (screen === "rules" && may("ledger")) return <RulesScreen name={id} />;
  if (screen === "ledger" && may("ledger")) return <LedgerScreen />;
  if (screen === "escalation" && may("ledger")) return <EscalationScreen />;
  if (screen === "health") return <HealthScreen />;
  return <LiveScreen />;
}
