"""Keeps what is known of evidence: attachments, frozen traces, holds, and what anybody did with them, with the audit log."""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from server.evidence import tables
from server.evidence.holding import NotDone, moved, stands
from server.evidence.manifest import AuditHead
from server.evidence.model import Act, Attachment, Hold, Shelf, Trace
from server.journal.database import Database
from server.journal.search import last_before
from server.registry import tables as tables_of_registry
from server.registry.audit import GENESIS, append_to

FILES_MAX = 60  # Of one incident.
FILES_BYTES_MAX = 1024 * 1024 * 1024
ACTS_MAX = 2_000  # Read of one incident, the newest; all stay in the log.
HOLDS_SHOWN_MAX = 500
HEAD_LOOK = 5_000  # Lines of the audit log within the slack of its order, among which the last one is looked for.
HOLD_ACTS = {"place": "held", "ask_lift": "lift_asked", "refuse_lift": "lift_refused", "lift": "lifted"}

_decoder = msgspec.json.Decoder(Trace)


class EvidenceStore:
    """The evidence in the database. Every method raises `StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def note(self, act: Act) -> None:
        """Write down that somebody saw or took evidence; returns after the commit."""
        await self.database.run(lambda connection: add_act(connection, act))

    async def acts(self, alert: str) -> Sequence[Act]:
        """Read what was done with an incident's evidence, oldest first."""
        row = tables.evidence_act
        query = select(row).where(row.c.alert == alert).order_by(row.c.number.desc()).limit(ACTS_MAX)
        found = await self.database.run(lambda connection: [_act(one) for one in connection.execute(query)])
        return found[::-1]

    # ---------------------------------------------------------------- attachments

    async def attach(self, attachment: Attachment) -> Attachment:
        """Keep a file that is on the disk. Raises `NotDone` beyond an incident's share; the same one again is kept once."""

        def work(connection: Connection) -> Attachment:
            known = _files(connection, attachment.alert)
            for one in known:
                if one.sha256 == attachment.sha256 and not one.removed_ms and not one.expired_ms:
                    return one
            if len(known) >= FILES_MAX or sum(one.bytes for one in known) + attachment.bytes > FILES_BYTES_MAX:
                raise NotDone("too_many", f"allowed: {FILES_MAX} files and {FILES_BYTES_MAX} bytes for one incident")
            connection.execute(insert(tables.evidence_file).values(asdict(attachment)))
            act = Act(attachment.alert, attachment.at_ms, attachment.actor, attachment.role, "attached", attachment.id)
            add_act(connection, act, f"{attachment.media_type} {attachment.sha256}")
            return attachment

        return await self.database.run(work)

    async def files(self, alert: str) -> Sequence[Attachment]:
        """Read the attachments of an incident, oldest first, those that were marked as removed too."""
        return await self.database.run(lambda connection: _files(connection, alert))

    async def mark(self, act: Act) -> Attachment:
        """Mark the attachment `act.ref` as removed, for the reason `act.note`. Raises `NotDone`."""

        def work(connection: Connection) -> Attachment:
            found = next((one for one in _files(connection, act.alert) if one.id == act.ref), None)
            if found is None:
                raise NotDone("not_found", "no such attachment")
            if stands(_hold(connection, act.alert, lock=True)):
                raise NotDone("illegal_move", "the evidence is held")
            if found.removed_ms:
                raise NotDone("illegal_move", "it is removed already")
            values = {"removed_ms": act.at_ms, "removed_by": act.actor, "removed_why": act.note}
            connection.execute(update(tables.evidence_file).where(tables.evidence_file.c.id == found.id).values(values))
            add_act(connection, act)
            return next(one for one in _files(connection, act.alert) if one.id == found.id)

        return await self.database.run(work)

    # ---------------------------------------------------------------- traces

    async def keep_trace(self, alert: str, shelf: Shelf, trace: Trace) -> None:
        """Freeze a trace beside those taken before."""
        body = zlib.compress(msgspec.json.encode(trace), 6)
        row = tables.evidence_trace.c

        def work(connection: Connection) -> None:
            last = connection.execute(select(func.coalesce(func.max(row.number), 0)).where(row.alert == alert)).scalar_one()
            connection.execute(
                insert(tables.evidence_trace).values(
                    alert=alert,
                    number=last + 1,
                    shelf=shelf.value,
                    taken_ms=trace.taken,
                    presses=trace.presses,
                    from_ms=min(start for start, _ in trace.spans),
                    to_ms=max(end for _, end in trace.spans),
                    whole=trace.whole,
                    body=body,
                )
            )
            add_act(connection, Act(alert, trace.taken, "", "", "traced", str(last + 1)), "whole" if trace.whole else "")

        await self.database.run(work)

    async def trace(self, alert: str, before_ms: int) -> Trace | None:
        """Read the newest frozen trace that was taken before an instant."""
        row = tables.evidence_trace.c
        query = select(row.body).where(row.alert == alert, row.taken_ms < before_ms).order_by(row.number.desc()).limit(1)
        body = await self.database.run(lambda connection: connection.execute(query).scalar_one_or_none())
        return None if body is None else _decoder.decode(zlib.decompress(body))

    async def taken(self, alerts: Collection[str]) -> Mapping[str, tuple[int, int, bool]]:
        """Say of some incidents how many presses their newest trace has, when it was taken, and whether it is whole."""
        row = tables.evidence_trace.c
        query = select(row.alert, row.presses, row.taken_ms, row.whole).where(row.alert.in_(alerts)).order_by(row.number)
        rows = await self.database.run(lambda connection: connection.execute(query).all())
        return {alert: (presses, taken_ms, bool(whole)) for alert, presses, taken_ms, whole in rows}

    # ---------------------------------------------------------------- holds

    async def place(self, hold: Hold, school: str, role: str) -> Hold:
        """Hold the evidence of an incident. Raises `NotDone` where it is held already."""

        def work(connection: Connection) -> Hold:
            before = _hold(connection, hold.alert, lock=True)
            if stands(before):
                raise NotDone("illegal_move", "it is held already")
            number = before.number + 1 if before else 1
            values = {**asdict(hold), "number": number, "school": school}
            connection.execute(insert(tables.evidence_hold).values(values))
            add_act(connection, Act(hold.alert, hold.placed_ms, hold.placed_by, role, "held", str(number), hold.reason))
            placed = _hold(connection, hold.alert)
            assert placed is not None
            return placed

        return await self.database.run(work)

    async def move_hold(self, act: Act, move: str) -> Hold:
        """Ask to lift a hold, refuse to, or lift it. Raises `NotDone`."""

        def work(connection: Connection) -> Hold:
            before = _hold(connection, act.alert, lock=True)
            after = moved(before, move, act.actor, act.note, act.at_ms)
            row = tables.evidence_hold.c
            values = {name: getattr(after, name) for name in ("asked_ms", "asked_by", "asked_why", "lifted_ms", "lifted_by")}
            where = (row.alert == after.alert, row.number == after.number)
            connection.execute(update(tables.evidence_hold).where(*where).values(values))
            add_act(connection, renamed(act, HOLD_ACTS[move], str(after.number)))
            return after

        return await self.database.run(work)

    async def hold(self, alert: str) -> Hold | None:
        """Read the newest hold of an incident, also one that was lifted."""
        return await self.database.run(lambda connection: _hold(connection, alert))

    async def standing(self) -> Sequence[tuple[Hold, str]]:
        """List the holds that stand, oldest first, each with its school."""
        row = tables.evidence_hold
        query = select(row).where(row.c.lifted_ms == 0).order_by(row.c.placed_ms, row.c.alert).limit(HOLDS_SHOWN_MAX)
        return await self.database.run(lambda connection: [(_hold_of(one), one.school) for one in connection.execute(query)])

    async def audit_head(self, before_ms: int) -> AuditHead:
        """Give the line of the audit log that stood last before an instant."""
        log = tables_of_registry.audit.c

        def work(connection: Connection) -> AuditHead:
            low = last_before(connection, log.sequence, log.at_ms, before_ms)
            near = select(func.max(log.sequence)).where(
                log.sequence > low, log.sequence <= low + HEAD_LOOK, log.at_ms < before_ms
            )
            head = connection.execute(near).scalar_one_or_none() or low
            found = connection.execute(select(log.hash).where(log.sequence == head)).scalar_one_or_none()
            return AuditHead(head, found) if found else AuditHead(0, GENESIS)

        return await self.database.run(work)

    async def counts(self) -> Mapping[str, int]:
        """Count what is kept: attachments with bytes on the disk, frozen traces, and holds that stand."""
        file, trace, hold = tables.evidence_file.c, tables.evidence_trace, tables.evidence_hold.c
        queries: dict[str, Select[Any]] = {
            "files": select(func.count()).where(file.expired_ms == 0),
            "bytes": select(func.coalesce(func.sum(file.bytes), 0)).where(file.expired_ms == 0),
            "traces": select(func.count()).select_from(trace),
            "holds": select(func.count()).where(hold.lifted_ms == 0),
        }
        return await self.database.run(
            lambda connection: {name: int(connection.execute(query).scalar_one()) for name, query in queries.items()}
        )


def add_act(connection: Connection, act: Act, detail: str = "") -> None:
    """Write down an act with its line of the audit log, in one transaction."""
    values = {name: getattr(act, name) for name in Act.__slots__ if name != "number"}
    connection.execute(insert(tables.evidence_act).values(values))
    told = " ".join(part for part in (act.ref, detail, act.note) if part)
    append_to(connection, act.at_ms, act.actor or "server", f"evidence_{act.what}", f"alert:{act.alert}", told)


def renamed(act: Act, what: str, ref: str) -> Act:
    """Give an act under another name."""
    return Act(act.alert, act.at_ms, act.actor, act.role, what, ref, act.note)


def _files(connection: Connection, alert: str) -> list[Attachment]:
    row = tables.evidence_file
    query = select(row).where(row.c.alert == alert).order_by(row.c.at_ms, row.c.id)
    return [_file(one) for one in connection.execute(query)]


def _hold(connection: Connection, alert: str, *, lock: bool = False) -> Hold | None:
    row = tables.evidence_hold
    query = select(row).where(row.c.alert == alert).order_by(row.c.number.desc()).limit(1)
    found = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if found is None else _hold_of(found)


def _hold_of(row: Row[Any]) -> Hold:
    return Hold(**{name: getattr(row, name) for name in Hold.__slots__})


def _file(row: Row[Any]) -> Attachment:
    values = {name: getattr(row, name) for name in Attachment.__slots__}
    return Attachment(**{**values, "shelf": Shelf(row.shelf)})


def _act(row: Row[Any]) -> Act:
    return Act(**{name: getattr(row, name) for name in Act.__slots__})
