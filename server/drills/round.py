"""One planned test of one school: told to its police beforehand, approved by them, held, and its result by button. Pure."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from contract.identity import DeviceId, GatewayId
from server.core.proof import ButtonTests
from server.drills.window import NotMoved

NOTICE_MS = 3 * 86_400_000  # How long before it begins the police are told.
OPEN_MS = 10 * 60_000  # How long before it begins its window is declared.
CLOSE_MS = 2 * 60_000  # After its end: the last press may still be on its way to a receipt.


class RoundState(StrEnum):
    """Where a planned test stands."""

    PLANNED = "planned"  # 已计划
    NOTICED = "noticed"  # 已报备: the police have been told of it.
    OPEN = "open"  # 进行中: its window is declared.
    PROVEN = "proven"  # 全部通过
    FAILED = "failed"  # 有按钮未通过
    MISSED = "missed"  # 未进行
    REFUSED = "refused"  # 公安不同意: it gets another day.


class RoundMove(StrEnum):
    """What can happen to it; the police ask for the first two, the rest is the service's own."""

    CONFIRM = "confirm"  # Agree, and confirm the notice where it has been given.
    REFUSE = "refuse"
    PLAN = "plan"
    NOTICE = "notice"
    OPEN = "open"
    CLOSE = "close"


AHEAD = frozenset({RoundState.PLANNED, RoundState.NOTICED})
AGAIN = frozenset({RoundState.FAILED, RoundState.MISSED, RoundState.REFUSED})  # Such a school comes back, first.


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one button: proven, failed or missed."""

    outcome: str
    press: str = ""
    pressed_ms: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """One planned test. `id` is made of its school, period and number, so that no two servers make two of one."""

    id: str
    school: str
    station: str
    period: str
    number: int
    start_ms: int
    end_ms: int
    devices: frozenset[tuple[GatewayId, DeviceId]]
    announced: bool  # Whether the region demands that the police confirm the notice before it may begin.
    state: RoundState = RoundState.PLANNED
    version: int = 1
    noticed_ms: int = 0
    receipted_ms: int = 0
    receipted_by: str = ""
    approved_ms: int = 0
    approved_by: str = ""
    window: str = ""
    reason: str = ""  # Why it was missed: not_approved, not_receipted, overlaps, not_pressed.
    results: dict[str, Result] = field(default_factory=dict)  # By gateway/device.

    def hindrance(self) -> str:
        """Say why it may not begin; empty when it may."""
        if not self.approved_by:
            return "not_approved"
        return "not_receipted" if self.announced and not self.receipted_ms else ""


@dataclass(frozen=True, slots=True)
class RoundEntry:
    """One move on record; nothing ever changes it."""

    round: str
    number: int
    at_ms: int
    move: RoundMove
    state: RoundState
    by: str = ""
    note: str = ""


def confirmed(one: Round, by: str, now_ms: int) -> tuple[Round, RoundEntry]:
    """Let an officer agree to a round; once the notice has been given this also confirms it. Raises `NotMoved`."""
    if one.state not in AHEAD or one.end_ms <= now_ms:
        raise NotMoved("illegal_move", f"'confirm' in {one.state.value}")
    if one.approved_by and (one.receipted_ms or one.state is RoundState.PLANNED):
        raise NotMoved("illegal_move", "confirmed already")
    after = replace(one, version=one.version + 1)
    if not after.approved_by:
        after = replace(after, approved_by=by, approved_ms=now_ms)
    if after.state is RoundState.NOTICED:
        after = replace(after, receipted_by=by, receipted_ms=now_ms)
    return after, RoundEntry(one.id, after.version, now_ms, RoundMove.CONFIRM, after.state, by)


def refused(one: Round, by: str, note: str, now_ms: int) -> tuple[Round, RoundEntry]:
    """Let an officer refuse a round, with words: the school gets another day. Raises `NotMoved`."""
    if one.state not in AHEAD:
        raise NotMoved("illegal_move", f"'refuse' in {one.state.value}")
    if not note.strip():
        raise NotMoved("invalid", "note: say why")
    after = replace(one, version=one.version + 1, state=RoundState.REFUSED)
    return after, RoundEntry(one.id, after.version, now_ms, RoundMove.REFUSE, after.state, by, note.strip())


def noticed(one: Round, now_ms: int) -> tuple[Round, RoundEntry]:
    """Give the police their notice."""
    return _by_itself(replace(one, state=RoundState.NOTICED, noticed_ms=now_ms), RoundMove.NOTICE, now_ms)


def opened(one: Round, window: str, now_ms: int) -> tuple[Round, RoundEntry]:
    """Note that its window is declared."""
    return _by_itself(replace(one, state=RoundState.OPEN, window=window), RoundMove.OPEN, now_ms)


def missed(one: Round, reason: str, now_ms: int) -> tuple[Round, RoundEntry]:
    """Note that it was not held."""
    return _by_itself(replace(one, state=RoundState.MISSED, reason=reason), RoundMove.CLOSE, now_ms, reason)


def closed(one: Round, tests: dict[tuple[str, str], ButtonTests], now_ms: int) -> tuple[Round, RoundEntry]:
    """Give its result by button: what was pressed within it, and what of that was proven from end to end."""
    results = {f"{gateway}/{device}": _result(one, tests.get((gateway, device))) for gateway, device in sorted(one.devices)}
    outcomes = {result.outcome for result in results.values()}
    state = RoundState.FAILED if "failed" in outcomes else RoundState.MISSED if "missed" in outcomes else RoundState.PROVEN
    reason = "not_pressed" if state is RoundState.MISSED else ""
    return _by_itself(replace(one, state=state, reason=reason, results=results), RoundMove.CLOSE, now_ms, reason)


def _result(one: Round, tests: ButtonTests | None) -> Result:
    for proof, outcome in ((tests.proven, "proven"), (tests.last, "failed")) if tests is not None else ():
        if proof is not None and one.start_ms <= proof.pressed * 1_000 <= one.end_ms:
            return Result(outcome, proof.press, round(proof.pressed * 1_000))
    return Result("missed")


def _by_itself(after: Round, move: RoundMove, now_ms: int, note: str = "") -> tuple[Round, RoundEntry]:
    after = replace(after, version=after.version + 1)
    return after, RoundEntry(after.id, after.version, now_ms, move, after.state, note=note)
