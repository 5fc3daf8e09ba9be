/** Risk: why a school needs looking at, factor by factor, and which schools are warned of. Levels and reasons, no score. */
import type { RiskFactor, RiskLink, RiskPaper, RiskProfile, WarnedSchool, WarnedSchools } from "../api.gen";
import { ago, clock, count, dateTime } from "../format";
import { labelled, look, t } from "../i18n";
import { language } from "../preferences";
import { href } from "../route";
import { picture, second } from "../store/feed";
import { may } from "../store/session";
import { unitName } from "../store/words";
import { Empty, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

const inEnglish = (): boolean => language.value !== "zh";
const MARKS = { none: "○", watch: "△", warn: "▲", unknown: "?" } as const;
const ORDER = ["warn", "watch", "unknown", "none"] as const;

const inOrder = (factors: RiskFactor[]): RiskFactor[] =>
  [...factors].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));

/** The profile on a school's page. */
export function RiskPanel({ id, turn }: { id: string; turn: number }) {
  const m = t();
  const { data, failure, reload } = useResource<RiskProfile>(`/schools/${encodeURIComponent(id)}/risk`, turn);
  return (
    <section class="panel block risk">
      <h2>
        {m.risk.title} {data && <small>{m.common.asOf(clock(data.as_of))}</small>}
      </h2>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && (
        <div class={failure ? "old" : ""}>
          {data.warnings.length === 0 ? (
            <p class="dim">{m.risk.noWarning}</p>
          ) : (
            data.warnings.map((warning) => (
              <p key={warning.rule} class="riskwarning" role="note">
                <b>▲ {m.risk.warning}</b> {inEnglish() ? warning.says_en : warning.says}
                {m.risk.because}
                {warning.factors
                  .map((name) => data.factors.find((one) => one.name === name))
                  .map((one) => (one ? labelled(one) : ""))
                  .join(m.common.listJoin)}
              </p>
            ))
          )}
          <ul class="risklines">
            {inOrder(data.factors).map((factor) => (
              <Factor key={factor.name} factor={factor} school={id} />
            ))}
          </ul>
          <h3>{m.risk.papers}</h3>
          <ul class="papers">
            {data.papers.map((paper) => (
              <Paper key={`${paper.sheet} ${paper.label}`} paper={paper} school={id} />
            ))}
          </ul>
          <p class="dim small">{m.risk.noScore}</p>
        </div>
      )}
    </section>
  );
}

function Factor({ factor, school }: { factor: RiskFactor; school: string }) {
  const m = t();
  return (
    <li class={factor.level} title={inEnglish() ? factor.rule_en : factor.rule}>
      <span class="level">
        <i aria-hidden="true">{MARKS[factor.level]}</i> {m.risk.levels[factor.level]}
      </span>
      <b>{labelled(factor)}</b>
      <span>{inEnglish() ? factor.why_en : factor.why}</span>
      <Evidence links={factor.links} school={school} />
    </li>
  );
}

/** The screens on which the factor is worked: the school's lines of a sheet, its devices, gaps and alarms. */
function Evidence({ links, school }: { links: RiskLink[]; school: string }) {
  const m = t();
  const places = new Map<string, string>();
  for (const link of links) {
    const [to, text] = placeOf(link, school);
    if (to && !places.has(to)) places.set(to, text);
  }
  return (
    <span class="evidence">
      {[...places].map(([to, text]) => (
        <a key={to} href={to} aria-label={`${m.risk.evidence}${m.common.colon}${text}`}>
          {text}
        </a>
      ))}
    </span>
  );
}

function placeOf({ kind, id }: RiskLink, school: string): [string | null, string] {
  const m = t();
  if (kind === "alert") return [href("live", { alert: id }), m.risk.places.alert];
  if (kind === "device") return [href(`schools/${school}`, { device: id }), id.slice(id.indexOf("/") + 1)];
  if (kind === "sheet") return [sheetOf(id, school), look(m.risk.sheets, id)];
  if (kind === "gaps") return [href("gaps", { school }), m.risk.places.gaps];
  const indicator = picture.value?.indicators.find((one) => one.id === id);
  return [href("gaps", { school, indicator: id }), indicator ? labelled(indicator) : id];
}

const OF_UNITS = "outside_area"; // A sheet whose lines are those of units.

const sheetOf = (sheet: string, school: string): string | null =>
  may("ledger") ? href(`ledger/${sheet}`, sheet === OF_UNITS ? {} : { school }) : null;

function Paper({ paper, school }: { paper: RiskPaper; school: string }) {
  const m = t();
  const to = sheetOf(paper.sheet, school);
  const bad = paper.fault !== "" && paper.fault !== "undeclared" && paper.fault !== "none_due";
  return (
    <li class={paper.fault === "" ? "none" : bad ? "warn" : "unknown"}>
      <b>{to ? <a href={to}>{labelled(paper)}</a> : labelled(paper)}</b>{" "}
      {look(m.risk.faults, paper.fault || (paper.sheet === "drill" ? "held" : "in_force"))}
      {paper.day && <small class="dim"> {paper.day}</small>}
    </li>
  );
}

/** Every school within reach that is warned of. */
export function RiskScreen() {
  const m = t();
  const { data, failure, reload } = useResource<WarnedSchools>("/risk/warned", Math.floor(second.value / 30_000));
  return (
    <div class="warned page">
      <header class="pagehead">
        <h1>{m.risk.warned}</h1>
        {data && <span class="dim">{m.risk.looked(count(data.looked), count(data.schools), count(data.total))}</span>}
        <span class="stretch" />
        {data && <span class="dim">{m.common.asOf(clock(data.as_of))}</span>}
      </header>
      {failure && <Trouble failure={failure} retry={reload} />}
      {!data && !failure && <Waiting />}
      {data && data.items.length === 0 && (
        <Empty
          title={data.looked < data.schools ? m.risk.notLooked : m.risk.nobody}
          hint={data.looked < data.schools ? m.risk.notLookedHint : m.risk.noScore}
        />
      )}
      {data && data.items.length > 0 && (
        <div class={`panel warnedlist ${failure ? "old" : ""}`}>
          {data.items.map((one) => (
            <Warned key={one.school} one={one} />
          ))}
          {data.total > data.items.length && <p class="dim">{m.risk.more(count(data.total - data.items.length))}</p>}
        </div>
      )}
      <footer class="legend">
        <span class="dim">{m.risk.noScore}</span>
      </footer>
    </div>
  );
}

function Warned({ one }: { one: WarnedSchool }) {
  const m = t();
  return (
    <article class="risk">
      <h2>
        <a href={href(`schools/${one.school}`)}>
          {inEnglish() && one.school_name_en ? one.school_name_en : one.school_name}
        </a>{" "}
        <small class="dim">
          {unitName(one.unit)} ·{" "}
          <time title={dateTime(one.since)}>{m.risk.since(ago(second.value - one.since, m.age))}</time>
        </small>
      </h2>
      <ul class="risklines">
        {inOrder(one.because).map((factor) => (
          <Factor key={factor.name} factor={factor} school={one.school} />
        ))}
      </ul>
    </article>
  );
}
