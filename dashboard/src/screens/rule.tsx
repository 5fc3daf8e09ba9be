/** One rule: what it is, its settings at a unit with their bounds, another value tried against the last 30 days, and saved. */
import { useEffect, useState } from "preact/hooks";
import type { EditAnswer, FaultView, RuleSettingView, RuleView, Rules, WhatIfView } from "../api.gen";
import { failureOf, get, post } from "../client";
import { labelled, look, named, t } from "../i18n";
import { language } from "../preferences";
import { href, route } from "../route";
import { Dialog } from "../ui/dialog";
import { FormEnd } from "../ui/form";
import { PageHead } from "../ui/pagehead";
import { Button, Severity } from "../ui/parts";
import { say } from "../ui/toast";
import { Faults, Why } from "./ledgerline";
import { isSet, valueOf, Whence } from "./rules";
import { Comparison } from "./whatif";

const LOOK_MS = 1_000;
const TAKEN_AWAY = "×";

/** What is written beside a setting: nothing, a number, or that the unit's own value goes. */
type Draft = Record<string, string>;

export function problemOf(setting: RuleSettingView, text: string): string {
  const m = t();
  if (text === "" || text === TAKEN_AWAY) return "";
  const value = Number(text);
  if (!Number.isFinite(value) || value < setting.least || value > setting.most)
    return m.rules.wrong(`${valueOf(setting, setting.least)} – ${valueOf(setting, setting.most)}`);
  return setting.whole && !Number.isInteger(value) ? m.rules.whole : "";
}

/** What would change: each setting with its new value, or null where the unit's own line is taken away. */
export function changesOf(settings: readonly RuleSettingView[], draft: Draft): Record<string, number | null> {
  const found: Record<string, number | null> = {};
  for (const one of settings) {
    const text = draft[one.name] ?? "";
    if (text === TAKEN_AWAY) found[one.name] = null;
    else if (text !== "" && Number(text) !== one.value) found[one.name] = Number(text);
  }
  return found;
}

export function RuleScreen({ rule, rules, saved }: { rule: RuleView; rules: Rules; saved: () => void }) {
  const m = t();
  const [draft, setDraft] = useState<Draft>({});
  const [job, setJob] = useState<WhatIfView | null>(null);
  const [saving, setSaving] = useState(false);
  const changes = changesOf(rule.settings, draft);
  const wrong = rule.settings.some((one) => problemOf(one, draft[one.name] ?? "") !== "");
  const ready = Object.keys(changes).length > 0 && !wrong;
  useFollowed(job, setJob);
  const compare = async () => {
    try {
      setJob(await post<WhatIfView>(`/rules/${rule.name}/whatif`, { body: { unit: rules.unit, values: changes } }));
    } catch (error) {
      const failure = failureOf(error);
      say("bad", m.detail.failed(m.rules.compare), `${look(m.failure.codes, failure.code)} ${failure.detail}`.trim());
    }
  };
  return (
    <div class="coverage page">
      <PageHead
        back={{ to: href("rules", { unit: route.value.query["unit"] }), text: m.rules.title }}
        title={
          <>
            {labelled(rule)} <small class="dim">{rule.number}</small>
          </>
        }
      >
        <span class="stretch" />
        <span class="dim">{m.rules.at}</span> <b>{named({ name: rules.unit_name, name_en: rules.unit_name_en })}</b>
      </PageHead>
      <section class="panel block">
        <dl class="pairs">
          <dt>{m.rules.severityNow}</dt>
          <dd>
            <Severity level={rule.severity} />
          </dd>
          <dt>{m.rules.trigger}</dt>
          <dd>{language.value === "en" ? rule.trigger_en : rule.trigger}</dd>
          {rule.by_people && (
            <>
              <dt>{m.rules.columns.clear}</dt>
              <dd>{m.rules.byPeople}</dd>
            </>
          )}
        </dl>
      </section>
      {rule.settings.length === 0 ? (
        <section class="panel block">
          <p>{rule.subject === "signal" ? m.rules.fixedHint : m.rules.noSettings}</p>
        </section>
      ) : (
        <section class="panel block">
          <h2>{m.rules.settingsTitle}</h2>
          <div class="tablebox" tabIndex={0} role="region" aria-label={m.rules.settingsTitle}>
            <table class="gaps ruleform">
              <thead>
                <tr>
                  <th scope="col">{m.rules.setting}</th>
                  <th scope="col">{m.rules.holds}</th>
                  <th scope="col">{m.rules.usual}</th>
                  <th scope="col">{m.rules.range}</th>
                  {rules.editable && <th scope="col">{m.rules.proposed}</th>}
                </tr>
              </thead>
              <tbody>
                {rule.settings.map((one) => (
                  <SettingRow
                    key={one.name}
                    setting={one}
                    text={draft[one.name] ?? ""}
                    write={rules.editable ? (text) => setDraft({ ...draft, [one.name]: text }) : undefined}
                  />
                ))}
              </tbody>
            </table>
          </div>
          {rules.editable ? (
            <div class="row end">
              <span class="dim stretch">{ready ? m.rules.compareHint : m.rules.unchanged}</span>
              {rule.tried && (
                <Button onClick={() => void compare()} disabled={!ready}>
                  {m.rules.compare}
                </Button>
              )}
              <Button look="primary" onClick={() => setSaving(true)} disabled={!ready}>
                {m.rules.save}
              </Button>
            </div>
          ) : (
            <p class="dim">{m.rules.readOnly}</p>
          )}
        </section>
      )}
      {rule.tried && rules.editable && (
        <Comparison
          job={job}
          cancel={() => job && void post<WhatIfView>(`/whatif/${job.id}/cancel`).then(setJob, () => undefined)}
        />
      )}
      {saving && (
        <SaveDialog
          rule={rule}
          unit={rules.unit}
          changes={changes}
          close={() => setSaving(false)}
          done={() => {
            setSaving(false);
            setDraft({});
            saved();
          }}
        />
      )}
    </div>
  );
}

/** Ask again how far a comparison has got, until it is at its end. */
function useFollowed(job: WhatIfView | null, set: (job: WhatIfView) => void): void {
  useEffect(() => {
    if (!job || (job.state !== "waiting" && job.state !== "reading")) return;
    const timer = setTimeout(() => {
      get<WhatIfView>(`/whatif/${job.id}`).then(set, (error: unknown) =>
        set(failureOf(error).status === 404 ? { ...job, state: "failed" } : { ...job }),
      );
    }, LOOK_MS);
    return () => clearTimeout(timer);
  }, [job]);
}

function SettingRow({
  setting,
  text,
  write,
}: {
  setting: RuleSettingView;
  text: string;
  write: ((text: string) => void) | undefined;
}) {
  const m = t();
  const problem = problemOf(setting, text);
  const away = text === TAKEN_AWAY;
  const unit = setting.unit === "1" ? "" : setting.unit === "Cel" ? "°C" : setting.unit;
  const id = `set-${setting.name}`;
  return (
    <tr>
      <th scope="row">
        <label for={id}>{labelled(setting)}</label>
      </th>
      <td class={isSet(setting) ? "set" : ""}>
        {valueOf(setting)} <Whence setting={setting} />
      </td>
      <td class="dim">{valueOf(setting, setting.usual)}</td>
      <td class="dim">
        {valueOf(setting, setting.least)} – {valueOf(setting, setting.most)}
      </td>
      {write && (
        <td>
          <input
            id={id}
            type="text"
            inputMode="decimal"
            maxLength={12}
            disabled={away}
            value={away ? "" : text}
            placeholder={away ? m.rules.backTo : String(setting.value)}
            aria-invalid={problem ? "true" : "false"}
            aria-describedby={problem ? `${id}-problem` : undefined}
            onInput={(event) => write(event.currentTarget.value.trim())}
          />{" "}
          <span class="dim">{unit}</span>
          {setting.own && (
            <label class="away">
              <input type="checkbox" checked={away} onChange={() => write(away ? "" : TAKEN_AWAY)} /> {m.rules.back}
            </label>
          )}
          {problem && (
            <small class="problem" role="alert" id={`${id}-problem`}>
              {problem}
            </small>
          )}
        </td>
      )}
    </tr>
  );
}

function SaveDialog({
  rule,
  unit,
  changes,
  close,
  done,
}: {
  rule: RuleView;
  unit: string;
  changes: Record<string, number | null>;
  close: () => void;
  done: () => void;
}) {
  const m = t();
  const [reason, setReason] = useState("");
  const [effective, setEffective] = useState("");
  const [faults, setFaults] = useState<FaultView[]>([]);
  const [busy, setBusy] = useState(false);
  const names = Object.keys(changes);
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    let saved = 0;
    try {
      for (const name of names) {
        const id = `${rule.name}.${name}`;
        const value = changes[name];
        const own = rule.settings.find((one) => one.name === name)?.own;
        const answer =
          value === null
            ? await post<EditAnswer>("/sheets/rule_setting/retire", { body: { key: [unit, id], reason, effective } })
            : await post<EditAnswer>("/sheets/rule_setting/lines", {
                body: {
                  values: own ? { value: String(value) } : { unit, id, value: String(value) },
                  key: own ? [unit, id] : null,
                  reason,
                  effective,
                },
              });
        setFaults(answer.faults);
        if (!answer.done) return;
        saved += 1;
      }
      say("plain", m.ledger.saved);
      done();
    } catch (error) {
      const failure = failureOf(error);
      say(
        "bad",
        saved ? m.rules.savedPart(saved, names.length) : m.ledger.notSaved,
        `${look(m.failure.codes, failure.code)} ${failure.detail}`.trim(),
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={m.rules.saveTitle} close={close} wide>
      <form class="lineform" onSubmit={(event) => void save(event)} noValidate>
        <ul class="changes">
          {names.map((name) => {
            const setting = rule.settings.find((one) => one.name === name);
            const value = changes[name];
            return (
              setting && (
                <li key={name}>
                  {labelled(rule)} · {labelled(setting)} · <s class="dim">{valueOf(setting)}</s> →{" "}
                  <b>{value === null || value === undefined ? m.rules.backTo : valueOf(setting, value)}</b>
                </li>
              )
            );
          })}
        </ul>
        <Faults faults={faults} />
        <Why reason={reason} setReason={setReason} effective={effective} setEffective={setEffective} />
        <FormEnd close={close} text={m.ledger.save} busy={busy} disabled={!reason.trim()} />
      </form>
    </Dialog>
  );
}
