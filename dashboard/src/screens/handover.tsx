/** Shift handover: each urgent open matter confirmed, both names on record, and whether the alarm is heard. */
import { useState } from "preact/hooks";
import { audio, testSound } from "../alarm/alarm";
import type { AskHandover, Handovers } from "../api.gen";
import { failureOf, post, uuid } from "../client";
import { dateTime } from "../format";
import { look, t } from "../i18n";
import { schoolName, whatOf } from "../store/words";
import { PageHead } from "../ui/pagehead";
import { Button, Severity, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { say } from "../ui/toast";
import "../style/told.css";

const SOUNDS = ["not_tried", "heard", "not_heard"] as const;

export function HandoverScreen() {
  const m = t().handover;
  const [turn, setTurn] = useState(0);
  const { data, failure, reload } = useResource<Handovers>("/handovers", turn);
  return (
    <div class="page told">
      <PageHead title={m.title} lead={m.lead} />
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && <TakeOver key={turn} data={data} taken={() => setTurn((n) => n + 1)} />}
      {data && (
        <section class="panel tablebox" tabIndex={0} role="region" aria-label={m.record}>
          <h2 class="recordhead">{m.record}</h2>
          <table class="gaps">
            <tbody>
              {data.items.length === 0 && (
                <tr>
                  <td class="dim">{m.none}</td>
                </tr>
              )}
              {data.items.map((one) => (
                <tr key={one.id}>
                  <td>
                    <time>{dateTime(one.at)}</time>
                  </td>
                  <td>{m.line(one.outgoing, one.incoming)}</td>
                  <td>{m.matters(one.open)}</td>
                  <td>{look(m.sounds, one.sound)}</td>
                  <td>{one.note}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}

function TakeOver({ data, taken }: { data: Handovers; taken: () => void }) {
  const m = t().handover;
  const [outgoing, setOutgoing] = useState(data.colleagues[0]?.name ?? "");
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const [sound, setSound] = useState<(typeof SOUNDS)[number]>("not_tried");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [id] = useState(uuid);
  const ready = data.urgent.every((alert) => seen.has(alert.id));
  const take = async () => {
    setBusy(true);
    try {
      const body: AskHandover = { id, outgoing, seen: [...seen], sound, note };
      await post<Handovers>("/handovers", { body });
      say("plain", m.taken);
      taken();
    } catch (error) {
      const why = failureOf(error);
      say("bad", why.code === "invalid" ? m.missing : look(t().failure.codes, why.code));
      if (why.code === "invalid") taken();
    }
    setBusy(false);
  };
  if (data.colleagues.length === 0) return <p class="dim">{m.nobody}</p>;
  return (
    <section class="panel handover">
      <p>{m.open(data.open)}</p>
      <h2>{data.urgent.length ? m.urgent(data.urgent.length) : m.noUrgent}</h2>
      <ul class="toldlist">
        {data.urgent.map((alert) => (
          <li key={alert.id}>
            <label class="row">
              <input
                type="checkbox"
                checked={seen.has(alert.id)}
                onChange={(event) => {
                  const next = new Set(seen);
                  if (event.currentTarget.checked) next.add(alert.id);
                  else next.delete(alert.id);
                  setSeen(next);
                }}
              />
              <Severity level={alert.sev} /> {whatOf(alert)} {schoolName(alert)}{" "}
              <small class="dim">{dateTime(alert.t)}</small>
            </label>
          </li>
        ))}
      </ul>
      <div class="row">
        <label class="row">
          {m.from}
          <select value={outgoing} onChange={(event) => setOutgoing(event.currentTarget.value)}>
            {data.colleagues.map((one) => (
              <option key={one.name} value={one.name}>
                {one.display}
              </option>
            ))}
          </select>
        </label>
        <label class="row">
          {m.sound}
          <select value={sound} onChange={(event) => setSound(event.currentTarget.value as (typeof SOUNDS)[number])}>
            {SOUNDS.map((one) => (
              <option key={one} value={one}>
                {look(m.sounds, one)}
              </option>
            ))}
          </select>
        </label>
        {audio.value === "on" && <Button onClick={testSound}>{m.test}</Button>}
      </div>
      <label class="row note">
        {m.note}
        <input value={note} maxLength={1000} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <Button look="primary" busy={busy} disabled={!ready} onClick={() => void take()}>
        {m.take}
      </Button>
    </section>
  );
}
