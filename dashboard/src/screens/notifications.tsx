/** The record of notifications: how each channel does, and whom every alert told or had to tell. */
import { useEffect, useState } from "preact/hooks";
import type { Channels, ChannelTried, ChannelView, NotificationDue } from "../api.gen";
import { failureOf, post, query } from "../client";
import { count, dateTime } from "../format";
import { labelled, look, named, t } from "../i18n";
import { language } from "../preferences";
import { href, replaceQuery, route } from "../route";
import { keepChannels } from "../store/channels";
import { may } from "../store/session";
import { PageHead } from "../ui/pagehead";
import { usePages } from "../ui/pages";
import { Badge, Button, Choice, Empty, Severity, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { say } from "../ui/toast";
import { DueState, Ways } from "./told";

const STATES = ["", "open", "told", "dead", "stopped"];

export function NotificationsScreen() {
  const m = t();
  const q = route.value.query;
  const [turn, setTurn] = useState(0);
  const channels = useResource<Channels>("/channels", turn);
  const list = usePages<NotificationDue>(`/notifications${query({ state: q["state"], channel: q["channel"] })}`, turn);
  const items = channels.data?.items ?? [];
  useEffect(() => keepChannels(items), [channels.data]);
  return (
    <div class="page told">
      <PageHead title={m.told.title} lead={m.told.lead}>
        <span class="stretch" />
        {may("ledger") && (
          <a class="button plain" href={href("ledger/duty")}>
            {m.told.rotas}
          </a>
        )}
      </PageHead>
      {channels.failure && <Trouble failure={channels.failure} retry={channels.reload} />}
      {channels.data && <ChannelStrip channels={channels.data} tried={() => setTurn((n) => n + 1)} />}
      <div class="row">
        <Choice
          label={m.told.result}
          value={q["state"] ?? ""}
          options={STATES.map((value) => ({ value, text: value ? look(m.told.state, value) : m.told.all }))}
          pick={(value) => replaceQuery({ ...q, state: value || undefined })}
        />
        <select
          aria-label={m.told.channels}
          value={q["channel"] ?? ""}
          onChange={(event) => replaceQuery({ ...q, channel: event.currentTarget.value || undefined })}
        >
          <option value="">{m.told.anyChannel}</option>
          {items.map((one) => (
            <option key={one.name} value={one.name}>
              {one.label}
            </option>
          ))}
        </select>
        {list.items && <span class="dim">{count(list.total)}</span>}
      </div>
      {list.failure && <Trouble failure={list.failure} retry={list.reload} />}
      {!list.failure && list.items === null && <Waiting />}
      {list.items && (
        <section class="panel tablebox" tabIndex={0} role="region" aria-label={m.told.title}>
          {list.items.length === 0 ? (
            <Empty title={m.told.empty} hint={m.told.emptyHint} />
          ) : (
            <table class="gaps toldtable">
              <thead>
                <tr>
                  <th scope="col">{m.told.time}</th>
                  <th scope="col">{m.told.alert}</th>
                  <th scope="col">{m.told.who}</th>
                  <th scope="col">{m.told.result}</th>
                  <th scope="col">{m.told.ways}</th>
                </tr>
              </thead>
              <tbody>
                {list.items.map((due) => (
                  <Row key={due.id} due={due} />
                ))}
              </tbody>
            </table>
          )}
          {list.next && (
            <Button busy={list.busy} onClick={list.more}>
              {m.common.more}
            </Button>
          )}
        </section>
      )}
    </div>
  );
}

function Row({ due }: { due: NotificationDue }) {
  const m = t();
  return (
    <tr>
      <td>
        <time>{dateTime(due.at)}</time>
      </td>
      <td>
        <Severity level={due.sev} /> {due.mode !== "real" && <Badge kind={due.mode}>{look(m.mode, due.mode)}</Badge>}{" "}
        {look(m.rule, due.rule)}
        <br />
        <small class="dim">{named({ name: due.school_name, name_en: due.school_name_en }, m.common.none)}</small>
      </td>
      <td>
        {m.told.step(due.step + 1, look(m.escalation.audience, due.audience))}
        {due.ring > 1 && <small class="dim"> {m.told.again(due.ring)}</small>}
        {due.asked && <small class="dim"> {m.told.asked}</small>}
      </td>
      <td>
        <DueState due={due} />
      </td>
      <td>
        <Ways due={due} />
      </td>
    </tr>
  );
}

function ChannelStrip({ channels, tried }: { channels: Channels; tried: () => void }) {
  const m = t().told;
  if (channels.items.length === 0) return <p class="trouble">{m.noChannels}</p>;
  return (
    <>
      {!channels.rotas && <p class="trouble">{m.noRotas}</p>}
      <ul class="channels" aria-label={m.channels}>
        {channels.items.map((one) => (
          <Channel key={one.name} one={one} tried={tried} />
        ))}
      </ul>
    </>
  );
}

function Channel({ one, tried }: { one: ChannelView; tried: () => void }) {
  const m = t().told;
  const [busy, setBusy] = useState(false);
  const kind = { label: one.kind_label, label_en: one.kind_label_en };
  const attempt = async () => {
    const address = window.prompt(m.tryTo(one.label), "");
    if (address === null) return;
    setBusy(true);
    try {
      const path = `/channels/${encodeURIComponent(one.name)}/try`;
      const told = await post<ChannelTried>(path, { body: { address, language: language.value } });
      say(
        told.outcome === "refused" || told.outcome === "failed" ? "bad" : "plain",
        `${one.label}: ${look(m.tried, told.outcome)} ${told.detail}`,
      );
    } catch (error) {
      say("bad", `${one.label}: ${look(t().failure.codes, failureOf(error).code)}`);
    }
    setBusy(false);
    tried();
  };
  return (
    <li class={`panel ${one.dead ? "dead" : ""}`}>
      <b>{one.label}</b>
      <small class="dim">{labelled(kind)}</small>
      <span>
        {one.dead ? (
          <Badge kind="unreached">{m.dead}</Badge>
        ) : one.failures ? (
          <Badge kind="trying">{m.failing(one.failures)}</Badge>
        ) : one.good === null ? (
          <Badge kind="plain">{m.never}</Badge>
        ) : (
          <Badge kind="plain">{m.good}</Badge>
        )}
      </span>
      <small class="dim">
        {one.detail} {one.good !== null && m.lastGood(dateTime(one.good))}
      </small>
      {may("try_channel") && (
        <Button class="small" busy={busy} onClick={() => void attempt()}>
          {m.try}
        </Button>
      )}
    </li>
  );
}
