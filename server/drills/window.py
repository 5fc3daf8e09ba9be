"""A test or drill as people ask for it: its moves as one table, and what the engine is told of it. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from contract.errors import AnxiaoError
from contract.identity import DeviceId, GatewayId
from server.core.events import WindowDeclared

SETTLE_MS = 2_000  # By then every server has learnt of a move: what ends, ends for all of them at the same instant.


class WindowState(StrEnum):
    """Where a test or drill stands. Whether an approved one is to come, open or over, its times say."""

    ASKED = "asked"  # 待批准
    APPROVED = "approved"  # 已批准
    REFUSED = "refused"  # 已拒绝
    WITHDRAWN = "withdrawn"  # 已撤回: it never began.
    ENDED = "ended"  # 提前结束


class WindowMove(StrEnum):
    """What can happen to it."""

    ASK = "ask"
    DECLARE = "declare"  # By the police: asked for and approved in one.
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"  # Take back what has not begun, or end what has.


class NotMoved(AnxiaoError):
    """A move that is not made; `code` is the API's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


Button = tuple[GatewayId, DeviceId]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One test or drill: which buttons of which school, when, and who answers for it."""

    id: str
    mode: str  # test or drill
    school: str
    devices: frozenset[Button]
    start_ms: int
    end_ms: int
    state: WindowState
    until_ms: int
    asked_by: str
    asked_ms: int
    approved_by: str = ""
    approved_ms: int = 0
    moved_ms: int = 0
    version: int = 1
    note: str = ""  # What it is for.

    @property
    def counts(self) -> bool:
        """Say whether presses within it are no real ones."""
        return self.state in (WindowState.APPROVED, WindowState.ENDED)

    @property
    def begins_ms(self) -> int:
        """Give the instant from which it counts: never before somebody has approved what another asked for."""
        return self.start_ms if self.approved_by == self.asked_by else max(self.start_ms, self.approved_ms)

    def declared(self) -> WindowDeclared:
        """Give what the engine is told; what does not count bears no approval, and the engine lets it go."""
        return WindowDeclared(
            id=self.id,
            mode=self.mode,
            school=self.school,
            devices=self.devices,
            start=self.begins_ms / 1_000,
            end=self.until_ms / 1_000,
            approved_by=self.approved_by if self.counts else "",
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One move on record; nothing ever changes it."""

    window: str
    number: int
    at_ms: int
    move: WindowMove
    state: WindowState  # After it.
    by: str
    role: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A move that a person asks for; `version` is the last they saw."""

    move: WindowMove
    by: str
    role: str
    version: int
    note: str = ""


def begun(window: Rehearsal, role: str) -> Entry:
    """Give the first entry of its history."""
    move = WindowMove.DECLARE if window.state is WindowState.APPROVED else WindowMove.ASK
    return Entry(window.id, 1, window.asked_ms, move, window.state, window.asked_by, role, window.note)


def legal_moves(window: Rehearsal, now_ms: int) -> tuple[WindowMove, ...]:
    """List what may be asked of it as it stands; who may ask for which, the table of access says."""
    if window.until_ms <= now_ms:
        return ()
    match window.state:
        case WindowState.ASKED:
            return WindowMove.APPROVE, WindowMove.REFUSE, WindowMove.WITHDRAW
        case WindowState.APPROVED:
            return (WindowMove.WITHDRAW,)
        case _:
            return ()


def judge(window: Rehearsal, asked: Asked, now_ms: int) -> tuple[Rehearsal, Entry]:
    """Make a move, or raise `NotMoved`."""
    if asked.version != window.version:
        raise NotMoved("version_conflict", f"seen {asked.version}; it is at {window.version}")
    allowed = legal_moves(window, now_ms)
    if asked.move not in allowed:
        words = ", ".join(allowed) or "nothing"
        raise NotMoved("illegal_move", f"{asked.move.value!r} in {window.state.value}; allowed: {words}")
    moved = replace(window, version=window.version + 1, moved_ms=now_ms)
    match asked.move:
        case WindowMove.APPROVE:
            if asked.by == window.asked_by:
                raise NotMoved("second_person_required", "whoever asked cannot approve")
            after = replace(moved, state=WindowState.APPROVED, approved_by=asked.by, approved_ms=now_ms)
        case WindowMove.REFUSE:
            if not asked.note.strip():
                raise NotMoved("invalid", "note: say why")
            after = replace(moved, state=WindowState.REFUSED)
        case _:
            after = _withdrawn(moved, now_ms)
    note = asked.note.strip()
    return after, Entry(window.id, after.version, now_ms, asked.move, after.state, asked.by, asked.role, note)


def _withdrawn(window: Rehearsal, now_ms: int) -> Rehearsal:
    """Take back what has not begun; end what has in a moment, so that no server takes for a test what another rings for."""
    if window.state is WindowState.ASKED or now_ms + SETTLE_MS <= window.begins_ms:
        return replace(window, state=WindowState.WITHDRAWN)
    return replace(window, state=WindowState.ENDED, until_ms=min(window.end_ms, now_ms + SETTLE_MS))
