"""The judge: compares what people did and saw with what the installation holds. Pure, and without the product's code."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulators.chaos.facts import Facts
from simulators.chaos.record import Acted, Answered, Asked, Broke, Entry, Fault, Measured, Mended, Painted, Preloaded, Told
from simulators.chaos.watching import Watched, watch

REPEAT_SECONDS = 55.0  # A button that had to repeat for longer may have pressed twice: by contract it repeats for 60 s.
RISK_SECONDS = 2.5  # A reading is on disk within a second, and that second is declared; the rest is for a busy machine.
BEFORE_SECONDS = 0.25  # A kill is written down just before it happens.
EXAMPLES_MAX = 5
FATES = ("applied", "duplicate", "gap", "refused", "dead", "failed", "elsewhere")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a scenario may cost, by the contract and nothing else. Gateways by id."""

    doubles: bool = False  # The outbox was damaged or copied: one press may come under two ids.
    gaps: frozenset[str] = frozenset()  # May declare that readings were given up.
    damaged: frozenset[str] = frozenset()  # May have lost what was not receipted, if it says so.
    rubbish: bool = False  # Somebody sends what cannot be read.


@dataclass(slots=True)
class Verdict:
    """What was broken, what is worth knowing, and how long each press took to its first screen."""

    broken: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    watched: Watched = field(default_factory=Watched)
    lost: set[str] = field(default_factory=set)  # Presses that are no alarm event, declared or not.

    def fail(self, what: str, examples: Iterable[object] = ()) -> None:
        """Note a broken promise with a few examples."""
        shown = [str(one) for one in examples]
        more = f" and {len(shown) - EXAMPLES_MAX} more" if len(shown) > EXAMPLES_MAX else ""
        self.broken.append(f"{what}: {', '.join(shown[:EXAMPLES_MAX])}{more}" if shown else what)


@dataclass(slots=True)
class History:
    """The recorder's entries, sorted out."""

    asked: dict[tuple[str, str, int], Asked] = field(default_factory=dict)
    answered: dict[tuple[str, str, int], Answered] = field(default_factory=dict)
    measured: list[Measured] = field(default_factory=list)
    preloaded: list[Preloaded] = field(default_factory=list)
    shown: list[Painted | Told | Broke] = field(default_factory=list)
    faults: dict[int, tuple[Fault, float]] = field(default_factory=dict)  # With when it was mended.
    acted: list[Acted] = field(default_factory=list)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "History":
        """Sort entries out."""
        history = cls()
        for entry in entries:
            match entry:
                case Asked():
                    history.asked[entry.gateway, entry.device, entry.n] = entry
                case Answered():
                    history.answered[entry.gateway, entry.device, entry.n] = entry
                case Measured():
                    history.measured.append(entry)
                case Preloaded():
                    history.preloaded.append(entry)
                case Fault():
                    history.faults[entry.number] = (entry, float("inf"))
                case Mended():
                    history.faults[entry.number] = (history.faults[entry.number][0], entry.at)
                case Acted():
                    history.acted.append(entry)
                case Painted() | Told() | Broke():
                    history.shown.append(entry)
        history.shown.sort(key=lambda entry: entry.at)
        return history

    def told(self) -> dict[str, set[int]]:
        """Give the numbers that each gateway was ever told."""
        found: dict[str, set[int]] = defaultdict(set)
        for one in self.measured:
            found[one.gateway].add(one.serial)
        for filled in self.preloaded:
            found[filled.gateway].update(range(1, filled.count + 1))
        return found

    def kills(self, boxes: Mapping[str, str]) -> dict[str, list[float]]:
        """Give the instants at which each gateway was killed; `boxes` maps a program's name to its gateway's id."""
        found: dict[str, list[float]] = defaultdict(list)
        for fault, _ in self.faults.values():
            if fault.target in boxes and fault.what != "freeze":
                found[boxes[fault.target]].append(fault.at)
        return found


def judge(history: History, facts: Facts, boxes: Mapping[str, str], allowed: Allowed | None = None) -> Verdict:
    """Judge one round."""
    allowed = allowed or Allowed()
    verdict = Verdict()
    kills = history.kills(boxes)
    extra = _presses(history, facts, kills, allowed, verdict)
    _incidents(facts, verdict)
    _streams(facts, verdict)
    _receipts(facts, verdict)
    _readings(history, facts, kills, allowed, verdict)
    _refusals(facts, allowed, verdict)
    verdict.watched = watch(history.shown, history.asked.values(), history.answered, extra)
    for what, examples in verdict.watched.broken.items():
        verdict.fail(what, examples)
    verdict.notes.update(verdict.watched.notes)
    _moves(history, facts, verdict)
    _pictures(facts, verdict)
    never = [
        key for key, one in history.answered.items() if key not in verdict.watched.shown_at and one.id not in verdict.lost
    ]
    if never:
        verdict.fail("answered, but on no screen", never)
    return verdict


def _presses(
    history: History, facts: Facts, kills: Mapping[str, list[float]], allowed: Allowed, verdict: Verdict
) -> Counter[tuple[str, str]]:
    """Judge the rows; gives how many more than pressed each button may have, where that is explained."""
    by_press: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    by_id = Counter(event.id for event in facts.events)
    extra: Counter[tuple[str, str]] = Counter()
    press_of = {one.id: key for key, one in history.answered.items()}
    for event in facts.events:
        # What a heartbeat told first bears no counter; then the id that the button was answered with says whose it is.
        key = (event.gateway, event.device, event.n or 0)
        by_press[key if event.n else press_of.get(event.id, key)].append(event.id)
    unanswered = [key for key in history.asked if key not in history.answered]
    if unanswered:
        verdict.fail("presses never answered", unanswered)
    declared = Counter(gap.gateway for gap in facts.gaps for _ in range(gap.count) if gap.lane == "a")
    lost = [one for one in history.answered.values() if one.id not in by_id]
    verdict.lost = {one.id for one in lost}
    unexplained = [one for one in lost if one.gateway not in allowed.damaged or declared[one.gateway] < 1]
    if unexplained:
        verdict.fail("LOST: answered, and not an alarm event", unexplained)
    verdict.notes["presses_lost_and_declared"] += len(lost) - len(unexplained)
    if twice := [identity for identity, number in by_id.items() if number > 1]:
        verdict.fail("one press in two rows", twice)
    if invented := [key for key in by_press if key not in history.asked]:
        verdict.fail("nobody pressed", invented)
    for key, ids in by_press.items():
        answer, ask = history.answered.get(key), history.asked.get(key)
        if answer is not None and answer.id in by_id and answer.id not in ids:
            verdict.fail("the row names another button or counter", [(key, answer.id)])
        if len(ids) < 2 or ask is None:  # noqa: PLR2004
            continue
        until = answer.at if answer else float("inf")
        killed = any(ask.at - BEFORE_SECONDS <= at <= until for at in kills.get(key[0], ()))
        if killed or allowed.doubles or until - ask.at > REPEAT_SECONDS:
            verdict.notes["pressed_once_told_twice_by_a_kill"] += len(ids) - 1
            extra[key[0], key[1]] += len(ids) - 1
        else:
            verdict.fail("DOUBLED: one press under several ids", [(key, ids)])
    verdict.notes["presses"] = len(history.asked)
    return extra


def _incidents(facts: Facts, verdict: Verdict) -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for one in facts.joined:
        found[one.press].append(one.alert)
    events = {event.id for event in facts.events}
    if several := [(press, alerts) for press, alerts in found.items() if len(alerts) > 1]:
        verdict.fail("in an incident more than once", several)
    if missing := sorted(events - set(found)):
        verdict.fail("in no incident", missing)
    if unknown := sorted(set(found) - events):
        verdict.fail("in an incident, and not an alarm event", unknown)
    verdict.notes["told_first_by_a_heartbeat"] += sum(one.repaired for one in facts.joined)


def _moves(history: History, facts: Facts, verdict: Verdict) -> None:
    """Judge people's moves: what was answered with success is stored, once."""
    stored = Counter(facts.moves)
    if lost := [one for one in history.acted if not stored[one.key]]:
        verdict.fail("a move that was answered is not stored", lost)
    if twice := [key for key, number in stored.items() if number > 1]:
        verdict.fail("a move is stored twice", twice)
    verdict.notes["moves"] += len(history.acted)


def _pictures(facts: Facts, verdict: Verdict) -> None:
    """Judge the last picture of each server: every press that was stored is in it, once."""
    incidents: dict[str, set[str]] = defaultdict(set)
    for one in facts.joined:
        incidents[one.alert].add(one.press)
    for server, tiles in facts.pictures.items():
        shown = {tile.id: tile for tile in tiles}
        if len(shown) < len(tiles):
            verdict.fail(f"{server} shows an incident twice")
        if absent := [alert for alert in incidents if alert not in shown]:
            verdict.fail(f"{server} does not show", absent)
        if strange := [alert for alert in shown if alert not in incidents]:
            verdict.fail(f"{server} shows what is not stored", strange)
        wrong = [
            f"{alert}: {shown[alert].count} shown, {len(presses)} stored"
            for alert, presses in incidents.items()
            if alert in shown and shown[alert].count != len(presses)
        ]
        if wrong:
            verdict.fail(f"{server} counts wrongly", wrong)
        if unsaved := [tile.id for tile in tiles if not tile.stored]:
            verdict.fail(f"{server} still says not yet saved", unsaved)


def _streams(facts: Facts, verdict: Verdict) -> None:
    """Judge positions: from 1 without gap or overlap up to the cursor."""
    streams: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for piece in facts.pieces:
        streams[piece.gateway, piece.epoch, piece.lane].append((piece.first, piece.last))
    cursors = {(one.gateway, one.epoch, one.lane): one.position for one in facts.cursors}
    for stream, spans in streams.items():
        reached = 0
        for first, last in sorted(spans):
            if first != reached + 1:
                verdict.fail("positions do not join", [(stream, f"{reached} then {first}")])
            reached = max(reached, last)
        if cursors.get(stream) != reached:
            verdict.fail("the cursor is not where the batches end", [(stream, cursors.get(stream), reached)])
    verdict.notes["streams"] = len(streams)


def _receipts(facts: Facts, verdict: Verdict) -> None:
    """Judge what the gateways believe: nothing waits for a receipt, and no receipt was for more than they told."""
    cursors = {(one.gateway, one.epoch, one.lane): one.position for one in facts.cursors}
    for gateway, box in facts.boxes.items():
        for lane, last in box.last.items():
            committed = cursors.get((gateway, box.epoch, lane), 0)
            if committed > last:
                verdict.fail("committed beyond what the gateway has", [(gateway, lane, committed, last)])
        if box.waiting.get("a"):
            verdict.fail("alarms wait for a receipt", [(gateway, box.waiting)])
        verdict.notes["alarms_sent_again"] += box.counts.get("alarms_sent_again", 0)


def _readings(history: History, facts: Facts, kills: Mapping[str, list[float]], allowed: Allowed, verdict: Verdict) -> None:
    """Judge the numbered readings: each that was taken is in the journal once and in order, and so in the history."""
    told = history.told()
    gaps: Counter[str] = Counter()
    for gap in facts.gaps:
        gaps[gap.gateway] += gap.count
    for gateway, serials in _missing(history, facts, kills, verdict).items():
        if gateway in allowed.damaged or (gateway in allowed.gaps and gaps[gateway] >= len(serials)):
            verdict.notes["readings_lost_and_declared"] += len(serials)
        else:
            verdict.fail("readings lost", [(gateway, serials)])
    for gateway, serials in facts.readings.items():
        if len(set(serials)) < len(serials):
            verdict.fail("a reading stands twice in the journal", [gateway])
        if serials != sorted(serials):  # An old copy or a clone counts its starts anew, so two epochs share a number.
            if gateway in allowed.damaged:
                verdict.notes["gateways_whose_epochs_a_copy_confused"] += 1
            else:
                verdict.fail("readings out of order in the journal", [gateway])
        if strange := set(serials) - told[gateway]:
            verdict.fail("readings that nobody told", [(gateway, sorted(strange))])
        _history(gateway, facts, verdict)
        verdict.notes["readings"] += len(serials)


def _history(gateway: str, facts: Facts, verdict: Verdict) -> None:
    """Judge the history store: the numbers of the journal once each, but for one left of several of one millisecond."""
    kept, serials = facts.history.get(gateway, []), set(facts.readings[gateway])
    lacks, more = serials - set(kept), len(kept) - len(set(kept) & serials)
    for group in facts.crowded.get(gateway, ()):
        if not lacks.issuperset(group):
            verdict.notes["readings_of_one_millisecond_told_as_one"] += len(lacks.intersection(group))
            lacks -= set(group)
    if lacks or more:
        verdict.fail("history is not the journal", [f"{gateway}: {sorted(lacks)} missing, {more} too many"])


def _missing(history: History, facts: Facts, kills: Mapping[str, list[float]], verdict: Verdict) -> Mapping[str, list[int]]:
    """Give the readings that were taken and are nowhere, but for those of the second that is declared to be at risk."""
    have = {gateway: set(serials) for gateway, serials in facts.readings.items()}
    missing: dict[str, list[int]] = defaultdict(list)
    for filled in history.preloaded:
        if lacking := set(range(1, filled.count + 1)) - have.get(filled.gateway, set()):
            missing[filled.gateway] += sorted(lacking)
    for one in history.measured:
        if not one.taken or one.serial in have.get(one.gateway, ()):
            continue
        if any(abs(one.at - at) <= RISK_SECONDS for at in kills.get(one.gateway, ())):
            verdict.notes["readings_in_the_second_before_a_kill"] += 1
        else:
            missing[one.gateway].append(one.serial)
    return missing


def _refusals(facts: Facts, allowed: Allowed, verdict: Verdict) -> None:
    unexpected = [gap for gap in facts.gaps if gap.gateway not in allowed.gaps | allowed.damaged]
    if unexpected:
        verdict.fail("gaps nobody expected", unexpected)
    verdict.notes["positions_declared_lost"] += sum(gap.count for gap in facts.gaps)
    unread = {gateway: number for gateway, number in facts.quarantined.items() if gateway not in allowed.damaged}
    if unread and not allowed.rubbish:
        verdict.fail("in quarantine", unread.items())
    if facts.dead and not allowed.rubbish:
        verdict.fail("dead letters", facts.dead.items())
    for server, counters in facts.counters.items():
        fates = sum(counters.get(name, 0) for name in FATES)
        if counters.get("received", 0) != fates + counters.get("pending", 0):
            verdict.fail("counters do not add up", [(server, counters)])
        if counters.get("faults"):
            verdict.fail("the server met a mistake of its own", [(server, counters["faults"])])
        for name in ("conflicts", "clones", "lost_commits"):
            if counters.get(name) and not (allowed.damaged or allowed.rubbish):
                verdict.fail(name, [(server, counters[name])])
        for name in ("duplicate", "gap", "failed", "early_press", "repair_press", "clones"):
            verdict.notes[f"server_{name}"] += counters.get(name, 0)
