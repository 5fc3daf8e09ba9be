"""Puts everything that is known of an incident into one order of time. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from server.commands.model import Given
from server.core.alert import Alert, Attached
from server.core.fact import Fact, What, apply
from server.drills.window import Entry as WindowEntry
from server.drills.window import Rehearsal
from server.evidence.model import Act, Attachment, Entry, Hold, Trace
from server.notify.reading import Told
from server.police.lifecycle import PoliceReceipt

ENTRIES_MAX = 5_000  # Of one timeline; an incident of 500 presses has some 2,000. Beyond it the middle is left out.
FIRST_KEPT = 1_000


class Known:
    """Everything that was read of one incident, before it is put in order."""

    def __init__(
        self,
        facts: Sequence[Fact],
        *,
        told: Sequence[Told] = (),
        police: Sequence[PoliceReceipt] = (),
        orders: Sequence[Given] = (),
        windows: Sequence[tuple[Rehearsal, Sequence[WindowEntry]]] = (),
        acts: Sequence[Act] = (),
    ) -> None:
        self.facts = facts
        self.told = told
        self.police = police
        self.orders = orders
        self.windows = windows
        self.acts = acts


@dataclass(frozen=True, slots=True)
class Dossier:
    """The evidence of one incident as it was known before an instant."""

    alert: Alert
    until_ms: int
    facts: Sequence[Fact]
    known: Known
    entries: Sequence[Entry]
    entries_left_out: int
    trace: Trace
    frozen: bool  # Whether the trace is kept with the incident; until then it is read anew each time.
    files: Sequence[Attachment]
    hold: Hold | None


def timeline(known: Known, until_ms: int) -> tuple[list[Entry], int]:
    """Give the entries known before an instant in order of time, and how many of the middle were left out."""
    entries = [
        *_of_facts(known.facts),
        *_of_notifications(known.told),
        *_of_police(known.police),
        *_of_orders(known.orders),
        *_of_windows(known.windows),
        *(
            Entry(rx=act.at_ms, kind="evidence", what=act.what, by=act.actor, role=act.role, ref=act.ref, note=act.note)
            for act in known.acts
        ),
    ]
    ordered = sorted((entry for entry in entries if entry.rx < until_ms), key=lambda entry: (entry.at, entry.rx))
    left_out = len(ordered) - ENTRIES_MAX
    if left_out <= 0:
        return ordered, 0
    return [*ordered[:FIRST_KEPT], *ordered[FIRST_KEPT + left_out :]], left_out


def alert_of(facts: Iterable[Fact]) -> Alert | None:
    """Give the alert as its facts leave it."""
    alert: Alert | None = None
    for fact in facts:
        alert = apply(alert, fact)
    return alert


def _of_facts(facts: Iterable[Fact]) -> Iterator[Entry]:
    mode = ""
    for fact in facts:
        rx = _ms(fact.at)
        if fact.what is What.RAISED and fact.alert is not None:
            alert, mode = fact.alert, fact.alert.mode
            yield Entry(
                rx=rx,
                t=_ms(alert.t),
                kind="system",
                what="raised",
                detail={
                    **dict(alert.detail),
                    "rule": alert.rule,
                    "severity": str(int(alert.severity)),
                    "mode": mode,
                    **({"code": alert.code} if alert.code else {}),
                },
            )
            for press in alert.presses:
                yield _press(press, mode)
        elif fact.what is What.PRESSED and fact.press is not None:
            yield _press(fact.press, mode)
        elif fact.what in (What.STORED, What.CLEARED):
            t = _ms(fact.t) if fact.t is not None else None
            yield Entry(rx=rx, t=t, kind="press", what=fact.what.value, by=fact.by, ref=fact.ref)
        else:
            yield _move(fact, rx)


def _press(press: Attached, mode: str) -> Entry:
    marks = {"late": press.late, "repaired": press.repaired, "stored": press.stored}
    return Entry(
        rx=_ms(press.rx),
        t=_ms(press.t),
        kind="press",
        what="press",
        ref=press.id,
        detail={
            "device": press.device,
            "press": press.press,
            "mode": mode,
            **{name: "true" for name, said in marks.items() if said},
        },
    )


def _move(fact: Fact, rx: int) -> Entry:
    kind = "escalation" if fact.what in (What.ESCALATED, What.ACK_EXPIRED) else "act" if fact.by else "system"
    told: dict[str, object] = {
        "cause": fact.cause,
        "step": fact.step or "",
        "severity": int(fact.severity) if fact.severity is not None else "",
        "count": fact.count or "",
        **dict(fact.detail),
    }
    return Entry(
        rx=rx,
        kind=kind,
        what=fact.what.value,
        by=fact.by,
        role=fact.role,
        ref=fact.ref,
        note=fact.note,
        detail={name: str(value) for name, value in told.items() if value != ""},
    )


def _of_notifications(told: Iterable[Told]) -> Iterator[Entry]:
    for one in told:
        due = one.due
        where = {"audience": due.audience, "step": str(due.step), "ring": str(due.ring)}
        yield Entry(rx=due.at_ms, kind="notification", what="due", by=due.audience, ref=due.id, detail=where)
        for hop in one.hops:
            yield Entry(
                rx=hop.at_ms,
                kind="notification",
                what=hop.what,
                by=hop.by,
                ref=hop.message or due.id,
                note=hop.detail,
                detail={
                    **where,
                    **({"channel": hop.channel} if hop.channel else {}),
                    **({"recipient": hop.recipient} if hop.recipient else {}),
                    **({"reference": hop.reference} if hop.reference else {}),
                },
            )


def _of_police(receipts: Iterable[PoliceReceipt]) -> Iterator[Entry]:
    """Stand where each came, by our clock: theirs is told beside it, for nobody here vouches for it."""
    for one in receipts:
        told = one.told
        yield Entry(
            rx=one.rx_ms,
            kind="police",
            what=f"police_{told.state.value}",
            by=told.by,
            ref=one.message,
            note=told.reason,
            detail={
                "channel": one.channel,
                "effect": one.effect.value,
                "at": str(told.at_ms),
                **({"reference": told.reference} if told.reference else {}),
                **({"sha256": told.digest} if told.digest else {}),
            },
        )


def _of_orders(orders: Iterable[Given]) -> Iterator[Entry]:
    for given in orders:
        asked = given.asked
        what = {"op": asked.op.value, "gateway": asked.gateway, "device": asked.device or "gw"}
        yield Entry(rx=given.asked_ms, kind="order", what="asked", by=given.asked_by, ref=asked.id, detail=what)
        if given.issued_ms:
            by = given.confirmed_by or given.asked_by
            yield Entry(rx=given.issued_ms, kind="order", what="sent", by=by, ref=asked.id, detail=what)
        for answer in given.answers:
            yield Entry(
                rx=answer.rx_ms, t=answer.t_ms, kind="order", what=answer.code, ref=asked.id, note=answer.text, detail=what
            )


def _of_windows(windows: Iterable[tuple[Rehearsal, Sequence[WindowEntry]]]) -> Iterator[Entry]:
    for window, moves in windows:
        about = {"mode": window.mode, "start": str(window.start_ms), "end": str(window.end_ms)}
        for move in moves:
            yield Entry(
                rx=move.at_ms,
                kind="window",
                what=move.state.value,
                by=move.by,
                role=move.role,
                ref=window.id,
                note=move.note,
                detail=about,
            )


def _ms(instant: float) -> int:
    return round(instant * 1_000)
