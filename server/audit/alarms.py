"""Whether each alarm of the journal is one row, each press one place of one incident, and what was refused on record."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import islice

import msgspec

from contract.batch import inflate
from contract.errors import Refused
from contract.identity import Lane
from contract.messages import OpenPress
from contract.records import Press, encode_record
from server.audit.derived import Derived
from server.audit.digest import Digest, Missing, Told, events_in
from server.audit.report import Check
from server.audit.scratch import Item, Line, Scratch
from server.history.content import Work
from server.ingest.sorting import repaired_record
from server.journal.raw import Pieces, RawSource
from server.journal.search import SLACK_MS

EVENTS, JOINED, HOLES = "events", "incidents", "refused"
PAGE = 500
DEEP_MAX = 10_000  # Alarms looked for one by one; beyond it they count as not compared.
TELEPHONE = "checkin"  # Comes by no batch; those of a gateway are telemetry.
OURS = "clone:"  # Alerts the server raises itself, of which there is no record.


class Alarms:
    """Pours records and rows into the scratch file and tells what does not balance."""

    def __init__(self, source: RawSource, derived: Derived, scratch: Scratch, work: Work, from_ms: int, to_ms: int) -> None:
        self.events = 0
        self._source = source
        self._derived = derived
        self._scratch = scratch
        self._work = work
        self._from_ms = from_ms
        self._to_ms = to_ms
        self._telephoned = 0

    def take(self, found: Digest) -> None:
        """Pour in what a piece of the journal tells."""
        self._scratch.should(EVENTS, [(key_of(told), look(told), told.rx_ms) for told in found.told])
        self._scratch.may(
            EVENTS, [(key_of(told), repaired, told.rx_ms) for told in found.told for repaired in _repaired(told)]
        )
        self._scratch.should(HOLES, self._holes(found.missing))

    async def check(self, head: int) -> list[Check]:
        """Pour in what is kept, and compare."""
        rows = Check("alarms", "each press, clear, alert and reply of the alarm lanes with its one row")
        incidents = Check("incidents", "each press with its one place in one incident")
        async for page in self._derived.events(self._from_ms - SLACK_MS, self._to_ms + SLACK_MS):
            known = [event for event in page if event.kind != TELEPHONE]
            self._telephoned += sum(self._within(event.rx_ms) for event in page if event.kind == TELEPHONE)
            await asyncio.to_thread(self._scratch.found, EVENTS, [(key_of(one), look(one), one.rx_ms) for one in known])
            presses = [(one.id, "", one.rx_ms) for one in known if one.kind == "press" and self._within(one.rx_ms)]
            await asyncio.to_thread(self._scratch.should, JOINED, presses)
            incidents.compared += len(presses)
        rows.compared = self.events = self._scratch.count(EVENTS, self._from_ms, self._to_ms)
        if self._telephoned:
            rows.notes.append(f"{self._telephoned} check-ins by telephone have no record, as they should")
        await self._uneven_events(rows, head)
        await self._uneven_incidents(incidents)
        return [rows, incidents, await self._refused()]

    # ---------------------------------------------------------------- rows

    async def _uneven_events(self, check: Check, head: int) -> None:
        missing: dict[str, list[Line]] = {}
        alone: list[str] = []
        repaired = 0
        async for lines in self._uneven(EVENTS):
            row = next((line for line in lines if line.found), None)
            recorded = next((line for line in lines if line.should), None)
            if row is None:
                if recorded is not None and self._within(recorded.at_ms):
                    self._remember(check, missing, recorded.key, lines)
            elif row.should or not self._within(row.at_ms):
                continue  # The record came more than once, and is one row.
            elif row.may:
                repaired += 1
            elif recorded is not None:
                check.differs(f"{row.key}: the row says {row.print}, the record {recorded.print}")
            elif len(alone) < DEEP_MAX:
                alone.append(row.key)
            else:
                check.skipped(f"more than {DEEP_MAX} rows have no record near them")
        await self._rowless(check, missing)
        repaired += await self._recordless(check, alone, head)
        if repaired:
            check.notes.append(f"{repaired} presses were repaired by a heartbeat before their record came, or instead of it")

    def _remember(self, check: Check, missing: dict[str, list[Line]], key: str, lines: list[Line]) -> None:
        if len(missing) < DEEP_MAX:
            missing[key] = lines
        else:
            check.differs(f"{key}: recorded and in no row near it")

    async def _rowless(self, check: Check, missing: dict[str, list[Line]]) -> None:
        """Look in all of the table for rows of records: a repaired press, or one of a batch out of order, stands earlier."""
        stored = await self._stored(missing)
        for key, lines in missing.items():
            event = stored.get(key)
            recorded = next(line.print for line in lines if line.should)
            if event is None:
                check.differs(f"{key}: recorded ({recorded}) and in no row")
            elif look(event) not in {line.print for line in lines}:
                check.differs(f"{key}: the row says {look(event)}, the record {recorded}")

    async def _recordless(self, check: Check, alone: list[str], head: int) -> int:
        """Look for the records of rows in what came later; says how many need none because a heartbeat repaired them."""
        repaired = 0
        stored = await self._stored(alone)
        for key in alone:
            event = stored.get(key)
            if event is None or await self._recorded(event, head):
                continue
            if _is_repaired(event):
                repaired += 1
            else:
                check.differs(f"{key}: a row ({look(event)}) and no record")
        return repaired

    async def _stored(self, keys: Iterable[str]) -> dict[str, Told]:
        rows = await self._derived.events_of(sorted({key.partition(" ")[0] for key in keys}))
        return {key_of(event): event for of_one in rows.values() for event in of_one}

    async def _uneven(self, check: str) -> AsyncIterator[list[Line]]:
        """Read the scratch file off the event loop."""
        lines = self._scratch.uneven(check)
        while page := await asyncio.to_thread(lambda: list(islice(lines, PAGE))):
            for of_one in page:
                yield of_one

    async def _recorded(self, event: Told, head: int) -> bool:
        """Say whether a record of an event came later than its row, or in a batch whose positions another one holds."""
        looks = {look(event)}
        after, pieces = await self._source.before(event.rx_ms), Pieces()
        while True:
            piece = await self._source.of_gateway(event.gateway, Lane.ALARM.value, event.rx_ms - 1, after, pieces.limit)
            full = len(piece) >= pieces.limit
            pieces.learn(piece)
            for told in await self._work(events_in, [raw for raw in piece if raw.sequence <= head]):
                if key_of(told) == key_of(event) and looks & {look(told), *_repaired(told)}:
                    return True
            if not full:
                break
            after = piece[-1].sequence
        wanted = event.id.encode()
        return any(wanted in raw for raw in await self._work(_plain, await self._derived.conflicts(event.gateway)))

    # ---------------------------------------------------------------- incidents

    async def _uneven_incidents(self, check: Check) -> None:
        await self._facts(check)
        strange: dict[str, Line] = {}
        untold: dict[str, int] = {}  # Press -> how many of its rows are told under no such name.
        async for lines in self._uneven(JOINED):
            pressed = next((line for line in lines if line.should), None)
            places = [line for line in lines if line.found]
            told = sum(line.found for line in places)
            if pressed is None:
                strange.update((line.key, line) for line in places)
            elif told > pressed.should:
                where = ", ".join(f"{line.print} ({line.found} times)" for line in places)
                check.differs(f"press {pressed.key} is told more than once: {where}")
            elif told < pressed.should:
                untold[pressed.key] = pressed.should - told
        for key in strange:
            id_, gateway = told_as(key)
            untold[id_] = untold.get(id_, 0) - bool(gateway)
        for key, count in untold.items():
            if count > 0:
                check.differs(f"press {key} is in no incident")
        await self._strange(check, {key: line for key, line in strange.items() if self._within(line.at_ms)})

    async def _strange(self, check: Check, strange: dict[str, Line]) -> None:
        """Look for the rows of what alerts tell: of those received before the span, and of ids that two gateways use."""
        known = await self._derived.events_of(sorted({told_as(key)[0] for key in strange}))
        for key, line in strange.items():
            id_, gateway = told_as(key)
            tellers = {event.gateway for event in known.get(id_, ()) if event.kind in ("press", "alert")}
            if not tellers or (gateway and gateway not in tellers):
                check.differs(f"alert {line.print} tells signal {key}, of which there is no row")
            elif gateway and len(tellers) == 1:  # Named so for the sake of no other: two servers knew it by two names.
                check.differs(f"press {id_} is told more than once: {line.print} too")

    async def _facts(self, check: Check) -> None:
        """Pour in where facts put signals, and see that each alert has all of its facts."""
        counted: dict[str, tuple[int, int, int]] = {}  # Alert -> the least and the greatest number of a fact, and how many.
        async for page in self._derived.joined(self._from_ms - SLACK_MS):
            for one in page:
                if not one.readable:
                    check.differs(f"fact {one.number} of alert {one.alert} cannot be read")
                least, greatest, count = counted.get(one.alert, (one.number, one.number, 0))
                counted[one.alert] = (min(least, one.number), max(greatest, one.number), count + 1)
            told = [(signal, one.alert, one.at_ms) for one in page for signal in one.signals if not signal.startswith(OURS)]
            await asyncio.to_thread(self._scratch.found, JOINED, told)
        for alert, (least, greatest, count) in counted.items():
            lost = greatest - least + 1 - count + (least - 1 if self._from_ms <= 0 else 0)
            if lost:
                check.differs(f"alert {alert} has lost {lost} of its {greatest} facts", lost)

    # ---------------------------------------------------------------- what was refused or is missing

    async def _refused(self) -> Check:
        check = Check("refused", "each position without a record with its line in gap or quarantine")
        async for page in self._derived.missing(self._from_ms, self._to_ms):
            await asyncio.to_thread(self._scratch.found, HOLES, self._holes(page))
            check.compared += len(page)
        async for lines in self._uneven(HOLES):
            for line in lines:
                if line.should != line.found:
                    check.differs(f"{line.key}: {line.print} {line.should} times in the journal, {line.found} on record")
        return check

    def _holes(self, missing: Iterable[Missing]) -> list[Item]:
        return [
            (f"{one.gateway} {one.epoch} lane {one.lane} position {one.position}", f"{one.count} {one.why}", one.rx_ms)
            for one in missing
            if self._within(one.rx_ms)
        ]

    def _within(self, ms: int) -> bool:
        return self._from_ms <= ms < self._to_ms


def look(told: Told) -> str:
    """Write what has to be the same of a record and its row."""
    seal = hashlib.sha256(told.body).hexdigest()[:16]
    return f"{told.device} at {told.t_ms} ms, {seal}"


def told_as(signal: str) -> tuple[str, str]:
    """Give the id of a signal, and the gateway where alerts name it by that: another gateway's bears the id."""
    id_, _, gateway = signal.partition("@")
    return id_, gateway


def key_of(told: Told) -> str:
    """Name what makes an alarm event one row."""
    return f"{told.id} {told.gateway} {told.kind} {told.state}".rstrip()


def accepted_looks(told: Told) -> list[str]:
    """Give what the row of a record may look like."""
    return [look(told), *_repaired(told)]


def _repaired(told: Told) -> list[str]:
    """Give what the row of a press looks like when a heartbeat told of it first."""
    if told.kind != "press":
        return []
    press = msgspec.json.decode(told.body, type=Press)
    told_open = OpenPress(id=press.id, d=press.d, t=press.t, press=press.press, mode=press.mode)
    body = encode_record(repaired_record(told_open))
    return [] if body == told.body else [look(msgspec.structs.replace(told, body=body))]


def _is_repaired(event: Told) -> bool:
    """Say whether a row is what a heartbeat alone tells of a press: the clock's quality is then not known."""
    return event.kind == "press" and msgspec.json.decode(event.body, type=Press).q == 0


def _plain(raws: Sequence[bytes]) -> list[bytes]:
    """Inflate what can be."""
    found: list[bytes] = []
    for raw in raws:
        with contextlib.suppress(Refused):
            found.append(inflate(raw))
    return found
