"""What the API is asked, as types: each body is decoded straight into one of these or refused with the reason."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from contract.limits import COMMAND_ARGUMENTS_MAX
from contract.messages import Argument
from contract.orders import Op
from server.gaps.model import EVIDENCE_MAX
from server.gaps.visits import DRAWN_MAX
from server.police.lifecycle import PoliceState
from server.registry.outside import OutsideKind, OutsideLevel
from server.security.access import Act

CHECKINS_MAX = 50  # In one request: an afternoon's queue of a telephone that had no network.
_Short = Annotated[str, msgspec.Meta(max_length=128)]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape all bodies share: a misspelt field is refused rather than ignored."""


class Login(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name and a password."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class AskAct(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move of an alert's lifecycle."""

    act: Act
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    cause: Literal["", "real", "false_human", "false_device", "test", "drill", "duplicate", "fixed", "planned"] = ""


class AskShelf(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put a fault aside until an instant (milliseconds UTC), or with null give it back; `whole`: rule and device."""

    until: int | None
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=1000)]
    whole: bool = False


class AskRemoval(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mark an attachment as removed; its bytes stay until their time is over."""

    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=500)]


class AskHold(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move of the hold of an alert's evidence; `lift` and `refuse_lift` answer what another person asked for."""

    move: Literal["place", "ask_lift", "refuse_lift", "lift"]
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=500)]


class AskWindow(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test or drill to declare: only the listed buttons are of that mode, and only within the span."""

    mode: Literal["test", "drill"]
    school: Annotated[str, msgspec.Meta(pattern="^[0-9]{10}$")]
    devices: Annotated[list[tuple[_Short, _Short]], msgspec.Meta(min_length=1, max_length=100)]
    start: int
    end: int
    id: Annotated[str, msgspec.Meta(max_length=36)] = ""  # A UUID that makes it harmless to send again.
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class AskWindowMove(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move of a test or drill, seen at a version."""

    move: Literal["approve", "refuse", "withdraw"]
    version: int
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class AskWhatIf(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other settings of a rule to try at a unit; null takes the unit's own line away."""

    unit: Annotated[str, msgspec.Meta(max_length=32)]
    values: Annotated[dict[str, float | None], msgspec.Meta(min_length=1, max_length=20)]
    days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 30


class Shown(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A screen has drawn the first `count` presses of an alert, so many milliseconds ago."""

    alert: Annotated[str, msgspec.Meta(max_length=120)]
    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    ago_ms: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class AskRounds(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move of planned tests: agree to them and confirm their notices, or refuse them with words."""

    move: Literal["confirm", "refuse"]
    rounds: Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(min_length=1, max_length=100)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class AskShown(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a police screen has drawn since it last said so."""

    items: Annotated[list[Shown], msgspec.Meta(min_length=1, max_length=100)]


class AskCommand(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order to a gateway or a device of it; `id` is a UUID that makes it harmless to send again."""

    id: Annotated[str, msgspec.Meta(max_length=36)]
    gateway: _Short
    op: Op
    device: _Short = ""
    arguments: Annotated[dict[str, Argument], msgspec.Meta(max_length=COMMAND_ARGUMENTS_MAX)] = {}


class AskEvidence(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reference to a document or photo, with the SHA-256 of what it names."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    sha256: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""


class AskMove(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move of a gap; `version` is the one that was seen, `due` a day such as 2026-12-01."""

    move: Literal["assign", "rectify", "send_back", "close", "reopen", "note"]
    version: int
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    owner: Annotated[str, msgspec.Meta(max_length=80)] = ""
    due: date | None = None
    evidence: Annotated[list[AskEvidence], msgspec.Meta(max_length=EVIDENCE_MAX)] = []


class AskVisit(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visit of one school to plan; `id` is a UUID."""

    id: Annotated[str, msgspec.Meta(max_length=36)]
    school: Annotated[str, msgspec.Meta(max_length=10)]
    day: date


class AskVisitAct(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens with a visit."""

    act: Literal["begin", "end", "cancel"]
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class AskFinding(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a visit found; `number` is the one it is to have, so that it is kept once however often it is sent."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    severity: Literal["minor", "serious", "grave"]
    clause: Annotated[str, msgspec.Meta(max_length=300)] = ""
    indicator: Annotated[str, msgspec.Meta(max_length=40)] = ""
    evidence: Annotated[list[AskEvidence], msgspec.Meta(max_length=EVIDENCE_MAX)] = []


class AskDraw(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Schools to draw below a unit; `seed` may be one that is publicly known, such as a lottery's numbers."""

    id: Annotated[str, msgspec.Meta(max_length=36)]
    count: Annotated[int, msgspec.Meta(ge=1, le=DRAWN_MAX)]
    day: date
    unit: Annotated[str, msgspec.Meta(max_length=32)] = ""
    seed: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Post(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The guard post a check-in is made at."""

    gateway: _Short
    device: _Short


class AskCheckIn(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check-in; `id` makes it harmless to send again."""

    id: Annotated[str, msgspec.Meta(max_length=36)]
    post: Post
    act: Literal["in", "out", "patrol", "answer", "here"]
    t: int  # By the telephone's clock, when it was tapped.
    point: _Short = ""


class AskCheckIns(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a telephone has queued."""

    items: Annotated[list[AskCheckIn], msgspec.Meta(min_length=1, max_length=CHECKINS_MAX)]
    sent: int = 0  # By the telephone's clock, when it sent this: from it follows how far that clock is from ours.


class AskPhone(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a telephone says of itself: eight of 0-9 and a-z that it drew once and keeps."""

    mark: Annotated[str, msgspec.Meta(pattern="^[0-9a-z]{8}$")]


class ScreenHealth(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a screen says about itself: whether it can ring, is looked at, and is fresh."""

    audio: Literal["on", "off", "blocked"]
    visible: bool
    stream_age_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class AskAudit(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The days to audit, both included, such as 2026-09-01; empty: as far as there is anything."""

    start: Annotated[str, msgspec.Meta(max_length=10)] = ""
    end: Annotated[str, msgspec.Meta(max_length=10)] = ""


_Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
_Day = Annotated[str, msgspec.Meta(max_length=10)]
_Key = Annotated[list[_Short], msgspec.Meta(min_length=1, max_length=3)]
_Cell = str | int | float | bool | list[str] | None


class AskLine(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line as it is to be, by column; with a key it is that line, whose other columns stay. `***` stays as it is."""

    values: Annotated[dict[str, _Cell], msgspec.Meta(max_length=100)]
    key: _Key | None = None
    reason: _Reason
    effective: _Day = ""  # Since when it is so; empty for today.


class AskRetire(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line to take out."""

    key: _Key
    reason: _Reason
    effective: _Day = ""


class AskReorganise(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A school to rename, close or merge, from a day on, with what becomes of its devices and its lines."""

    act: Literal["rename", "close", "merge"]
    day: _Day
    reason: _Reason
    name: _Short = ""
    name_en: _Short = ""
    into: Annotated[str, msgspec.Meta(max_length=10)] = ""
    devices: Literal["move", "retire", "keep"] = "retire"
    records: Literal["move", "retire", "keep"] = "keep"


class AskImport(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An import to do as it was shown."""

    reason: _Reason
    effective: _Day = ""


class AskTerm(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One school term, both days included."""

    first: _Day
    last: _Day


class AskCalendar(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The city's school calendar as it is to be."""

    terms: Annotated[list[AskTerm], msgspec.Meta(max_length=40)]
    holidays: Annotated[list[_Day], msgspec.Meta(max_length=2_000)]
    make_up_days: Annotated[list[_Day], msgspec.Meta(max_length=2_000)]
    exam_days: Annotated[list[_Day], msgspec.Meta(max_length=2_000)]
    class_hours: Annotated[list[tuple[int, int]], msgspec.Meta(max_length=8)]
    peaks: Annotated[list[tuple[int, int]], msgspec.Meta(max_length=8)]
    reason: _Reason
    effective: _Day = ""


class OutsidePlace(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where something happened, and how far around schools are to know."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    radius_m: Annotated[int, msgspec.Meta(ge=1, le=5_000)]
    datum: Literal["WGS-84", "GCJ-02", "CGCS2000"] = "WGS-84"


class OutsideEvent(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event, in force from `begins` until `ends` (ms UTC): for a unit and all below it, or near a place."""

    id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,40}$")]
    kind: OutsideKind
    level: OutsideLevel
    begins: Annotated[int, msgspec.Meta(ge=0, le=2**43)]
    ends: Annotated[int, msgspec.Meta(ge=0, le=2**43)]
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""
    unit: _Short = ""
    near: OutsidePlace | None = None
    gone: bool = False  # Taken back by its source.


class AskOutside(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One delivery of a source; all of it is taken or nothing."""

    events: Annotated[list[OutsideEvent], msgspec.Meta(min_length=1, max_length=100)]


class AskTry(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A try of a channel, to an address that is given for it and kept nowhere."""

    address: Annotated[str, msgspec.Meta(max_length=100)] = ""
    language: Literal["zh", "en"] = "zh"


class AskReceipt(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of one message: known by our id of it, or by the other side's own number."""

    state: Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,24}$")]
    id: Annotated[str, msgspec.Meta(max_length=32)] = ""
    reference: Annotated[str, msgspec.Meta(max_length=120)] = ""
    at: int | None = None
    detail: Annotated[str, msgspec.Meta(max_length=200)] = ""


class AskPoliceReceipt(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the police's side is with one message, known by our id of it or by the reference of its answer.

    `at` is by their clock, `number` is theirs of the call, `reason` says why it was rejected or how it was closed.
    """

    state: PoliceState
    message: Annotated[str, msgspec.Meta(max_length=32)] = ""
    reference: Annotated[str, msgspec.Meta(max_length=120)] = ""
    at: Annotated[int, msgspec.Meta(ge=0, le=2**43)] | None = None
    number: Annotated[str, msgspec.Meta(max_length=120)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class AskPoliceReceipts(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a system of the police tells of some messages."""

    receipts: Annotated[list[AskPoliceReceipt], msgspec.Meta(min_length=1, max_length=100)]


class AskReceipts(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of some messages."""

    receipts: Annotated[list[AskReceipt], msgspec.Meta(max_length=500)]


class AskHandover(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Taking over from a colleague: what was seen, and whether the alarm was heard. `id` is a UUID of the request's own."""

    id: Annotated[str, msgspec.Meta(min_length=8, max_length=36)]
    outgoing: Annotated[str, msgspec.Meta(max_length=64)]
    seen: Annotated[list[_Short], msgspec.Meta(max_length=1_000)] = []
    sound: Literal["heard", "not_heard", "not_tried"] = "not_tried"
    note: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
