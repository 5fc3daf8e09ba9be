"""The lines of an export: what of a batch and of an alert goes out, and what stays. Pure.

Nobody's name goes out but the account names that stand in an alert's history. Notes stay: people write names into them.
Check-ins stay: they name guards.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from contract.batch import BadRecord, decode_batch
from contract.errors import Refused
from contract.records import Hole, Reading
from server.core.alert import Alert, Flow
from server.core.fact import Fact, apply, decode_fact
from server.journal.model import JournaledBatch
from server.registry.tree import Tree

LINE_END = b"\n"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: an interval [from, to) of our own clock, perhaps of one school or gateway alone.

    `sees` and `sees_alert` cut it to what the asker may see.
    """

    from_ms: int
    to_ms: int
    school: str = ""
    gateway: str = ""
    sees: Callable[[str], bool] = lambda _school: True
    sees_alert: Callable[[Alert], bool] = lambda _alert: True

    def takes(self, school: str, gateway: str) -> bool:
        """Say whether something of a school and gateway is wanted and may be seen."""
        return self.school in ("", school) and self.gateway in ("", gateway) and self.sees(school)


def reading_lines(batch: JournaledBatch, wanted: Wanted, tree: Tree) -> Iterator[bytes]:
    """Give a line for each reading of a batch, and one for each declared hole: a gap is told, not passed over."""
    if not wanted.from_ms <= batch.rx_ms < wanted.to_ms or wanted.gateway not in ("", batch.gateway):
        return
    try:
        decoded = decode_batch(batch.body)
    except Refused as refusal:  # It was readable when it was stored: the journal is damaged, and that is told too.
        if wanted.takes(tree.school_of(batch.gateway) or "", batch.gateway):
            yield _line({"kind": "unreadable", "gateway": batch.gateway, "sequence": batch.sequence, "why": refusal.detail})
        return
    position = batch.first_position
    for record in decoded.records:
        known = isinstance(record, Reading | Hole) and position + record.positions() > batch.new_from
        if known and not isinstance(record, BadRecord):
            device = tree.device(batch.gateway, record.d) if isinstance(record, Reading) else None
            school = (device.school if device else tree.school_of(batch.gateway)) or ""
            if wanted.takes(school, batch.gateway):
                head = {"school": school, "gateway": batch.gateway, "epoch": batch.epoch, "position": position}
                yield _line(_told(record, head, batch.rx_ms, decoded.grade))  # type: ignore[arg-type]
        position += record.positions()


def incident_line(facts: Sequence[bytes], wanted: Wanted) -> bytes | None:
    """Give the line of one incident as its facts have it; None for a fault of a thing, or one that is not wanted."""
    alert: Alert | None = None
    told = [decode_fact(body) for body in facts]
    for fact in told:
        alert = apply(alert, fact)
    if alert is None or alert.flow is not Flow.INCIDENT:
        return None
    if not wanted.takes(alert.school, alert.gateway) or not wanted.sees_alert(alert):
        return None
    return _line(
        {
            "kind": "incident",
            "id": alert.id,
            "rule": alert.rule,
            "code": alert.code,
            "mode": alert.mode,
            "severity": int(alert.severity),
            "state": alert.state.value,
            "cause": alert.cause,
            "school": alert.school,
            "gateway": alert.gateway,
            "device": alert.device,
            "t": _ms(alert.t),
            "rx": _ms(alert.rx),
            "acknowledged": _ms(alert.acknowledged_at),
            "resolved": _ms(alert.resolved_at),
            "confirmed": alert.confirmed,
            "late": alert.late,
            "press_count": alert.press_count,
            "presses": [
                {
                    "id": press.id,
                    "device": press.device,
                    "t": _ms(press.t),
                    "rx": _ms(press.rx),
                    "press": press.press,
                    "stored": press.stored,
                    "late": press.late,
                    "repaired": press.repaired,
                    "cleared": _ms(press.cleared_at),
                }
                for press in alert.presses
            ],
            "history": [_step(fact) for fact in told],
        }
    )


def end_line(lines: int) -> bytes:
    """Give the last line: an export without it was cut off."""
    return _line({"kind": "end", "lines": lines})


def _told(record: Reading | Hole, head: dict[str, Any], rx_ms: int, grade: str) -> dict[str, Any]:
    if isinstance(record, Hole):
        return {"kind": "hole", **head, "count": record.n, "why": record.why, "rx": rx_ms}
    told: dict[str, Any] = {"kind": "reading", **head, "device": record.d, "t": record.t, "rx": rx_ms, "q": record.q}
    return told | ({"grade": grade} if grade else {}) | {"metrics": record.m}


def _step(fact: Fact) -> dict[str, Any]:
    told = {"at": _ms(fact.at), "what": fact.what.value, "by": fact.by, "role": fact.role, "cause": fact.cause}
    return {name: value for name, value in told.items() if value not in ("", None)} | ({"noted": True} if fact.note else {})


def _ms(instant: float | None) -> int | None:
    return None if instant is None else round(instant * 1_000)


def _line(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told) + LINE_END
