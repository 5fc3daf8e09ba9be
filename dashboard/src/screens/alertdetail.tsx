/** One alert with everything needed to answer it: place, people, what was done, what can be done. */
import { useRef, useState } from "preact/hooks";
import type { Act, Alert, AlertDetail } from "../api.gen";
import { clock, span, when } from "../format";
import { look, t } from "../i18n";
import { href, replaceQuery, route } from "../route";
import { movesOf, pending } from "../store/acts";
import { alertsTick, now, picture, second } from "../store/feed";
import { isGroup, isIncident } from "../store/order";
import { isOpen, isUnacked } from "../store/picture";
import { selected } from "../store/selection";
import { may, me } from "../store/session";
import { schoolName, stationName, unitName, whatOf } from "../store/words";
import { AlertBadges, Badge, Button, Choice, Liveness, Severity, Trouble, Waiting } from "../ui/parts";
import { later } from "../ui/later";
import { useResource } from "../ui/resource";
import { Found } from "./found";
import { Members } from "./members";
import { Chain, TwoPeople } from "./escalating";
import { Overview } from "./overview";
import { Shelf } from "./shelf";
import { ToldOf } from "./told";

const EvidencePane = later(() => import("./evidence").then((code) => code.EvidencePane));

const Police = later(() => import("./police").then((code) => code.Police));

const HINTS: Partial<Record<Act, string>> = {
  acknowledge: "A",
  dispatch: "D",
  arrive: "O",
  resolve: "R",
  close: "R",
  review: "V",
  work_order: "W",
  escalate: "E",
  note: "C",
};
const INCIDENT_STEPS = ["raised", "acknowledged", "dispatched", "on_scene", "resolved", "reviewed"] as const;
const FAULT_STEPS = ["raised", "acknowledged", "work_order", "recovered", "closed"] as const;

interface Props {
  request: (act: Act, alerts: Alert[]) => void;
  groupOf: (id: string) => Alert[];
}

export function AlertDetailPane({ request, groupOf }: Props) {
  const m = t();
  alertsTick.value;
  const id = selected.value;
  const alert = id ? picture.value?.alerts.get(id) : undefined;
  const kept = useRef<Alert | null>(null);
  if (alert) kept.current = alert;
  const shown = alert ?? (kept.current?.id === id ? kept.current : null);
  return (
    <section
      class="panel detail"
      id="detail"
      tabIndex={-1}
      aria-label={shown ? `${whatOf(shown)} ${schoolName(shown)}` : m.detail.none}
    >
      {shown ? <Detail key={shown.id} alert={shown} request={request} group={groupOf(shown.id)} /> : <Overview />}
    </section>
  );
}

function Detail({ alert, request, group }: { alert: Alert; request: Props["request"]; group: Alert[] }) {
  const m = t();
  const resource = useResource<AlertDetail>(`/alerts/${encodeURIComponent(alert.id)}`, alert.ver);
  const detail = resource.data;
  const [tab, setTab] = useState<"work" | "tab">("work");
  return (
    <>
      <header class={`headline s${alert.sev} ${alert.mode} ${isUnacked(alert) ? "unacked" : ""}`}>
        {alert.mode !== "real" && <div class={`modebanner ${alert.mode}`}>{look(m.modeBanner, alert.mode)}</div>}
        <div class="title">
          <Severity level={alert.sev} plus={alert.confirmed} />
          <h2>{whatOf(alert)}</h2>
          <AlertBadges alert={alert} />
          <span class="stretch" />
          <span class="dim id">{alert.id.length > 14 ? alert.id.slice(-8) : alert.id}</span>
        </div>
        <p class="where">
          {isGroup(alert) ? (
            <b>{schoolName(alert)}</b>
          ) : (
            <a href={href(`schools/${alert.school}`)}>{schoolName(alert)}</a>
          )}
          {alert.place && <span class="place">{alert.place}</span>}
        </p>
        <Deadline alert={alert} />
        <TwoPeople alert={alert} />
      </header>
      <Steps alert={alert} detail={detail} />
      {may("evidence") && !isGroup(alert) && (
        <div class="detailtabs">
          <Choice
            label={m.evidence.tabs}
            value={tab}
            options={(["work", "tab"] as const).map((value) => ({ value, text: m.evidence[value] }))}
            pick={setTab}
          />
        </div>
      )}
      <div class="scroll" hidden={tab !== "tab"}>
        {tab === "tab" && <EvidencePane alert={alert} />}
      </div>
      <div class="scroll" hidden={tab === "tab"}>
        <Facts alert={alert} />
        {resource.failure && <Trouble failure={resource.failure} retry={resource.reload} />}
        {!detail && !resource.failure && <Waiting text={m.detail.loading} />}
        {detail && <Found detail={detail} />}
        {detail && !isGroup(alert) && <ContactCard detail={detail} />}
        {isGroup(alert) && alert.children > 0 && <Members group={alert} />}
        {group.length > 1 && <Group group={group} request={request} />}
        {detail && isOpen(alert) && <Chain alert={alert} detail={detail} />}
        <ToldOf id={alert.id} version={alert.ver} />
        {isIncident(alert) && <Police alert={alert} />}
        {detail && <History detail={detail} />}
        {detail && detail.presses.length > 0 && <Presses detail={detail} />}
        {detail && <Related detail={detail} alert={alert} />}
      </div>
      <Actions alert={alert} detail={detail} request={request} />
    </>
  );
}

function Deadline({ alert }: { alert: Alert }) {
  const m = t();
  const at = second.value;
  return (
    <p class="deadline">
      <b>{span((alert.resolved_at ?? at) - alert.rx)}</b>
      <span>
        {look(m.state, alert.state)}
        {alert.owner_display && ` · ${alert.owner_display}`}
        {alert.cause && ` · ${look(m.cause, alert.cause)}`}
      </span>
      {alert.next_escalation_at !== null && isOpen(alert) && (
        <span class="due">
          {alert.next_escalation_at > at
            ? m.detail.escalation(span(alert.next_escalation_at - at))
            : m.detail.escalationDue}
        </span>
      )}
      {alert.ack_expires_at !== null && isOpen(alert) && (
        <span class="due">
          {alert.ack_expires_at > at ? m.escalation.ackLeft(span(alert.ack_expires_at - at)) : m.escalation.ackDue}
        </span>
      )}
      {alert.escalation > 0 && <Badge kind="plain">{m.escalation.step(alert.escalation + 1, alert.steps)}</Badge>}
    </p>
  );
}

/** How far people have got. Times are those of the history; a step that was left out is drawn as left out. */
function Steps({ alert, detail }: { alert: Alert; detail: AlertDetail | null }) {
  const m = t();
  const steps: readonly string[] = isIncident(alert) ? INCIDENT_STEPS : FAULT_STEPS;
  const reached = steps.indexOf(alert.state);
  const words: Record<string, string[]> = { on_scene: ["arrived"], work_order: ["work_ordered"] };
  const timeOf = (step: string): string => {
    if (step === "raised") return clock(alert.rx);
    const names = words[step] ?? [step];
    const found = detail?.history.filter((entry) => names.includes(entry.what));
    const last = found?.[found.length - 1];
    return last ? clock(last.at) : "";
  };
  return (
    <ol class="steps">
      {steps.map((step, ix) => {
        const time = ix <= reached ? timeOf(step) : "";
        return (
          <li
            key={step}
            class={ix < reached ? (time ? "done" : "skipped") : ix === reached ? "here" : ""}
            aria-current={ix === reached ? "step" : undefined}
          >
            <b>{step === "raised" ? m.did["raised"] : look(m.state, step)}</b>
            <small>{time || "\u00a0"}</small>
          </li>
        );
      })}
    </ol>
  );
}

function Facts({ alert }: { alert: Alert }) {
  const m = t();
  const delay = alert.rx - alert.t;
  return (
    <dl class="facts">
      <div>
        <dt>{m.detail.at}</dt>
        <dd>{when(alert.t, now.peek())}</dd>
      </div>
      <div>
        <dt>{m.detail.received}</dt>
        <dd>
          {when(alert.rx, now.peek())}
          <small class={alert.late ? "bad" : "dim"}>
            {" "}
            +{delay < 60_000 ? `${(Math.max(0, delay) / 1000).toFixed(2)} s` : span(delay)}
          </small>
        </dd>
      </div>
      <div>
        <dt>{m.detail.device}</dt>
        <dd>{alert.device_name || alert.device || m.common.none}</dd>
      </div>
      <div>
        <dt>{m.coverage.unit}</dt>
        <dd>{alert.unit ? unitName(alert.unit) : m.common.unknown}</dd>
      </div>
    </dl>
  );
}

function ContactCard({ detail }: { detail: AlertDetail }) {
  const m = t();
  const { contact } = detail;
  if (!contact) {
    return (
      <section class="block">
        <h3>{m.detail.contact}</h3>
        <p class="dim">
          {detail.station && `${m.detail.station} ${stationName(detail.station)} · `}
          {m.detail.noContact}
        </p>
      </section>
    );
  }
  return (
    <section class="block contact">
      <h3>{m.detail.contact}</h3>
      <dl class="pairs">
        <dt>{m.detail.school}</dt>
        <dd>
          {contact.school || m.detail.noContactKept} <Phone number={contact.phone} />
        </dd>
        <dt>{m.detail.station}</dt>
        <dd>
          {contact.station} <Phone number={contact.station_phone} />
        </dd>
        {contact.address && (
          <>
            <dt>{m.detail.address}</dt>
            <dd>{contact.address}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Phone({ number }: { number: string }) {
  if (!number) return null;
  return (
    <a class="phone" href={`tel:${number.replace(/[^\d+]/g, "")}`} title={t().detail.call}>
      {number}
    </a>
  );
}

function Group({ group, request }: { group: Alert[]; request: Props["request"] }) {
  const m = t();
  const unacked = group.filter(isUnacked);
  return (
    <section class="block">
      <h3>
        {m.detail.group(group.length)}
        {unacked.length > 1 && me.value?.acts.includes("acknowledge") && (
          <Button class="small" onClick={() => request("acknowledge", unacked)}>
            {m.detail.ackAll(unacked.length)}
          </Button>
        )}
      </h3>
      <ul class="members">
        {group.slice(0, 30).map((alert) => (
          <li key={alert.id} class={isUnacked(alert) ? "unacked" : ""}>
            <button
              type="button"
              onClick={() => (selected.value = alert.id)}
              aria-current={selected.value === alert.id ? "true" : undefined}
            >
              <span>{alert.device_name || alert.device}</span>
              <span class="dim">{alert.place}</span>
              <span>{look(m.state, alert.state)}</span>
              <time>{when(alert.rx, now.peek())}</time>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function History({ detail }: { detail: AlertDetail }) {
  const m = t();
  return (
    <section class="block">
      <h3>{m.detail.history}</h3>
      <ol class="history">
        {detail.history
          .slice()
          .reverse()
          .map((step, ix) => (
            <li key={`${step.at} ${step.what} ${ix}`}>
              <time>{when(step.at, now.peek())}</time>
              <b>{look(m.did, step.what)}</b>
              <span class="by">{step.by || m.detail.system}</span>
              {step.note && <span class="words">{noteText(step.note)}</span>}
            </li>
          ))}
      </ol>
    </section>
  );
}

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** A note's parts: codes are translated, a press's identity is of no use to a reader. */
function noteText(note: string): string {
  const m = t();
  return note
    .split(" · ")
    .filter((part) => !UUID.test(part))
    .map((part) => look(m.cause, part))
    .join(" · ");
}

function Presses({ detail }: { detail: AlertDetail }) {
  const m = t();
  return (
    <section class="block">
      <h3>
        {m.detail.presses} <small>{m.badge.times(detail.count)}</small>
      </h3>
      <table class="small">
        <thead>
          <tr>
            <th>{m.detail.pressColumns.at}</th>
            <th>{m.detail.pressColumns.received}</th>
            <th>{m.detail.pressColumns.kind}</th>
            <th>{m.detail.pressColumns.device}</th>
            <th>{m.detail.pressColumns.cleared}</th>
          </tr>
        </thead>
        <tbody>
          {detail.presses
            .slice(-20)
            .reverse()
            .map((press) => (
              <tr key={press.id}>
                <td>{when(press.t, now.peek())}</td>
                <td>
                  {when(press.rx, now.peek())}
                  {!press.stored && <Badge kind="provisional">{m.badge.provisional}</Badge>}
                  {press.late && <Badge kind="late">{m.badge.late}</Badge>}
                </td>
                <td>{look(m.press, press.press)}</td>
                <td>{press.device}</td>
                <td>{press.cleared_at ? clock(press.cleared_at) : "–"}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

const RULED = ["mode_claimed", "window", "why_real", "press_id"];

function factText(key: string, value: string): string {
  const m = t();
  const words: Record<string, Record<string, string>> = { press: m.press, lacking: m.proof.lacking };
  return look(words[key] ?? m.school.words, value);
}

function Related({ detail, alert }: { detail: AlertDetail; alert: Alert }) {
  const m = t();
  const [all, setAll] = useState(false);
  const facts = Object.entries(detail.detail).filter(
    ([key, value]) => value && !(key === "code" && alert.code) && !RULED.includes(key), // Shown as a badge.
  );
  const devices = detail.related
    .slice()
    .sort(
      (a, b) =>
        Number(a.liveness === "live") - Number(b.liveness === "live") ||
        Number(b.device === alert.device) - Number(a.device === alert.device),
    );
  return (
    <>
      {facts.length > 0 && (
        <section class="block">
          <h3>{m.detail.facts}</h3>
          <dl class="pairs">
            {facts.map(([key, value]) => (
              <>
                <dt>{look(m.detail.factNames, key)}</dt>
                <dd>{factText(key, value)}</dd>
              </>
            ))}
          </dl>
        </section>
      )}
      <section class="block">
        <h3>
          {m.detail.devices} <small>{detail.related.length}</small>
        </h3>
        {devices.length === 0 ? (
          <p class="dim">{m.detail.noDevices}</p>
        ) : (
          <ul class="devices">
            {devices.slice(0, all ? 100 : 8).map((device) => (
              <li key={`${device.gateway} ${device.device}`} class={device.device === alert.device ? "own" : ""}>
                <span>{device.name || device.device}</span>
                <span class="dim">{device.place}</span>
                <Liveness word={device.liveness} />
              </li>
            ))}
          </ul>
        )}
        {devices.length > 8 && (
          <button type="button" class="quiet" onClick={() => setAll(!all)}>
            {all ? m.school.lessMetrics : `${m.common.all} ${devices.length}`}
          </button>
        )}
      </section>
    </>
  );
}

function Actions({ alert, detail, request }: { alert: Alert; detail: AlertDetail | null; request: Props["request"] }) {
  const m = t();
  const granted = me.value?.acts ?? [];
  // The server's own list holds where it is of this very version; before it comes, the table this page knows.
  const moves = detail && detail.ver === alert.ver ? detail.acts : movesOf(alert, granted);
  const waiting = pending.value.get(alert.id);
  const order: Act[] = [
    "acknowledge",
    "dispatch",
    "arrive",
    "resolve",
    "work_order",
    "close",
    "review",
    "reopen",
    "escalate",
    "note",
  ];
  const offered = order.filter((act) => moves.includes(act));
  const main = offered.find((act) => act !== "note" && act !== "escalate" && act !== "reopen");
  return (
    <footer class="actions">
      {offered.length === 0 && <span class="dim">{m.detail.noActs}</span>}
      {offered.map((act) => (
        <Button
          key={act}
          look={act === main ? "primary" : "plain"}
          busy={waiting !== undefined}
          {...(HINTS[act] ? { hint: HINTS[act] } : {})}
          onClick={() => waiting === undefined && request(act, [alert])}
        >
          {waiting === act ? m.list.acting : look(m.act, act)}
        </Button>
      ))}
      {may("shelve") && !isIncident(alert) && isOpen(alert) && <Shelf alert={alert} />}
      <span class="stretch" />
      {alert.school && route.value.query["school"] !== alert.school && (
        <button
          type="button"
          class="quiet"
          onClick={() => replaceQuery({ ...route.peek().query, school: alert.school })}
        >
          {m.detail.onlySchool}
        </button>
      )}
    </footer>
  );
}
