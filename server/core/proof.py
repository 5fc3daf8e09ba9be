"""What one test press has proven, step by step from the button to the police, and what the last ones of a button were. Pure.

Each instant is our own clock's, but for the press (the school's) and for a receipt that bears the time of whoever gave it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from server.core.alert import Alert, Attached
from server.core.effects import DayNoted
from server.core.schedule import DAY_SECONDS

PROOF_KEPT_SECONDS = 400 * DAY_SECONDS  # A year, and the month in which somebody asks for it.
SEPARATOR, STEPS = "|", 5  # Of a note's value.


class Lacking(StrEnum):
    """What a test that failed did not prove."""

    NOT_STORED = "not_stored"  # The press had come, and no server had stored it in time.
    LATE = "late"  # It was stored, and too late.
    NOT_SHOWN = "not_shown"  # No police screen has said in time that it drew it.
    NO_RECEIPT = "no_receipt"  # Nobody on the police's side has acknowledged it in time.


@dataclass(frozen=True, slots=True)
class Proof:
    """One test press on its way: pressed, received, stored, shown on a police screen, acknowledged by the police's side."""

    press: str
    pressed: float
    received: float
    stored: float | None = None
    shown: float | None = None
    receipted: float | None = None

    def after(self, later: "Proof") -> "Proof":
        """Take up what is told of the same press later: no step is ever taken back."""
        return replace(
            self,
            stored=_first(self.stored, later.stored),
            shown=_first(self.shown, later.shown),
            receipted=_first(self.receipted, later.receipted),
        )

    def lacking(self, server_seconds: float, police_seconds: float, now: float) -> Lacking | None:
        """Say what has failed by now; None while it still may succeed, and when it has."""
        stored_by, police_by = self.pressed + server_seconds, self.pressed + police_seconds
        if self.stored is None:
            return Lacking.NOT_STORED if now > stored_by else None
        if self.stored > stored_by:
            return Lacking.LATE
        for at, lack in ((self.shown, Lacking.NOT_SHOWN), (self.receipted, Lacking.NO_RECEIPT)):
            if (now if at is None else at) > police_by:
                return lack
        return None

    def complete(self) -> bool:
        """Say whether every step has been taken, in time or not."""
        return None not in (self.stored, self.shown, self.receipted)


@dataclass(frozen=True, slots=True)
class ButtonTests:
    """The newest test of one button, and the newest that proved the whole way."""

    last: Proof
    proven: Proof | None = None


def proof_of(alert: Alert, press: Attached) -> Proof:
    """Read what is known of one press of a test. An officer who has acknowledged it has seen it, and given a receipt."""
    answered = alert.acknowledged_at if alert.acknowledged_at is not None and alert.acknowledged_at >= press.rx else None
    return Proof(
        press=press.id,
        pressed=min(press.t, press.rx),
        received=press.rx,
        stored=press.stored_at if press.stored else None,
        shown=_first(press.shown_at, answered),
        receipted=_first(press.receipted_at, answered),
    )


def newest_receipt(tests: Iterable[ButtonTests]) -> float | None:
    """Give the police side's newest acknowledgement of a test that proved the whole way."""
    return max((one.proven.receipted for one in tests if one.proven and one.proven.receipted is not None), default=None)


def note(school: str, gateway: str, device: str, tests: ButtonTests) -> list[DayNoted]:
    """Give what is kept of a button's tests for after a restart."""
    found = []
    for what, proof in (("test", tests.last), ("proven", tests.proven)):
        if proof is not None:
            at = proof.pressed + PROOF_KEPT_SECONDS
            found.append(DayNoted(school, f"{what}.{gateway}/{device}", at, _text(proof)))
    return found


def read(value: str) -> Proof | None:
    """Read a note's value; None for one that is no proof of ours."""
    press, *texts = value.split(SEPARATOR)
    if len(texts) != STEPS:
        return None
    pressed, received, *rest = (float(text) if text else None for text in texts)
    if pressed is None or received is None:
        return None
    return Proof(press, pressed, received, *rest)


def _text(proof: Proof) -> str:
    steps = (proof.pressed, proof.received, proof.stored, proof.shown, proof.receipted)
    return SEPARATOR.join([proof.press, *("" if at is None else f"{at:.3f}" for at in steps)])


def _first(one: float | None, other: float | None) -> float | None:
    return min((at for at in (one, other) if at is not None), default=None)
