"""What tests of buttons have proven, step by step."""

from enum import StrEnum

from server.api.views.common import View
from server.drills.round import RoundMove, RoundState


class TestState(StrEnum):
    """How a button stands by its newest tests."""

    __test__ = False  # No test of ours, whatever its name begins with.

    FAILED = "failed"  # The newest one did not get from end to end in time.
    OVERDUE = "overdue"  # The newest that did is too old.
    NEVER = "never"  # None has been proven yet.
    UNDER_WAY = "under_way"
    PROVEN = "proven"


class ProofView(View, frozen=True, kw_only=True):
    """One test press: when each step was taken; none where it was not."""

    press: str
    alert: str  # Empty where it is not in memory any more.
    pressed: int
    received: int
    stored: int | None
    shown: int | None
    receipted: int | None
    lacking: str  # What has failed by now: not_stored, late, not_shown, no_receipt; else empty.


class ButtonTestView(View, frozen=True, kw_only=True):
    """One button or alarm host with its newest test, the newest proven one, and until when that holds."""

    school: str
    gateway: str
    device: str
    name: str
    place: str
    state: TestState
    due: int | None  # When the proof ceases to hold; none without one.
    last: ProofView | None
    proven: ProofView | None


class ButtonTests(View, frozen=True, kw_only=True):
    """Buttons within reach, those first that need a test most; `counts` is over all of them."""

    items: list[ButtonTestView]
    total: int
    counts: dict[str, int]


class RoundResult(View, frozen=True, kw_only=True):
    """What became of one button of a planned test."""

    gateway: str
    device: str
    outcome: str  # proven, failed or missed
    press: str
    pressed: int | None


class RoundView(View, frozen=True, kw_only=True):
    """One planned test of one school; `moves` are what this user may ask for now."""

    id: str
    school: str
    station: str
    period: str
    number: int
    start: int
    end: int
    buttons: int
    announced: bool  # Whether it may begin only once the police have confirmed the notice.
    state: RoundState
    noticed: int | None
    receipted: int | None
    receipted_by: str
    approved: int | None
    approved_by: str
    window: str
    reason: str
    results: list[RoundResult]
    moves: list[RoundMove]


class TestPlan(View, frozen=True, kw_only=True):
    """Planned tests within reach, the next first; `counts` is by state, over all that begin after `since`."""

    __test__ = False

    items: list[RoundView]
    next: str | None
    counts: dict[str, int]


class RoundsMoved(View, frozen=True, kw_only=True):
    """What became of a move of several rounds: how many were made, and why the others were not, by their id."""

    moved: int
    refused: dict[str, str]
