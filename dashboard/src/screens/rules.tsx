/** Alert rules as they hold at a unit: a list of all, and one rule with its settings and what another setting would have done. */
import { useState } from "preact/hooks";
import type { RuleSettingView, RuleView, Rules } from "../api.gen";
import { query } from "../client";
import { count, span, unit as unitOf } from "../format";
import { labelled, t } from "../i18n";
import { language } from "../preferences";
import { href, replaceQuery, route } from "../route";
import { PageHead } from "../ui/pagehead";
import { Badge, Choice, Empty, Severity, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { RuleScreen } from "./rule";
import { UnitSelect } from "./unitselect";
import "../style/rules.css";

type Which = "all" | "changed" | "open";

export const isSet = (setting: RuleSettingView): boolean => setting.whence !== "";

/** A value with its unit, times as people say them. */
export function valueOf(setting: RuleSettingView, value: number = setting.value): string {
  if (setting.unit === "s") return value === 0 ? t().rules.atOnce : value < 60 ? `${value} s` : span(value * 1000);
  if (setting.unit === "ms" && Math.abs(value) >= 1000) return `${value / 1000} s`;
  if (setting.name.endsWith("severity")) return `${value} ${t().severity[value] ?? ""}`.trim();
  const unit = unitOf(setting.unit);
  return unit ? `${value} ${unit}` : String(value);
}

export function RulesScreen({ name }: { name: string | undefined }) {
  const m = t();
  const { unit } = route.value.query;
  const [turn, setTurn] = useState(0);
  const { data, failure, reload } = useResource<Rules>(`/rules${query({ unit })}`, turn);
  const rule = data?.items.find((one) => one.name === name);
  if (name && data && rule)
    return <RuleScreen key={`${data.unit} ${name}`} rule={rule} rules={data} saved={() => setTurn((n) => n + 1)} />;
  return (
    <div class="coverage page">
      <PageHead title={m.rules.title} lead={m.rules.lead} />
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && <List rules={data} />}
    </div>
  );
}

function List({ rules }: { rules: Rules }) {
  const m = t();
  const [words, setWords] = useState("");
  const [which, setWhich] = useState<Which>("all");
  const asked = words.trim().toLowerCase();
  const shown = rules.items
    .filter((one) => `${one.label} ${one.label_en} ${one.number} ${one.name}`.toLowerCase().includes(asked))
    .filter((one) => which === "all" || (which === "open" ? one.open > 0 : one.settings.some(isSet)))
    .sort((one, other) => one.severity - other.severity);
  return (
    <>
      <div class="row">
        <label class="row">
          {m.rules.at}
          <UnitSelect unit={route.value.query["unit"]} pick={(unit) => replaceQuery({ ...route.peek().query, unit })} />
        </label>
        <Choice
          label={m.rules.title}
          value={which}
          options={[
            { value: "all", text: m.rules.all },
            { value: "changed", text: m.rules.changed },
            { value: "open", text: m.rules.withOpen },
          ]}
          pick={setWhich}
        />
        <input
          class="rulefind"
          type="search"
          value={words}
          maxLength={60}
          aria-label={m.rules.find}
          placeholder={m.rules.find}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </div>
      <section class="panel tablebox" tabIndex={0} role="region" aria-label={m.rules.title}>
        {shown.length === 0 ? (
          <Empty title={m.rules.none} />
        ) : (
          <table class="gaps rules">
            <thead>
              <tr>
                <th scope="col">{m.rules.severityNow}</th>
                <th scope="col">{m.rules.columns.rule}</th>
                <th scope="col">{m.rules.columns.hold}</th>
                <th scope="col">{m.rules.columns.clear}</th>
                <th scope="col">{m.rules.columns.settings}</th>
                <th scope="col" class="number">
                  {m.rules.columns.open}
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((rule) => (
                <Row key={rule.name} rule={rule} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </>
  );
}

function Row({ rule }: { rule: RuleView }) {
  const m = t();
  const { unit } = route.value.query;
  const others = rule.settings.filter((one) => one.name !== "hold" && one.name !== "clear");
  const of = (name: string) => rule.settings.find((one) => one.name === name);
  return (
    <tr>
      <td>
        <Severity level={rule.severity} />
      </td>
      <td class="what">
        <a href={href(`rules/${rule.name}`, { unit })}>{labelled(rule)}</a>
        {rule.number && <span class="dim small"> {rule.number}</span>}
        <small class="dim">{language.value === "en" ? rule.trigger_en : rule.trigger}</small>
      </td>
      <Value setting={of("hold")} />
      {rule.by_people ? <td class="dim">{m.rules.byPeople}</td> : <Value setting={of("clear")} />}
      <td>
        {rule.settings.length === 0 && <span class="dim">{m.rules.fixed}</span>}
        <ul class="settings">
          {others.map((one) => (
            <li key={one.name} class={isSet(one) ? "set" : ""}>
              {labelled(one)} <b>{valueOf(one)}</b>
              {isSet(one) && <Whence setting={one} />}
            </li>
          ))}
        </ul>
      </td>
      <td class="number">{rule.open ? count(rule.open) : <span class="dim">0</span>}</td>
    </tr>
  );
}

function Value({ setting }: { setting: RuleSettingView | undefined }) {
  if (!setting) return <td class="dim">–</td>;
  return (
    <td class={isSet(setting) ? "set" : ""}>
      {valueOf(setting)}
      {isSet(setting) && <Whence setting={setting} />}
    </td>
  );
}

export function Whence({ setting }: { setting: RuleSettingView }) {
  const m = t();
  if (!isSet(setting)) return <span class="dim">{m.rules.usual}</span>;
  const name = language.value === "zh" || !setting.whence_name_en ? setting.whence_name : setting.whence_name_en;
  return <Badge kind="plain">{setting.own ? m.rules.own : m.rules.from(name)}</Badge>;
}
