"""The figures of the alarms themselves."""

from server.api.views.common import View


class LoadView(View, frozen=True, kw_only=True):
    """How much one scope was asked to answer; `bins` counts ten minutes each from `begin`, milliseconds UTC."""

    begin: int
    bins: list[int]
    total: int
    average: float  # Per ten minutes.
    peak: int
    over_percent: float
    flood_percent: float
    floods: list[tuple[int, int, int]]  # Begin, end, how many rang.


class PostLoad(View, frozen=True, kw_only=True):
    """The same of one police station: an officer's own load."""

    station: str
    name: str
    name_en: str
    total: int
    average: float
    peak: int
    over_percent: float
    floods: int


class ActorView(View, frozen=True, kw_only=True):
    """One rule of one thing that rings much."""

    rule: str
    code: str
    school: str
    school_name: str
    school_name_en: str
    unit: str
    gateway: str
    device: str
    device_name: str
    times: int
    share: float
    chatters: bool


class PresserView(View, frozen=True, kw_only=True):
    """A button whose presses turned out to be false; `due`: three within thirty days, so that somebody has to look at it."""

    school: str
    school_name: str
    school_name_en: str
    gateway: str
    device: str
    device_name: str
    false: int
    all: int
    due: bool


class AnswerView(View, frozen=True, kw_only=True):
    """How long one severity waited for somebody, seconds."""

    sev: int
    target: float
    rang: int
    answered: int
    within: int
    p50: float | None
    p95: float | None
    longest: float | None


class AdviceView(View, frozen=True, kw_only=True):
    """What a longer hold of one rule would have done: removed of the fleeting ones, delayed of the others."""

    rule: str
    hold: float
    wanted: float
    most: float
    alerts: int
    fleeting: int
    removed: int
    delayed: int


class Quality(View, frozen=True, kw_only=True):
    """The figures of EEMUA 191 and ISA-18.2 for what the caller sees; `whole` is false where not all facts could be read."""

    as_of: int
    days: int
    whole: bool
    load: LoadView
    posts: list[PostLoad]
    severities: list[tuple[int, int, int]]  # Severity, how many rang, what EEMUA 191 holds for right in percent.
    standing: int  # Open for longer than a day; nine at the most are right.
    stale: int  # Of these, nobody has taken in hand.
    held: tuple[int, int, int]
    chattering: int
    actors: list[ActorView]
    pressers: list[PresserView]
    answers: list[AnswerView]
    advice: list[AdviceView]
