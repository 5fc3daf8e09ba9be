// Made by `python -m server.api.typescript` from the server's OpenAPI document. Do not edit: change server/api/.

/** How long an acknowledgement holds by severity, built in, for calls for help and for faults. */
export interface AckView {
  severity: number;
  call_s: number;
  fault_s: number;
}

/** The moves of an alert's lifecycle that a person can ask for. */
export type Act = "acknowledge" | "arrive" | "close" | "dispatch" | "escalate" | "note" | "reopen" | "resolve" | "review" | "work_order";

/** One rule of one thing that rings much. */
export interface ActorView {
  rule: string;
  code: string;
  school: string;
  school_name: string;
  school_name_en: string;
  unit: string;
  gateway: string;
  device: string;
  device_name: string;
  times: number;
  share: number;
  chatters: boolean;
}

/** What a longer hold of one rule would have done: removed of the fleeting ones, delayed of the others. */
export interface AdviceView {
  rule: string;
  hold: number;
  wanted: number;
  most: number;
  alerts: number;
  fleeting: number;
  removed: number;
  delayed: number;
}

/** The current picture of one alert; `count` is the number of presses, `stored: false` is not yet in the journal. */
export interface Alert {
  id: string;
  ver: number;
  rule: string;
  sev: Severity;
  state: State;
  mode: Mode;
  school: string;
  unit: string;
  station: string;
  gateway: string;
  device: string;
  device_name: string;
  place: string;
  t: number;
  rx: number;
  updated: number;
  stored: boolean;
  late: boolean;
  owner: string;
  owner_display: string;
  acked_at: number | null;
  ended_at: number | null;
  resolved_at: number | null;
  cause: string;
  count: number;
  children: number;
  escalation: number;
  next_escalation_at: number | null;
  first_hop: string;
  flow: Flow;
  code: string;
  held: "" | "grouped" | "planned" | "shelved";
  held_until: number | null;
  group: string;
  security: boolean;
  confirmed: boolean;
  proposed_by: string;
  proposed_cause: string;
  ack_expires_at: number | null;
  ack_expired: boolean;
  steps: number;
  shown: number;
  window: string;
  why_real: WhyReal;
}

/** One alert with its history, presses and surroundings; `acts` are the moves this user may ask for now. */
export interface AlertDetail {
  id: string;
  ver: number;
  rule: string;
  sev: Severity;
  state: State;
  mode: Mode;
  school: string;
  unit: string;
  station: string;
  gateway: string;
  device: string;
  device_name: string;
  place: string;
  t: number;
  rx: number;
  updated: number;
  stored: boolean;
  late: boolean;
  owner: string;
  owner_display: string;
  acked_at: number | null;
  ended_at: number | null;
  resolved_at: number | null;
  cause: string;
  count: number;
  children: number;
  escalation: number;
  next_escalation_at: number | null;
  first_hop: string;
  flow: Flow;
  code: string;
  held: "" | "grouped" | "planned" | "shelved";
  held_until: number | null;
  group: string;
  security: boolean;
  confirmed: boolean;
  proposed_by: string;
  proposed_cause: string;
  ack_expires_at: number | null;
  ack_expired: boolean;
  steps: number;
  shown: number;
  window: string;
  why_real: WhyReal;
  acts: Act[];
  history: HistoryStep[];
  presses: PressView[];
  detail: Record<string, string>;
  plan: PlanView;
  contact: Contact | null;
  related: RelatedDevice[];
}

/** One page of alerts, newest first; `next` is the cursor of the following page. */
export interface AlertPage {
  items: Alert[];
  next: string | null;
  total: number;
}

/** Alerts that are new or moved, and ids that left the picture. */
export interface AlertsEvent {
  seq: number;
  up: Alert[];
  gone: string[];
}

/** How long one severity waited for somebody, seconds. */
export interface AnswerView {
  sev: number;
  target: number;
  rang: number;
  answered: number;
  within: number;
  p50: number | null;
  p95: number | null;
  longest: number | null;
}

/** Where a school lies, by the code of education statistics: 111 and 112 urban, 121 to 123 town, 210 and 220 rural. */
export type Area = "rural" | "town" | "urban";

/** A move of an alert's lifecycle. */
export interface AskAct {
  act: Act;
  note?: string;
  cause?: "" | "drill" | "duplicate" | "false_device" | "false_human" | "fixed" | "planned" | "real" | "test";
}

/** The days to audit, both included, such as 2026-09-01; empty: as far as there is anything. */
export interface AskAudit {
  start?: string;
  end?: string;
}

/** The city's school calendar as it is to be. */
export interface AskCalendar {
  terms: AskTerm[];
  holidays: string[];
  make_up_days: string[];
  exam_days: string[];
  class_hours: [number, number][];
  peaks: [number, number][];
  reason: string;
  effective?: string;
}

/** One check-in; `id` makes it harmless to send again. */
export interface AskCheckIn {
  id: string;
  post: Post;
  act: "answer" | "here" | "in" | "out" | "patrol";
  t: number;
  point?: string;
}

/** What a telephone has queued. */
export interface AskCheckIns {
  items: AskCheckIn[];
  sent?: number;
}

/** An order to a gateway or a device of it; `id` is a UUID that makes it harmless to send again. */
export interface AskCommand {
  id: string;
  gateway: string;
  op: Op;
  device?: string;
  arguments?: Record<string, boolean | number | string>;
}

/** Schools to draw below a unit; `seed` may be one that is publicly known, such as a lottery's numbers. */
export interface AskDraw {
  id: string;
  count: number;
  day: string;
  unit?: string;
  seed?: string;
}

/** A reference to a document or photo, with the SHA-256 of what it names. */
export interface AskEvidence {
  reference: string;
  sha256?: string;
}

/** What a visit found; `number` is the one it is to have, so that it is kept once however often it is sent. */
export interface AskFinding {
  number: number;
  words: string;
  severity: "grave" | "minor" | "serious";
  clause?: string;
  indicator?: string;
  evidence?: AskEvidence[];
}

/** Taking over from a colleague: what was seen, and whether the alarm was heard. `id` is a UUID of the request's own. */
export interface AskHandover {
  id: string;
  outgoing: string;
  seen?: string[];
  sound?: "heard" | "not_heard" | "not_tried";
  note?: string;
}

/** A move of the hold of an alert's evidence; `lift` and `refuse_lift` answer what another person asked for. */
export interface AskHold {
  move: "ask_lift" | "lift" | "place" | "refuse_lift";
  reason: string;
}

/** An import to do as it was shown. */
export interface AskImport {
  reason: string;
  effective?: string;
}

/** A line as it is to be, by column; with a key it is that line, whose other columns stay. `***` stays as it is. */
export interface AskLine {
  values: Record<string, string | number | boolean | string[] | null>;
  key?: string[] | null;
  reason: string;
  effective?: string;
}

/** A move of a gap; `version` is the one that was seen, `due` a day such as 2026-12-01. */
export interface AskMove {
  move: "assign" | "close" | "note" | "rectify" | "reopen" | "send_back";
  version: number;
  note?: string;
  owner?: string;
  due?: string | null;
  evidence?: AskEvidence[];
}

/** One delivery of a source; all of it is taken or nothing. */
export interface AskOutside {
  events: OutsideEvent[];
}

/** What a telephone says of itself: eight of 0-9 and a-z that it drew once and keeps. */
export interface AskPhone {
  mark: string;
}

/** How far the police's side is with one message, known by our id of it or by the reference of its answer. `at` is by their clock, `number` is theirs of the call, `reason` says why it was rejected or how it was closed. */
export interface AskPoliceReceipt {
  state: PoliceState;
  message?: string;
  reference?: string;
  at?: number | null;
  number?: string;
  reason?: string;
}

/** What a system of the police tells of some messages. */
export interface AskPoliceReceipts {
  receipts: AskPoliceReceipt[];
}

/** What became of one message: known by our id of it, or by the other side's own number. */
export interface AskReceipt {
  state: string;
  id?: string;
  reference?: string;
  at?: number | null;
  detail?: string;
}

/** What became of some messages. */
export interface AskReceipts {
  receipts: AskReceipt[];
}

/** Mark an attachment as removed; its bytes stay until their time is over. */
export interface AskRemoval {
  reason: string;
}

/** A school to rename, close or merge, from a day on, with what becomes of its devices and its lines. */
export interface AskReorganise {
  act: "close" | "merge" | "rename";
  day: string;
  reason: string;
  name?: string;
  name_en?: string;
  into?: string;
  devices?: "keep" | "move" | "retire";
  records?: "keep" | "move" | "retire";
}

/** A line to take out. */
export interface AskRetire {
  key: string[];
  reason: string;
  effective?: string;
}

/** A move of planned tests: agree to them and confirm their notices, or refuse them with words. */
export interface AskRounds {
  move: "confirm" | "refuse";
  rounds: string[];
  note?: string;
}

/** Put a fault aside until an instant (milliseconds UTC), or with null give it back; `whole`: rule and device. */
export interface AskShelf {
  until: number | null;
  reason: string;
  whole?: boolean;
}

/** What a police screen has drawn since it last said so. */
export interface AskShown {
  items: Shown[];
}

/** One school term, both days included. */
export interface AskTerm {
  first: string;
  last: string;
}

/** A try of a channel, to an address that is given for it and kept nowhere. */
export interface AskTry {
  address?: string;
  language?: "en" | "zh";
}

/** A visit of one school to plan; `id` is a UUID. */
export interface AskVisit {
  id: string;
  school: string;
  day: string;
}

/** What happens with a visit. */
export interface AskVisitAct {
  act: "begin" | "cancel" | "end";
  note?: string;
}

/** Other settings of a rule to try at a unit; null takes the unit's own line away. */
export interface AskWhatIf {
  unit: string;
  values: Record<string, number | null>;
  days?: number;
}

/** A test or drill to declare: only the listed buttons are of that mode, and only within the span. */
export interface AskWindow {
  mode: "drill" | "test";
  school: string;
  devices: [string, string][];
  start: number;
  end: number;
  id?: string;
  note?: string;
}

/** A move of a test or drill, seen at a version. */
export interface AskWindowMove {
  move: "approve" | "refuse" | "withdraw";
  version: number;
  note?: string;
}

/** Who can be told, by both names. */
export interface AudienceView {
  name: string;
  label: string;
  label_en: string;
  police: boolean;
}

/** One comparison: how much was compared, what differs, and what could not be compared. */
export interface AuditCheck {
  name: string;
  about: string;
  compared: number;
  differences: number;
  unchecked: number;
  why_unchecked: string;
  notes: string[];
  shown: string[];
}

/** One line of the audit log; `hash` covers the line and the `prev` one's hash. */
export interface AuditEntry {
  seq: number;
  at: number;
  actor: string;
  what: string;
  target: string;
  detail: string;
  prev: string;
  hash: string;
}

/** One page of the audit log, newest first. */
export interface AuditPage {
  items: AuditEntry[];
  next: string | null;
}

/** How far an audit has got, or what it found; `trouble` says why it could not come to an end. */
export interface AuditReport {
  id: string;
  state: "ended" | "failed" | "running";
  stage: string;
  done: number;
  total: number;
  trouble: string;
  run: AuditRun | null;
  batches: number;
  readings: number;
  values: number;
  events: number;
  checks: AuditCheck[];
}

/** One audit of everything derived: over the instants [`start`, `end`), asked for by a user or, empty, by the night. */
export interface AuditRun {
  id: string;
  asked_by: string;
  begun: number;
  ended: number;
  start: number;
  end: number;
  passed: boolean;
  differences: number;
}

/** The newest audits, newest first. */
export interface AuditRuns {
  items: AuditRun[];
}

/** An audit that was taken up. */
export interface AuditStarted {
  id: string;
}

/** What the last audit found; `ended` is 0 before the first. */
export interface AuditStats {
  ended: number;
  passed: boolean;
  differences: number;
  running: boolean;
}

/** Everything for the first paint; the stream goes on after `epoch`-`seq`. */
export interface Bootstrap {
  epoch: string;
  seq: number;
  server_ms: number;
  units: UnitView[];
  stations: StationView[];
  schools: SchoolColumns;
  liveness: ("live" | "offline" | "suspect" | "unknown")[];
  indicators: IndicatorView[];
  coverage: CoverageLetters;
  alerts: Alert[];
  summary: Summary;
}

/** One button or alarm host with its newest test, the newest proven one, and until when that holds. */
export interface ButtonTestView {
  school: string;
  gateway: string;
  device: string;
  name: string;
  place: string;
  state: TestState;
  due: number | null;
  last: ProofView | null;
  proven: ProofView | null;
}

/** Buttons within reach, those first that need a test most; `counts` is over all of them. */
export interface ButtonTests {
  items: ButtonTestView[];
  total: number;
  counts: Record<string, number>;
}

/** One school term, both days included. */
export interface CalendarTerm {
  first: string;
  last: string;
}

/** The city's school calendar; hours in minutes after midnight. */
export interface CalendarView {
  terms: CalendarTerm[];
  holidays: string[];
  make_up_days: string[];
  exam_days: string[];
  class_hours: [number, number][];
  peaks: [number, number][];
  editable: boolean;
}

/** One chain. Empty or null matches everything; `unit` is empty for one that is built in, whose `name` says what for. */
export interface ChainView {
  name: string;
  unit: string;
  severity: number | null;
  rule: string;
  mode: string;
  context: string;
  from_time: string;
  until_time: string;
  hops: HopView[];
  ack_s: number | null;
  document: string;
}

/** One figure of one school that is judged otherwise on the later day, and what happened in between. */
export interface Change {
  school: string;
  school_name: string;
  school_name_en: string;
  unit: string;
  unit_name: string;
  unit_name_en: string;
  indicator: string;
  figure: "ledger" | "live";
  before: VerdictView;
  after: VerdictView;
  why: WhyView[];
}

/** One page of what changed; `cut` says that more happened in between than was looked at for the reasons. */
export interface ChangePage {
  before: CoverageBasis;
  after: CoverageBasis;
  sums: ChangeSum[];
  items: Change[];
  next: string | null;
  total: number;
  cut: boolean;
}

/** How many schools came to be met by an indicator, how many are no more, and how many differ otherwise. */
export interface ChangeSum {
  indicator: string;
  figure: "ledger" | "live";
  gained: number;
  lost: number;
  other: number;
}

/** What became of a try of a channel. */
export interface ChannelTried {
  outcome: string;
  at: number;
  reference: string;
  detail: string;
}

/** One configured channel. Nothing of its options is ever shown. */
export interface ChannelView {
  name: string;
  label: string;
  kind: string;
  kind_label: string;
  kind_label_en: string;
  dead: boolean;
  failures: number;
  failing_since: number | null;
  good: number | null;
  detail: string;
}

/** Every configured channel, and whether the ledger has any rota by which somebody could be told. */
export interface Channels {
  items: ChannelView[];
  rotas: boolean;
}

/** What became of one check-in; `accepted` covers those told twice. */
export interface CheckInResult {
  id: string;
  status: "accepted" | "refused";
  reason: string;
  rx: number;
  late: boolean;
}

/** What became of each check-in, in the order sent. */
export interface CheckIns {
  items: CheckInResult[];
  skew_ms: number | null;
  server_ms: number;
}

/** One value a column may have. */
export interface ChoiceView {
  value: string;
  label: string;
  label_en: string;
}

/** An account of the same post. */
export interface Colleague {
  name: string;
  display: string;
}

/** One column of a sheet. */
export interface ColumnView {
  name: string;
  label: string;
  label_en: string;
  note: string;
  note_en: string;
  kind: "choice" | "date" | "decimal" | "instant" | "list" | "number" | "text" | "yes_no";
  needed: boolean;
  key: boolean;
  personal: boolean;
  choices: ChoiceView[];
}

/** One reply of a gateway to an order; codes are those of the wire. */
export interface CommandAnswer {
  code: string;
  t: number;
  rx: number;
  text: string;
}

/** How an order stands. Those of a reply are the gateway's words (contract.orders.REPLY_CODES). */
export type CommandState = "accepted" | "bad_sig" | "done" | "expired" | "failed" | "lapsed" | "no_clock" | "refused" | "sent" | "unanswered" | "unknown_device" | "waiting";

/** An order to a gateway, and how it stands. */
export interface CommandView {
  id: string;
  op: Op;
  gateway: string;
  device: string;
  device_name: string;
  school: string;
  arguments: Record<string, boolean | number | string>;
  state: CommandState;
  asked_by: string;
  asked_by_display: string;
  asked: number;
  confirmed_by: string;
  confirmed_by_display: string;
  issued: number | null;
  ends: number | null;
  answers: CommandAnswer[];
}

/** Orders, newest first. */
export interface Commands {
  items: CommandView[];
  next: string | null;
}

/** Whom to call. */
export interface Contact {
  school: string;
  phone: string;
  address: string;
  station: string;
  station_phone: string;
}

/** One figure; `bp` is hundredths of a percent rounded down, null where nothing is required. */
export interface Counts {
  met: number;
  not_met: number;
  unknown: number;
  exempt: number;
  bp: number | null;
}

/** A unit and its children in figures; `scopes` follow `indicators`. `basis` names a past day. */
export interface Coverage {
  as_of: number;
  parent: string;
  indicators: string[];
  scopes: IndicatorScopeView[];
  rows: CoverageRow[];
  basis?: CoverageBasis | null;
}

/** Which past day is shown, and whose knowledge: without rows where it is not there (yet), and `state` says why. */
export interface CoverageBasis {
  on: string;
  known: "now" | "then";
  state: "busy" | "failed" | "none" | "ready" | "working";
  taken_at: number | null;
  late: boolean;
  source: "engine" | "journal" | null;
  notes: string[];
  stage: string;
  done: number;
  total: number;
  detail: string;
  indicators: IndicatorView[];
}

/** One indicator of one row, in both figures; `proof_at` is a school's newest proof. */
export interface CoverageCell {
  ledger: Counts;
  live: Counts;
  proof_at: number | null;
}

/** Cells that changed: school_ix, indicator_ix, figure, letter. */
export interface CoverageEvent {
  seq: number;
  c: [number, number, "ledger" | "live", "-" | "e" | "m" | "n" | "u"][];
}

/** One letter for each school and indicator, row by row. */
export interface CoverageLetters {
  ledger: string;
  live: string;
}

/** One unit or school with a cell for each indicator. */
export interface CoverageRow {
  kind: "school" | "unit";
  id: string;
  name: string;
  name_en: string;
  cells: CoverageCell[];
}

/** One frozen day; `late` says that it was missed and frozen afterwards. */
export interface DayView {
  on: string;
  taken_at: number;
  late: boolean;
  month_end: boolean;
  schools: number;
  hash: string;
}

/** The frozen days of a span; `today` is not over yet. */
export interface Days {
  today: string;
  items: DayView[];
}

/** What the ledger says of one item. */
export interface DeclarationView {
  in_place: boolean;
  evidence: string;
  dated: string | null;
  expires: string | null;
}

/** One device of a school with what it last said. */
export interface DeviceView {
  gateway: string;
  id: string;
  kind: string;
  name: string;
  place: string;
  at_gate: boolean;
  liveness: "live" | "offline" | "suspect" | "unknown";
  since: number | null;
  last_rx: number | null;
  metrics: Record<string, MetricView>;
}

/** One draw with its proof. */
export interface DrawView {
  id: string;
  seed: string;
  unit: string;
  count: number;
  list_hash: string;
  list_size: number;
  by_display: string;
  at: number;
  schools: string[];
}

/** The newest draws. */
export interface Draws {
  items: DrawView[];
}

/** How far one audience of one step has been told. */
export type DueState = "dead" | "open" | "stopped" | "told";

/** What an edit came to: done, or nothing changed for these faults. */
export interface EditAnswer {
  done: boolean;
  changed: number;
  faults: FaultView[];
}

/** What a receipt did when it came; all of them are kept. */
export type Effect = "late" | "moved" | "repeated";

/** Every chain that may hold for the schools within reach: the nearest unit first, then those that are built in. */
export interface Escalations {
  chains: ChainView[];
  acks: AckView[];
  audiences: AudienceView[];
}

/** The evidence of one alert; `may` is what this user may do with it. */
export interface Evidence {
  alert: string;
  as_of: number;
  entries: EvidenceEntry[];
  entries_left_out: number;
  trace: EvidenceTrace;
  attachments: EvidenceAttachment[];
  hold: EvidenceHold | null;
  may: ("ask_lift" | "attach" | "hold" | "lift" | "remove" | "take")[];
}

/** One attachment; `removed_at` says that it was marked as removed, `expired` that its bytes are gone. */
export interface EvidenceAttachment {
  id: string;
  at: number;
  by: string;
  by_display: string;
  name: string;
  note: string;
  kind: string;
  source: string;
  media_type: string;
  sha256: string;
  bytes: number;
  removed_at: number | null;
  removed_by: string;
  removed_why: string;
  expired: boolean;
}

/** One line of the timeline: `t` by the school's clock where it has one, `rx` when the server knew. */
export interface EvidenceEntry {
  t: number | null;
  rx: number;
  kind: string;
  what: string;
  by: string;
  by_display: string;
  role: string;
  ref: string;
  note: string;
  detail: Record<string, string>;
}

/** A hold that stands; `asked_by` wants it lifted, which another person decides. */
export interface EvidenceHold {
  alert: string;
  school: string;
  school_name: string;
  school_name_en: string;
  placed_at: number;
  placed_by: string;
  reason: string;
  asked_at: number | null;
  asked_by: string;
  asked_why: string;
}

/** The holds within reach that stand, and what is kept in all. */
export interface EvidenceHolds {
  items: EvidenceHold[];
  files: number;
  bytes: number;
  traces: number;
  holds: number;
}

/** A stretch of which the readings do not tell, or in which a camera saw nothing. */
export interface EvidenceQuiet {
  gateway: string;
  device: string;
  name: string;
  start: number;
  end: number;
  why: string;
  detail: string;
}

/** One metric of one device: t, rx, clock quality and value of each reading. */
export interface EvidenceSeries {
  gateway: string;
  device: string;
  kind: string;
  name: string;
  place: string;
  metric: string;
  label: string;
  label_en: string;
  unit: string;
  points: [number, number, number, boolean | number | string | null][];
}

/** The readings around the presses; `source` is empty where they have left the database. */
export interface EvidenceTrace {
  source: string;
  frozen: boolean;
  taken: number;
  whole: boolean;
  spans: [number, number][];
  spans_left_out: number;
  points_left_out: number;
  devices: number;
  devices_left_out: number;
  series: EvidenceSeries[];
  quiet: EvidenceQuiet[];
}

/** A written exemption of one indicator. */
export interface ExemptionView {
  indicator: string;
  document: string;
  approver: string;
  reason: string;
  until: string;
}

/** One thing that cannot be, in both languages; row 0 where no row is meant. */
export interface FaultView {
  sheet: string;
  row: number;
  column: string;
  label: string;
  label_en: string;
  words: string;
  words_en: string;
}

/** Which moves an alert can make: an incident is closed by people only, a fault may recover by itself. */
export type Flow = "fault" | "incident";

/** One line of the gap list: what is not met or unknown, where, and why. */
export interface Gap {
  school: string;
  school_name: string;
  unit: string;
  unit_name: string;
  indicator: string;
  figure: "ledger" | "live";
  judgement: Judgement;
  reasons: string[];
  proof_at: number | null;
  line?: GapStanding | null;
}

/** The gaps of one unit in numbers; rates are hundredths of a percent, null of nothing. */
export interface GapCounts {
  unit: string;
  name: string;
  name_en: string;
  open: number;
  in_progress: number;
  to_verify: number;
  closed: number;
  overdue: number;
  due_soon: number;
  due: number;
  on_time: number;
  rectified_bp: number | null;
  overdue_bp: number | null;
}

/** One gap with all that was done about it. */
export interface GapDetail {
  line: GapLine;
  history: GapEntry[];
}

/** One move of a gap; `by` is empty for the service itself. */
export interface GapEntry {
  number: number;
  at: number;
  move: Move;
  state: GapState;
  by: string;
  by_display: string;
  role: string;
  note: string;
  owner: string;
  due: string | null;
  evidence: GapEvidence[];
}

/** A reference to a document or photo, and the digest that holds it fast. */
export interface GapEvidence {
  reference: string;
  sha256: string;
}

/** One gap. `reasons` and `judgement` are of this moment for a cell; null where the indicator asks no more. */
export interface GapLine {
  id: string;
  ver: number;
  school: string;
  school_name: string;
  school_name_en: string;
  unit: string;
  county: string;
  indicator: string;
  figure: string;
  state: GapState;
  judgement: Judgement | null;
  reasons: string[];
  found_reasons: string[];
  clause: string;
  clause_en: string;
  severity: string;
  visit: string;
  owner: string;
  due: string | null;
  overdue: boolean;
  due_soon: boolean;
  first: number;
  opened: number;
  closed: number | null;
  reopened: number;
  proof_at: number | null;
  may: Move[];
}

/** One page of gaps. */
export interface GapLines {
  items: GapLine[];
  next: string | null;
  total: number;
}

/** One page of gaps. */
export interface GapPage {
  items: Gap[];
  next: string | null;
  total: number;
  basis?: CoverageBasis | null;
}

/** Where the line of a cell stands in the ledger of gaps; without a state the cell is too young to have one. */
export interface GapStanding {
  id: string;
  state: GapState | null;
  owner: string;
  due: string | null;
  overdue: boolean;
  watched_since: number | null;
}

/** Where a gap stands. */
export type GapState = "closed" | "in_progress" | "open" | "to_verify";

/** A unit's gaps and its counties' in numbers; `young` cells have no line yet. `owners` are those in use. */
export interface GapSummary {
  as_of: number;
  rows: GapCounts[];
  young: number;
  owners: string[];
}

/** The school's box as the server hears it. */
export interface GatewayView {
  id: string;
  liveness: "live" | "offline" | "suspect" | "unknown";
  since: number | null;
  last_heard: number | null;
  paths: string[];
  lag_seconds: number | null;
  software: string;
}

/** Which part of a school's safety a factor belongs to: early warnings ask for several parts at once. */
export type Group = "devices" | "figures" | "incidents" | "institution" | "people" | "surroundings";

/** One handover, as it is on record. */
export interface HandoverView {
  id: string;
  at: number;
  outgoing: string;
  incoming: string;
  open: number;
  seen: string[];
  sound: "heard" | "not_heard" | "not_tried";
  note: string;
}

/** What the incoming officer must see, who may hand over, and the newest handovers. `urgent` are the open alerts of levels 1 and 2 within reach; each must be acknowledged as seen. */
export interface Handovers {
  urgent: Alert[];
  open: number;
  colleagues: Colleague[];
  items: HandoverView[];
}

/** Whether the process lives, or is ready; `parts` names what is not. */
export interface Health {
  status: "ok" | "unavailable";
  parts: Record<string, string>;
}

/** The stream's first event. */
export interface HelloEvent {
  epoch: string;
  seq: number;
  server_ms: number;
  heartbeat_s: number;
}

/** How far the history store is behind the journal. */
export interface HistoryStats {
  behind: number;
  store: string;
}

/** One entry of an alert's history. */
export interface HistoryStep {
  at: number;
  what: string;
  by: string;
  note: string;
}

/** One step of a chain: so many seconds after the ring, these are told. */
export interface HopView {
  after_s: number;
  audiences: string[];
}

/** What an import does to one sheet. */
export interface ImportCounts {
  sheet: string;
  rows: number;
  added: number;
  changed: number;
  removed: number;
  same: number;
}

/** An import and how far it has got; it can be applied when `ready`. */
export interface ImportView {
  id: string;
  name: string;
  whole: boolean;
  state: "checked" | "comparing" | "done" | "reading" | "refused" | "storing" | "waiting";
  rows: number;
  ready: boolean;
  changed: number;
  counts: ImportCounts[];
  faults: FaultView[];
  faults_total: number;
  trouble: string;
  trouble_en: string;
}

/** Whom one indicator asks about in a unit; `said_by` is the unit that says so, null where it is so by itself. */
export interface IndicatorScopeView {
  kindergartens: boolean;
  urban_only: boolean;
  said_by: string | null;
  differs: boolean;
}

/** One coverage indicator with the formula that defends its number; its index is `indicator_ix`. */
export interface IndicatorView {
  id: string;
  label: string;
  label_en: string;
  formula: string;
  formula_en: string;
  source: string;
  source_en: string;
  headline: boolean;
  group: string;
  counts: string;
  counts_en: string;
  believed: string;
  believed_en: string;
  ledger_only: boolean;
  made_of_items: boolean;
}

/** One item of an indicator's ledger. */
export interface ItemName {
  id: string;
  label: string;
  label_en: string;
}

/** One unit; `counts` follow the items. */
export interface ItemRow {
  unit: string;
  name: string;
  name_en: string;
  counts: Counts[];
}

/** The items of one indicator in a unit and its children, by the ledger; the unit itself comes first. */
export interface Items {
  as_of: number;
  parent: string;
  indicator: string;
  items: ItemName[];
  rows: ItemRow[];
  basis?: CoverageBasis | null;
}

/** Unknown is a value of its own: it is never drawn as good, and it stays in the denominator. */
export type Judgement = "exempt" | "met" | "not_met" | "unknown";

/** One device kind with its labels and metrics. */
export interface KindView {
  name: string;
  label: string;
  label_en: string;
  pillar: string;
  urgency: string;
  metrics: MetricKind[];
}

/** Every device kind the server knows. */
export interface Kinds {
  items: KindView[];
}

/** The league table of one indicator and figure; places with fewer than `least` schools have no rank. */
export interface League {
  as_of: number;
  by: "county" | "station" | "sub_bureau" | "township";
  indicator: string;
  figure: "ledger" | "live";
  least: number;
  rows: LeagueRow[];
}

/** One place; `low` and `high` bound the rate in hundredths of a percent. Without a band: too few schools. */
export interface LeagueRow {
  id: string;
  name: string;
  name_en: string;
  counts: Counts;
  counted: number;
  low: number;
  high: number;
  band: number | null;
  best: number | null;
  worst: number | null;
}

/** How much a factor weighs. Unknown is a value of its own: it is never drawn as none, and raises nothing. */
export type Level = "none" | "unknown" | "warn" | "watch";

/** One change of a line; without values it was taken out. */
export interface LineChange {
  at: number;
  effective: string | null;
  actor: string;
  reason: string;
  values: Record<string, string | number | boolean | string[] | null> | null;
}

/** Every change of one line, oldest first. */
export interface LineHistory {
  items: LineChange[];
}

/** Some lines of a sheet. */
export interface LinePage {
  items: LineView[];
  next: string | null;
  total: number;
}

/** One line; personal columns that the caller may not see hold `***`. */
export interface LineView {
  key: string[];
  home: string;
  home_en: string;
  values: Record<string, string | number | boolean | string[] | null>;
  editable: boolean;
}

/** Schools whose gateway changed: school_ix, liveness. */
export interface LivenessEvent {
  seq: number;
  g: [number, "live" | "offline" | "suspect" | "unknown"][];
}

/** How much one scope was asked to answer; `bins` counts ten minutes each from `begin`, milliseconds UTC. */
export interface LoadView {
  begin: number;
  bins: number[];
  total: number;
  average: number;
  peak: number;
  over_percent: number;
  flood_percent: number;
  floods: [number, number, number][];
}

/** A name and a password. */
export interface Login {
  username: string;
  password: string;
}

/** Who is signed in, what they see and which moves they may ask for. */
export interface Me {
  name: string;
  display: string;
  role: Role;
  scope: ScopeView;
  csrf: string;
  server_ms: number;
  build: string;
  acts: Act[];
  orders: Op[];
  permissions: Permission[];
  city: string;
  city_en: string;
}

/** How far one message is. */
export type MessageState = "accepted" | "delivered" | "given_up" | "refused" | "stopped" | "unreported" | "waiting";

/** One metric of a device kind. */
export interface MetricKind {
  name: string;
  label: string;
  label_en: string;
  type: string;
  unit: string;
  low: number | null;
  high: number | null;
  words: string[];
}

/** The newest value of one metric and when the device measured it. */
export interface MetricView {
  value: boolean | number | string | null;
  t: number;
}

/** What a device claims; the server decides by declared windows and test keys and keeps both. */
export type Mode = "drill" | "real" | "test";

/** What can happen to a gap; the first six are asked for by people, the others are the service's own word. */
export type Move = "assign" | "close" | "found" | "note" | "rectify" | "relapsed" | "reopen" | "send_back" | "turned_met";

/** One audience of one step of one ringing of an alert, with its messages and every hop, oldest first. */
export interface NotificationDue {
  id: string;
  alert: string;
  rule: string;
  sev: number;
  mode: string;
  school: string;
  school_name: string;
  school_name_en: string;
  ring: number;
  step: number;
  audience: string;
  state: DueState;
  why: string;
  asked: boolean;
  at: number;
  messages: NotificationMessage[];
  hops: NotificationHop[];
}

/** One thing that happened: a try, a receipt, a later word of the other side. `message` is empty for the step itself. */
export interface NotificationHop {
  at: number;
  what: string;
  message: string;
  channel: string;
  recipient: string;
  by: string;
  reference: string;
  detail: string;
}

/** One message to one recipient by one channel; of its address only so much is shown that its owner knows it again. */
export interface NotificationMessage {
  id: string;
  recipient: string;
  channel: string;
  address: string;
  state: MessageState;
  tries: number;
  made: number;
  told: number | null;
  reference: string;
  subject: string;
  body: string;
}

/** One page of due steps, the newest first; those of one alert are the oldest first, and whole. */
export interface Notifications {
  items: NotificationDue[];
  next: string | null;
  total: number;
}

/** The orders. Those of a device go to one; the others are for the gateway itself. */
export type Op = "lock" | "reboot" | "replay_from" | "resend_birth" | "set" | "siren" | "test_alarm" | "unlock";

/** A test or drill that is under way, for the line that every screen of its branch shows. */
export interface OpenWindow {
  id: string;
  mode: "drill" | "test";
  school: string;
  start: number;
  until: number;
  buttons: number;
}

/** One event, in force from `begins` until `ends` (ms UTC): for a unit and all below it, or near a place. */
export interface OutsideEvent {
  id: string;
  kind: OutsideKind;
  level: OutsideLevel;
  begins: number;
  ends: number;
  text?: string;
  unit?: string;
  near?: OutsidePlace | null;
  gone?: boolean;
}

/** What an outside event is about. */
export type OutsideKind = "fire" | "health" | "other" | "police_call" | "traffic" | "weather";

/** The four colours of public warnings; red is the worst. */
export type OutsideLevel = "blue" | "orange" | "red" | "yellow";

/** Where something happened, and how far around schools are to know. */
export interface OutsidePlace {
  lat: number;
  lon: number;
  radius_m: number;
  datum?: "CGCS2000" | "GCJ-02" | "WGS-84";
}

/** What became of a delivery: how many lines of the ledger are different now. The same again makes 0. */
export interface OutsideTaken {
  changed: number;
}

/** A unit and its children, and the days of the chosen one. */
export interface Pace {
  parent: string;
  figure: "ledger" | "live";
  days: number;
  as_of: string | null;
  rows: PaceRow[];
  points: PacePoint[];
}

/** One frozen day of a unit: how many are met, of how many required and not exempt. */
export interface PacePoint {
  on: string;
  met: number;
  basis: number;
}

/** One indicator of one unit; dates are null where nothing can be said, and `outcome` says why. */
export interface PaceRow {
  unit: string;
  name: string;
  name_en: string;
  indicator: string;
  met: number;
  basis: number;
  outcome: "already" | "date" | "not_at_this_pace" | "nothing_required" | "too_few_days";
  per_week: number;
  on: string | null;
  earliest: string | null;
  latest: string | null;
}

/** What a request can need. */
export type Permission = "act" | "audit" | "check_in" | "command" | "contact" | "coverage" | "declare" | "edit_ledger" | "evidence" | "export" | "handover" | "hold_evidence" | "ledger" | "machine" | "metrics" | "notified" | "planned" | "prove" | "public" | "rectify" | "rehearse" | "report" | "shelve" | "signed_in" | "stats" | "take_evidence" | "try_channel" | "try_rules" | "visit" | "watch" | "windows" | "witness";

/** One school; as `gateway`, with `key`, the telephone calls for help there by `/v1/ingest/{gateway}/up/a`. */
export interface PhoneHome {
  school: string;
  name: string;
  name_en: string;
  gateway: string;
  key: string;
  posts: PhonePost[];
}

/** One post to check in at. */
export interface PhonePost {
  gateway: string;
  device: string;
  name: string;
  place: string;
}

/** A telephone as the server knows it. */
export interface PhoneView {
  guard: string;
  server_ms: number;
  homes: PhoneHome[];
  more: number;
}

/** Who is told and when: `unit` is empty for a chain that is built in; `ack_s` 0 says that taking it holds for ever. */
export interface PlanView {
  name: string;
  unit: string;
  hops: HopView[];
  ack_s: number;
}

/** How far one message to a system of the police is, with every receipt of it in the order in which they came. */
export interface PoliceMessage {
  message: string;
  channel: string;
  channel_label: string;
  state: PoliceState;
  receipts: PoliceReceiptView[];
}

/** Every message of an alert of which the police's side has said anything, the oldest first. */
export interface PoliceMessages {
  items: PoliceMessage[];
}

/** One receipt: `at` by the clock of whoever told it, `rx` by ours when it came, and what it did then. */
export interface PoliceReceiptView {
  state: PoliceState;
  effect: Effect;
  at: number;
  rx: number;
  by: string;
  reference: string;
  reason: string;
  digest: string;
}

/** What the police's side has said, in the order in which it can go. */
export type PoliceState = "accepted" | "closed" | "dispatched" | "on_scene" | "rejected" | "sent";

/** What each posted receipt did: moved, late, repeated, or unknown for a message that was not sent by this channel. */
export interface PoliceTaken {
  outcomes: string[];
}

/** The guard post a check-in is made at. */
export interface Post {
  gateway: string;
  device: string;
}

/** The same of one police station: an officer's own load. */
export interface PostLoad {
  station: string;
  name: string;
  name_en: string;
  total: number;
  average: number;
  peak: number;
  over_percent: number;
  floods: number;
}

/** One press of an incident; every press stays a row of its own. */
export interface PressView {
  id: string;
  device: string;
  t: number;
  rx: number;
  press: string;
  stored: boolean;
  late: boolean;
  cleared_at: number | null;
  stored_at: number | null;
  shown_at: number | null;
  receipted_at: number | null;
}

/** A button whose presses turned out to be false; `due`: three within thirty days, so that somebody has to look at it. */
export interface PresserView {
  school: string;
  school_name: string;
  school_name_en: string;
  gateway: string;
  device: string;
  device_name: string;
  false: number;
  all: number;
  due: boolean;
}

/** An error as RFC 9457 has it; `code` is stable and is what screens translate. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  errors?: string[];
  current?: AlertDetail | null;
}

/** One test press: when each step was taken; none where it was not. */
export interface ProofView {
  press: string;
  alert: string;
  pressed: number;
  received: number;
  stored: number | null;
  shown: number | null;
  receipted: number | null;
  lacking: string;
}

/** The figures of EEMUA 191 and ISA-18.2 for what the caller sees; `whole` is false where not all facts could be read. */
export interface Quality {
  as_of: number;
  days: number;
  whole: boolean;
  load: LoadView;
  posts: PostLoad[];
  severities: [number, number, number][];
  standing: number;
  stale: number;
  held: [number, number, number];
  chattering: number;
  actors: ActorView[];
  pressers: PresserView[];
  answers: AnswerView[];
  advice: AdviceView[];
}

/** How many of the reported messages are known. */
export interface ReceiptTaken {
  known: number;
}

/** Another device of the same school, to look at or through. */
export interface RelatedDevice {
  gateway: string;
  device: string;
  kind: string;
  name: string;
  place: string;
  liveness: "live" | "offline" | "suspect" | "unknown";
}

/** One report that was given; `digest` is of what it says, `sha256` of the file, `frozen` of a frozen day. */
export interface ReportGiven {
  number: number;
  at: number;
  by: string;
  by_display: string;
  report: string;
  scope_kind: string;
  scope: string;
  scope_name: string;
  scope_name_en: string;
  day: string;
  as_of: number;
  frozen: string;
  language: "en" | "zh";
  form: "html" | "xlsx";
  file: string;
  digest: string;
  sha256: string;
  bytes: number;
}

/** A report that can be made, and of which branches. */
export interface ReportKind {
  id: string;
  label: string;
  label_en: string;
  about: string;
  about_en: string;
  scopes: string[];
}

/** What can be made, and one page of what was given within reach, newest first. */
export interface Reports {
  kinds: ReportKind[];
  today: string;
  given: ReportGiven[];
  next: string | null;
}

/** The picture cannot be continued: start again from /bootstrap. */
export interface ResetEvent {
  reason: "overflow" | "replay_lost" | "roster" | "session";
}

/** One factor: its level, why, and the rule that decides it; nothing is weighed or added up. */
export interface RiskFactor {
  name: string;
  label: string;
  label_en: string;
  group: Group;
  level: Level;
  why: string;
  why_en: string;
  rule: string;
  rule_en: string;
  links: RiskLink[];
}

/** Where the evidence of a factor stands; `id` is a device with its gateway, an indicator, an alert or a sheet. */
export interface RiskLink {
  kind: "alert" | "device" | "gaps" | "indicator" | "sheet";
  id: string;
}

/** One thing that must be in writing, and how it stands; `day` is since when it is so, or until when it was in time. */
export interface RiskPaper {
  sheet: "document" | "drill" | "letter";
  label: string;
  label_en: string;
  fault: "" | "lapsed" | "no_review_date" | "none_due" | "not_approved" | "not_signed" | "overdue" | "review_overdue" | "undeclared";
  day: string | null;
}

/** The profile of one school as it is at this instant. */
export interface RiskProfile {
  school: string;
  as_of: number;
  factors: RiskFactor[];
  warnings: RiskWarning[];
  papers: RiskPaper[];
}

/** One early warning: the rule that holds, and the factors because of which it does. */
export interface RiskWarning {
  rule: string;
  says: string;
  says_en: string;
  factors: string[];
}

/** Who somebody is to the service; what each may do is one table in server/security/access.py. */
export type Role = "administrator" | "command_centre" | "education_officer" | "guard" | "maintainer" | "police_liaison" | "school_director" | "supervisor" | "wall";

/** What can happen to it; the police ask for the first two, the rest is the service's own. */
export type RoundMove = "close" | "confirm" | "notice" | "open" | "plan" | "refuse";

/** What became of one button of a planned test. */
export interface RoundResult {
  gateway: string;
  device: string;
  outcome: string;
  press: string;
  pressed: number | null;
}

/** Where a planned test stands. */
export type RoundState = "failed" | "missed" | "noticed" | "open" | "planned" | "proven" | "refused";

/** One planned test of one school; `moves` are what this user may ask for now. */
export interface RoundView {
  id: string;
  school: string;
  station: string;
  period: string;
  number: number;
  start: number;
  end: number;
  buttons: number;
  announced: boolean;
  state: RoundState;
  noticed: number | null;
  receipted: number | null;
  receipted_by: string;
  approved: number | null;
  approved_by: string;
  window: string;
  reason: string;
  results: RoundResult[];
  moves: RoundMove[];
}

/** What became of a move of several rounds: how many were made, and why the others were not, by their id. */
export interface RoundsMoved {
  moved: number;
  refused: Record<string, string>;
}

/** One setting: its bounds, its usual value, and the value that holds; `whence` is the unit that said so, or empty. */
export interface RuleSettingView {
  name: string;
  label: string;
  label_en: string;
  unit: string;
  usual: number;
  least: number;
  most: number;
  whole: boolean;
  value: number;
  whence: string;
  whence_name: string;
  whence_name_en: string;
  own: boolean;
}

/** One rule; `open` counts its open alerts at the schools below the unit. */
export interface RuleView {
  name: string;
  label: string;
  label_en: string;
  number: string;
  severity: number;
  subject: "alerts" | "area" | "device" | "gateway" | "school" | "signal";
  trigger: string;
  trigger_en: string;
  kinds: string[];
  by_people: boolean;
  open: number;
  tried: boolean;
  settings: RuleSettingView[];
}

/** Every rule as it holds at a unit; `editable` says whether the caller may set it there. */
export interface Rules {
  unit: string;
  unit_name: string;
  unit_name_en: string;
  editable: boolean;
  items: RuleView[];
}

/** Every school within reach, by columns; the index in them is `school_ix`. */
export interface SchoolColumns {
  id: string[];
  name: string[];
  name_en: string[];
  kind: SchoolKind[];
  area: Area[];
  unit: string[];
  station: string[];
  lat: number[];
  lon: number[];
  gateway: string[];
}

/** One indicator of a school in both figures. */
export interface SchoolCoverage {
  indicator: string;
  ledger: VerdictView;
  live: VerdictView;
}

/** The kinds of school as education statistics know them. */
export type SchoolKind = "junior" | "kindergarten" | "nine_year" | "primary" | "senior" | "special" | "teaching_point" | "vocational";

/** Everything about one school. */
export interface SchoolPage {
  school: SchoolView;
  station: StationView | null;
  gateway: GatewayView | null;
  devices: DeviceView[];
  coverage: SchoolCoverage[];
  alerts: Alert[];
}

/** One school of the registry; contacts are empty for roles that may not see them. */
export interface SchoolView {
  id: string;
  name: string;
  name_en: string;
  kind: SchoolKind;
  area: Area;
  unit: string;
  station: string;
  pupils: number;
  boarders: number;
  lat: number;
  lon: number;
  datum: string;
  address: string;
  contact: string;
  contact_phone: string;
  gates: number;
  guards_on_roll: number;
  guards_at_peak: number;
  opened: string | null;
  closed: string | null;
  merged_into: string | null;
  central: string | null;
  points: string[];
  declared: Record<string, DeclarationView>;
  exemptions: ExemptionView[];
}

/** The branch of the tree a user sees. */
export interface ScopeView {
  kind: "school" | "station" | "unit";
  id: string;
  name: string;
  name_en: string;
}

/** What a screen says about itself: whether it can ring, is looked at, and is fresh. */
export interface ScreenHealth {
  audio: "blocked" | "off" | "on";
  visible: boolean;
  stream_age_ms: number;
}

/** A metric over time, thinned to the asked number of points; booleans are 1 and 0. */
export interface Series {
  unit: string;
  points: [number, number | string][];
}

/** How bad: 1 is danger to life (一级), 4 is housekeeping (四级); the same order as GB/T 28181 alarm priorities. */
export type Severity = 1 | 2 | 3 | 4;

/** One sheet, with how many lines of it are within reach. */
export interface SheetView {
  name: string;
  label: string;
  label_en: string;
  group: string;
  lines: number;
  editable: boolean;
  columns: ColumnView[];
}

/** Every sheet; `calendar` says whether the caller may edit the calendar. */
export interface Sheets {
  items: SheetView[];
  calendar: boolean;
}

/** A screen has drawn the first `count` presses of an alert, so many milliseconds ago. */
export interface Shown {
  alert: string;
  count: number;
  ago_ms?: number;
}

/** Where an alert stands. Presses end in `reviewed`, device faults in `closed`. */
export type State = "acknowledged" | "closed" | "dispatched" | "on_scene" | "raised" | "recovered" | "resolved" | "reviewed" | "work_order";

/** The levels of the police branch of the tree. */
export type StationKind = "bureau" | "station" | "sub_bureau";

/** One unit of the police branch. */
export interface StationView {
  id: string;
  kind: StationKind;
  parent: string | null;
  name: string;
  name_en: string;
}

/** The counters of the data-health view. */
export interface Stats {
  ingest: Record<string, number>;
  dead_letters: number;
  lag_ms: number;
  streams: StreamStats;
  history: HistoryStats;
  audit: AuditStats | null;
  build: string;
}

/** How the stream does. */
export interface StreamStats {
  clients: number;
  channels: number;
  sent: number;
  resets: number;
  replays: number;
}

/** The picture in figures: by severity 1 to 4, real alerts only; drills and tests are counted in `drills`. `held` counts what is open and calls nobody, and is in no other figure: grouped, shelved, planned. `rang` is how many alerts rang within the last ten minutes. */
export interface Summary {
  seq: number;
  server_ms: number;
  unacked: [number, number, number, number];
  open: [number, number, number, number];
  schools_live: number;
  schools: number;
  devices_live: number;
  devices_unknown: number;
  devices: number;
  ingest_lag_ms: number;
  journal: "down" | "ok";
  drills: number;
  held: [number, number, number];
  rang: number;
  windows: OpenWindow[];
  windows_open: number;
}

/** Planned tests within reach, the next first; `counts` is by state, over all that begin after `since`. */
export interface TestPlan {
  items: RoundView[];
  next: string | null;
  counts: Record<string, number>;
}

/** How a button stands by its newest tests. */
export type TestState = "failed" | "never" | "overdue" | "proven" | "under_way";

/** The levels of the education branch of the tree; schools hang under any of them. */
export type UnitKind = "city" | "county" | "township";

/** One unit of the education branch. */
export interface UnitView {
  id: string;
  kind: UnitKind;
  parent: string | null;
  name: string;
  name_en: string;
}

/** What one indicator says; null judgement: the indicator does not ask about this school. */
export interface VerdictView {
  judgement: Judgement | null;
  reasons: string[];
  proof_at: number | null;
}

/** One visit with what it found. */
export interface VisitDetail {
  visit: VisitView;
  findings: GapLine[];
}

/** How far a visit has got. */
export type VisitState = "begun" | "cancelled" | "ended" | "planned";

/** One visit; `may` are the acts that the caller may ask for now. */
export interface VisitView {
  id: string;
  school: string;
  school_name: string;
  school_name_en: string;
  unit: string;
  county: string;
  day: string;
  state: VisitState;
  draw: string;
  planned_by_display: string;
  planned: number;
  begun_by_display: string;
  begun: number | null;
  ended: number | null;
  findings: number;
  note: string;
  hidden: boolean;
  may: string[];
}

/** One page of visits, the newest day first. */
export interface Visits {
  items: VisitView[];
  next: string | null;
}

/** One school with an early warning. `because` are the factors that the warnings name. */
export interface WarnedSchool {
  school: string;
  school_name: string;
  school_name_en: string;
  unit: string;
  since: number;
  rules: string[];
  because: RiskFactor[];
}

/** The schools within reach that are warned of, the longest first; `looked` counts those that could be looked at. */
export interface WarnedSchools {
  as_of: number;
  items: WarnedSchool[];
  total: number;
  schools: number;
  looked: number;
}

/** One alert of a replay; `alert` is the one that was really told then, where it is still known. */
export interface WhatIfAlert {
  school: string;
  school_name: string;
  school_name_en: string;
  gateway: string;
  device: string;
  device_name: string;
  raised: number;
  ended: number | null;
  severity: number;
  alert: string;
}

/** Alerts of one day, with the settings that hold and with those tried. */
export interface WhatIfDay {
  on: string;
  raised_before: number;
  raised_after: number;
  cleared_before: number;
  cleared_after: number;
}

/** Something that was left out, and for what reason. */
export interface WhatIfNote {
  code: string;
  value: string;
}

/** Alerts of one school over all the days; `heard_from` is when its first batch of them came. */
export interface WhatIfSchool {
  school: string;
  school_name: string;
  school_name_en: string;
  before: number;
  after: number;
  heard_from: number | null;
}

/** One value that was tried; none where the unit's own line would be taken away. */
export interface WhatIfValue {
  name: string;
  value: number | null;
}

/** A comparison, as far as it has got. Lists hold the first of what their numbers count. */
export interface WhatIfView {
  id: string;
  state: "cancelled" | "done" | "failed" | "reading" | "waiting";
  unit: string;
  rule: string;
  values: WhatIfValue[];
  since: number;
  until: number;
  schools_asked: number;
  schools_chosen: number;
  schools_done: number;
  before: number;
  after: number;
  vanished: number;
  new: number;
  notes: WhatIfNote[];
  days: WhatIfDay[];
  schools: WhatIfSchool[];
  vanished_alerts: WhatIfAlert[];
  new_alerts: WhatIfAlert[];
}

/** Why a press is real although something speaks of a rehearsal; people are told so beside it. */
export type WhyReal = "" | "no_clock" | "undeclared" | "unlisted";

/** One edit of the registry (`what` is a sheet), or one alert that was raised (a rule). */
export interface WhyView {
  kind: "alert" | "registry";
  at: number;
  what: string;
  target: string;
  by: string;
  reason: string;
  effective: string;
}

/** One test or drill with its history, what was pressed in it, and what rang as real beside it. */
export interface WindowDetail {
  window: WindowView;
  history: WindowStep[];
  alerts: Alert[];
}

/** What can happen to it. */
export type WindowMove = "approve" | "ask" | "declare" | "refuse" | "withdraw";

/** Where a test or drill stands. Whether an approved one is to come, open or over, its times say. */
export type WindowState = "approved" | "asked" | "ended" | "refused" | "withdrawn";

/** One move on record. */
export interface WindowStep {
  at: number;
  move: WindowMove;
  state: WindowState;
  by: string;
  role: string;
  note: string;
}

/** One test or drill: between `start` and `until` a press of its buttons is no real one, if it is approved. `moves` are what this user may ask for now. */
export interface WindowView {
  id: string;
  mode: "drill" | "test";
  school: string;
  devices: [string, string][];
  start: number;
  end: number;
  until: number;
  state: WindowState;
  version: number;
  asked_by: string;
  asked_by_display: string;
  asked_at: number;
  approved_by: string;
  approved_by_display: string;
  approved_at: number | null;
  note: string;
  moves: WindowMove[];
}

/** Tests and drills within reach: those that stand, the next first; or past ones, the newest first. */
export interface Windows {
  items: WindowView[];
  next: string | null;
}

/** The stream's events by name. */
export interface StreamEvents {
  hello: HelloEvent;
  alerts: AlertsEvent;
  coverage: CoverageEvent;
  liveness: LivenessEvent;
  summary: Summary;
  reset: ResetEvent;
}

/** Every route: what it takes and what it answers. */
export interface Routes {
  "GET /api/v1/alerts": { query: { state?: "open" | "all"; severity?: number | null; school?: string | null; unit?: string | null; rule?: string | null; mode?: Mode | null; group?: string | null; held?: "any" | "grouped" | "shelved" | "planned" | null; cursor?: string | null; limit?: number }; body: undefined; reply: AlertPage };
  "GET /api/v1/alerts/{alert_id}": { query: undefined; body: undefined; reply: AlertDetail };
  "POST /api/v1/alerts/{alert_id}/acts": { query: undefined; body: AskAct; reply: AlertDetail };
  "POST /api/v1/alerts/{alert_id}/attachments": { query: { name: string; note?: string }; body: undefined; reply: EvidenceAttachment };
  "GET /api/v1/alerts/{alert_id}/attachments/{attachment_id}": { query: undefined; body: undefined; reply: unknown };
  "POST /api/v1/alerts/{alert_id}/attachments/{attachment_id}/remove": { query: undefined; body: AskRemoval; reply: EvidenceAttachment };
  "GET /api/v1/alerts/{alert_id}/evidence": { query: undefined; body: undefined; reply: Evidence };
  "GET /api/v1/alerts/{alert_id}/evidence.zip": { query: { as_of?: number | null }; body: undefined; reply: unknown };
  "POST /api/v1/alerts/{alert_id}/hold": { query: undefined; body: AskHold; reply: EvidenceHolds };
  "GET /api/v1/alerts/{alert_id}/notifications": { query: undefined; body: undefined; reply: Notifications };
  "GET /api/v1/alerts/{alert_id}/police": { query: undefined; body: undefined; reply: PoliceMessages };
  "POST /api/v1/alerts/{alert_id}/shelf": { query: undefined; body: AskShelf; reply: AlertDetail };
  "GET /api/v1/audit": { query: { cursor?: number | null; limit?: number }; body: undefined; reply: AuditPage };
  "GET /api/v1/audits": { query: undefined; body: undefined; reply: AuditRuns };
  "POST /api/v1/audits": { query: undefined; body: AskAudit; reply: AuditStarted };
  "GET /api/v1/audits/{audit_id}": { query: undefined; body: undefined; reply: AuditReport };
  "GET /api/v1/bootstrap": { query: undefined; body: undefined; reply: Bootstrap };
  "GET /api/v1/calendar": { query: undefined; body: undefined; reply: CalendarView };
  "POST /api/v1/calendar": { query: undefined; body: AskCalendar; reply: EditAnswer };
  "GET /api/v1/channels": { query: undefined; body: undefined; reply: Channels };
  "POST /api/v1/channels/{channel}/try": { query: undefined; body: AskTry; reply: ChannelTried };
  "POST /api/v1/checkins": { query: undefined; body: AskCheckIns; reply: CheckIns };
  "GET /api/v1/commands": { query: { school?: string | null; gateway?: string | null; cursor?: string | null; limit?: number }; body: undefined; reply: Commands };
  "POST /api/v1/commands": { query: undefined; body: AskCommand; reply: CommandView };
  "POST /api/v1/commands/{command_id}/confirm": { query: undefined; body: undefined; reply: CommandView };
  "GET /api/v1/coverage": { query: { parent?: string | null; on?: string | null; known?: "then" | "now" }; body: undefined; reply: Coverage };
  "GET /api/v1/coverage/changes": { query: { from: string; to: string; from_known?: "then" | "now"; to_known?: "then" | "now"; unit?: string | null; indicator?: string | null; figure?: "ledger" | "live" | null; cursor?: string | null; limit?: number }; body: undefined; reply: ChangePage };
  "GET /api/v1/coverage/gaps": { query: { unit?: string | null; indicator?: string | null; figure?: "ledger" | "live" | null; judgement?: "not_met" | "unknown" | null; cursor?: string | null; limit?: number; on?: string | null; known?: "then" | "now" }; body: undefined; reply: GapPage };
  "GET /api/v1/coverage/gaps.csv": { query: { unit?: string | null; indicator?: string | null; figure?: "ledger" | "live" | null; judgement?: "not_met" | "unknown" | null; on?: string | null; known?: "then" | "now" }; body: undefined; reply: unknown };
  "GET /api/v1/coverage/items": { query: { indicator: string; unit?: string | null; on?: string | null; known?: "then" | "now" }; body: undefined; reply: Items };
  "GET /api/v1/coverage/pace": { query: { unit?: string | null; indicator?: string | null; figure?: "ledger" | "live"; days?: number }; body: undefined; reply: Pace };
  "GET /api/v1/days": { query: { last?: number }; body: undefined; reply: Days };
  "GET /api/v1/escalation": { query: undefined; body: undefined; reply: Escalations };
  "GET /api/v1/evidence/holds": { query: undefined; body: undefined; reply: EvidenceHolds };
  "GET /api/v1/export/incidents": { query: { from: number; to: number; school?: string; gateway?: string }; body: undefined; reply: unknown };
  "GET /api/v1/export/readings": { query: { from: number; to: number; school?: string; gateway?: string }; body: undefined; reply: unknown };
  "GET /api/v1/gaps": { query: { unit?: string; school?: string; state?: GapState[]; owner?: string; indicator?: string; figure?: "" | "ledger" | "live" | "visit"; due?: "" | "overdue" | "soon" | "none"; cursor?: string | null; limit?: number }; body: undefined; reply: GapLines };
  "GET /api/v1/gaps.csv": { query: { unit?: string; school?: string; state?: GapState[]; owner?: string; indicator?: string; figure?: "" | "ledger" | "live" | "visit"; due?: "" | "overdue" | "soon" | "none" }; body: undefined; reply: unknown };
  "GET /api/v1/gaps/summary": { query: { unit?: string }; body: undefined; reply: GapSummary };
  "GET /api/v1/gaps/{gap_id}": { query: undefined; body: undefined; reply: GapDetail };
  "POST /api/v1/gaps/{gap_id}/moves": { query: undefined; body: AskMove; reply: GapDetail };
  "GET /api/v1/handovers": { query: undefined; body: undefined; reply: Handovers };
  "POST /api/v1/handovers": { query: undefined; body: AskHandover; reply: Handovers };
  "POST /api/v1/imports": { query: { name: string; sheet?: string; whole?: boolean }; body: undefined; reply: ImportView };
  "GET /api/v1/imports/{import_id}": { query: undefined; body: undefined; reply: ImportView };
  "POST /api/v1/imports/{import_id}/apply": { query: undefined; body: AskImport; reply: ImportView };
  "POST /api/v1/imports/{import_id}/discard": { query: undefined; body: undefined; reply: undefined };
  "GET /api/v1/kinds": { query: undefined; body: undefined; reply: Kinds };
  "GET /api/v1/league": { query: { indicator: string; by?: "county" | "township" | "sub_bureau" | "station"; figure?: "ledger" | "live" }; body: undefined; reply: League };
  "GET /api/v1/ledger/export": { query: { sheet?: string[]; form?: "xlsx" | "csv"; language?: "zh" | "en"; q?: string; unit?: string; school?: string }; body: undefined; reply: unknown };
  "GET /api/v1/ledger/template": { query: { sheet?: string[]; form?: "xlsx" | "csv"; language?: "zh" | "en" }; body: undefined; reply: unknown };
  "POST /api/v1/login": { query: undefined; body: Login; reply: Me };
  "POST /api/v1/logout": { query: undefined; body: undefined; reply: undefined };
  "GET /api/v1/me": { query: undefined; body: undefined; reply: Me };
  "GET /api/v1/noise": { query: { days?: number }; body: undefined; reply: Quality };
  "GET /api/v1/noise.csv": { query: { table?: "actors" | "pressers" | "answers" | "advice" | "posts"; days?: number }; body: undefined; reply: unknown };
  "GET /api/v1/notifications": { query: { unit?: string; school?: string; state?: DueState[]; channel?: string; audience?: string; rule?: string; mode?: Mode | null; from?: number; to?: number; cursor?: string | null; limit?: number }; body: undefined; reply: Notifications };
  "POST /api/v1/outside": { query: undefined; body: AskOutside; reply: OutsideTaken };
  "POST /api/v1/phone": { query: undefined; body: AskPhone; reply: PhoneView };
  "POST /api/v1/police/{channel}/receipts": { query: undefined; body: AskPoliceReceipts; reply: PoliceTaken };
  "POST /api/v1/receipts/{channel}": { query: undefined; body: AskReceipts; reply: ReceiptTaken };
  "GET /api/v1/reports": { query: { sha256?: string; cursor?: string | null; limit?: number }; body: undefined; reply: Reports };
  "GET /api/v1/reports/{report}": { query: { unit?: string | null; station?: string | null; school?: string | null; day?: string; language?: "zh" | "en"; form?: "html" | "xlsx" }; body: undefined; reply: unknown };
  "GET /api/v1/risk/warned": { query: { unit?: string | null }; body: undefined; reply: WarnedSchools };
  "GET /api/v1/rules": { query: { unit?: string | null }; body: undefined; reply: Rules };
  "POST /api/v1/rules/{rule}/whatif": { query: undefined; body: AskWhatIf; reply: WhatIfView };
  "GET /api/v1/schools/{school_id}": { query: undefined; body: undefined; reply: SchoolPage };
  "GET /api/v1/schools/{school_id}/history": { query: { device: string; metric: string; from: number; to: number; gateway?: string | null; points?: number }; body: undefined; reply: Series };
  "POST /api/v1/schools/{school_id}/reorganise": { query: undefined; body: AskReorganise; reply: EditAnswer };
  "GET /api/v1/schools/{school_id}/risk": { query: undefined; body: undefined; reply: RiskProfile };
  "POST /api/v1/screens/health": { query: undefined; body: ScreenHealth; reply: undefined };
  "POST /api/v1/screens/shown": { query: undefined; body: AskShown; reply: undefined };
  "GET /api/v1/sheets": { query: undefined; body: undefined; reply: Sheets };
  "GET /api/v1/sheets/{sheet}/history": { query: { key: string[] }; body: undefined; reply: LineHistory };
  "GET /api/v1/sheets/{sheet}/lines": { query: { q?: string; unit?: string; school?: string; cursor?: string | null; limit?: number }; body: undefined; reply: LinePage };
  "POST /api/v1/sheets/{sheet}/lines": { query: undefined; body: AskLine; reply: EditAnswer };
  "POST /api/v1/sheets/{sheet}/retire": { query: undefined; body: AskRetire; reply: EditAnswer };
  "GET /api/v1/stats": { query: undefined; body: undefined; reply: Stats };
  "GET /api/v1/stream": { query: { after?: string | null }; body: undefined; reply: unknown };
  "GET /api/v1/test-plan": { query: { unit?: string; state?: RoundState | null; past?: boolean; cursor?: string | null; limit?: number }; body: undefined; reply: TestPlan };
  "POST /api/v1/test-plan/moves": { query: undefined; body: AskRounds; reply: RoundsMoved };
  "GET /api/v1/tests": { query: { unit?: string; school?: string; state?: TestState | null; limit?: number }; body: undefined; reply: ButtonTests };
  "GET /api/v1/visits": { query: { unit?: string | null; state?: VisitState[]; cursor?: string | null; limit?: number }; body: undefined; reply: Visits };
  "POST /api/v1/visits": { query: undefined; body: AskVisit; reply: VisitDetail };
  "GET /api/v1/visits/draws": { query: undefined; body: undefined; reply: Draws };
  "POST /api/v1/visits/draws": { query: undefined; body: AskDraw; reply: DrawView };
  "GET /api/v1/visits/{visit_id}": { query: undefined; body: undefined; reply: VisitDetail };
  "POST /api/v1/visits/{visit_id}/acts": { query: undefined; body: AskVisitAct; reply: VisitDetail };
  "POST /api/v1/visits/{visit_id}/findings": { query: undefined; body: AskFinding; reply: VisitDetail };
  "GET /api/v1/whatif/{job_id}": { query: undefined; body: undefined; reply: WhatIfView };
  "POST /api/v1/whatif/{job_id}/cancel": { query: undefined; body: undefined; reply: WhatIfView };
  "GET /api/v1/windows": { query: { past?: boolean; school?: string; cursor?: string | null; limit?: number }; body: undefined; reply: Windows };
  "POST /api/v1/windows": { query: undefined; body: AskWindow; reply: WindowView };
  "GET /api/v1/windows/{window_id}": { query: undefined; body: undefined; reply: WindowDetail };
  "POST /api/v1/windows/{window_id}/moves": { query: undefined; body: AskWindowMove; reply: WindowDetail };
  "GET /docs/problems": { query: undefined; body: undefined; reply: unknown };
  "GET /healthz": { query: undefined; body: undefined; reply: Health };
  "GET /metrics": { query: undefined; body: undefined; reply: unknown };
  "GET /readyz": { query: undefined; body: undefined; reply: Health };
}
