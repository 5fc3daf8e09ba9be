/** The evidence of one alert: what happened and who did what in one order, what the devices said, what people added. */
import { useState } from "preact/hooks";
import type { Alert, Evidence, EvidenceEntry } from "../api.gen";
import { API } from "../client";
import { clock, count, dateTime } from "../format";
import { look, t } from "../i18n";
import { channelName, useChannelNames } from "../store/channels";
import { Badge, Button, Choice, Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";
import { Attachments, HoldBar } from "./evidencefiles";
import { TracePart } from "./evidencetrace";

const SHOWN = 24; // Entries at first; the newest stand last, as in a log.
const KNOWN_LATER_MS = 2_000; // Below it the two clocks say the same to a reader.
const VIEWS = ["all", "people", "told", "proof"] as const;
type View = (typeof VIEWS)[number];
const BY_CHANNEL = ["notification", "police"]; // Whose channel is named among the words.
const OF_VIEW: Record<View, readonly string[]> = {
  all: [],
  people: ["press", "act", "order", "window"],
  told: ["press", "notification", "police", "escalation"],
  proof: ["evidence"],
};

export function EvidencePane({ alert }: { alert: Alert }) {
  const m = t();
  const path = `/alerts/${encodeURIComponent(alert.id)}/evidence`;
  useChannelNames();
  const { data, failure, loading, reload } = useResource<Evidence>(path); // Not at each move: every view is on record.
  if (failure && !data) return <Trouble failure={failure} retry={reload} />;
  if (!data) return <Waiting />;
  return (
    <div class="evidence">
      <div class="block row evidencehead">
        <span class="dim small">
          {m.evidence.asOf(dateTime(data.as_of))} · {m.evidence.audited}
        </span>
        <span class="stretch" />
        <Button class="small" busy={loading} onClick={reload}>
          {m.evidence.reload}
        </Button>
        {!data.hold && <HoldBar evidence={data} path={`/alerts/${encodeURIComponent(alert.id)}`} done={reload} />}
        {data.may.includes("take") && (
          <a class="button plain small" href={`${API}${path}.zip`} download title={m.evidence.takeTitle}>
            {m.evidence.take}
          </a>
        )}
      </div>
      {data.hold && <HoldBar evidence={data} path={`/alerts/${encodeURIComponent(alert.id)}`} done={reload} />}
      <Timeline evidence={data} />
      <TracePart trace={data.trace} presses={data.entries.filter(isPress).map((entry) => entry.t ?? entry.rx)} />
      <Attachments evidence={data} path={`/alerts/${encodeURIComponent(alert.id)}`} done={reload} />
    </div>
  );
}

const isPress = (entry: EvidenceEntry): boolean => entry.what === "press";

function Timeline({ evidence }: { evidence: Evidence }) {
  const m = t();
  const [view, setView] = useState<View>("all");
  const [all, setAll] = useState(false);
  const kinds = OF_VIEW[view];
  const entries = kinds.length ? evidence.entries.filter((entry) => kinds.includes(entry.kind)) : evidence.entries;
  const shown = all ? entries : entries.slice(0, SHOWN);
  return (
    <section class="block">
      <h3>
        {m.evidence.timeline} <small>{count(entries.length)}</small>
        <Choice
          label={m.evidence.show}
          value={view}
          options={VIEWS.map((value) => ({ value, text: look(m.evidence.views, value) }))}
          pick={setView}
        />
      </h3>
      {evidence.entries_left_out > 0 && <p class="dim">{m.evidence.leftOut(count(evidence.entries_left_out))}</p>}
      <ol class="timeline">
        {shown.map((entry, ix) => (
          <Line key={`${entry.rx} ${entry.what} ${entry.ref} ${ix}`} entry={entry} />
        ))}
      </ol>
      {entries.length > SHOWN && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? m.evidence.less : m.evidence.more(count(entries.length))}
        </button>
      )}
    </section>
  );
}

const millis = (ms: number): string => `${clock(ms)}.${String(ms % 1000).padStart(3, "0")}`;

function Line({ entry }: { entry: EvidenceEntry }) {
  const m = t();
  const at = entry.t ?? entry.rx;
  const later = entry.t !== null && Math.abs(entry.rx - entry.t) > KNOWN_LATER_MS;
  const what = m.evidence.what[entry.what] && entry.kind !== "act" ? m.evidence.what[entry.what] : m.did[entry.what];
  return (
    <li class={`kind-${entry.kind} ${isPress(entry) ? "pressed" : ""}`}>
      <time title={dateTime(at)}>{millis(at)}</time>
      <div class="line">
        <span class="what">
          <span class="dim kindword">{look(m.evidence.kinds, entry.kind)}</span> <b>{what ?? entry.what}</b>{" "}
          {(["late", "repaired"] as const).map(
            (mark) =>
              entry.detail[mark] && (
                <Badge key={mark} kind="late">
                  {m.evidence.marks[mark]}
                </Badge>
              ),
          )}
          {!BY_CHANNEL.includes(entry.kind) && entry.by && <span class="by">{entry.by_display || entry.by}</span>}
        </span>
        <span class="words dim">
          {later && <span>{m.evidence.known(millis(entry.rx))}</span>}
          {told(entry).map((part) => (
            <span key={part}>{part}</span>
          ))}
        </span>
      </div>
    </li>
  );
}

/** What is worth reading of an entry beside what it is: codes are translated, numbers of no use to a reader left out. */
function told(entry: EvidenceEntry): string[] {
  const m = t();
  const { detail } = entry;
  const parts: (string | undefined)[] = [
    detail["press"] && look(m.press, detail["press"]),
    entry.kind === "press" ? detail["device"] : undefined,
    detail["audience"] && look(m.escalation.audience, detail["audience"]),
    detail["channel"] && channelName(detail["channel"]),
    entry.kind === "police" ? detail["reference"] : undefined,
    entry.kind === "police" && detail["at"] ? m.evidence.theirs(dateTime(Number(detail["at"]))) : undefined,
    detail["recipient"],
    detail["op"] && `${detail["op"]} ${detail["device"] ?? ""}`,
    entry.kind === "window" && detail["mode"] ? look(m.mode, detail["mode"]) : undefined,
    detail["cause"] && look(m.cause, detail["cause"]),
    entry.note && look(m.cause, entry.note),
  ];
  return parts.filter((part): part is string => Boolean(part));
}
