"""Alert rules with what is set at a unit, and what another setting would have done."""

from typing import Literal

from server.api.views.common import View

WhatIfState = Literal["waiting", "reading", "done", "failed", "cancelled"]


class RuleSettingView(View, frozen=True, kw_only=True):
    """One setting: its bounds, its usual value, and the value that holds; `whence` is the unit that said so, or empty."""

    name: str
    label: str
    label_en: str
    unit: str  # UCUM; "1" for counts and severities.
    usual: float
    least: float
    most: float
    whole: bool
    value: float
    whence: str
    whence_name: str
    whence_name_en: str
    own: bool  # Whether the line is this very unit's.


class RuleView(View, frozen=True, kw_only=True):
    """One rule; `open` counts its open alerts at the schools below the unit."""

    name: str
    label: str
    label_en: str
    number: str
    severity: int
    subject: Literal["signal", "device", "gateway", "school", "area", "alerts"]
    trigger: str
    trigger_en: str
    kinds: list[str]
    by_people: bool
    open: int
    tried: bool  # Whether another setting can be tried against the last days.
    settings: list[RuleSettingView]


class Rules(View, frozen=True, kw_only=True):
    """Every rule as it holds at a unit; `editable` says whether the caller may set it there."""

    unit: str
    unit_name: str
    unit_name_en: str
    editable: bool
    items: list[RuleView]


class WhatIfValue(View, frozen=True, kw_only=True):
    """One value that was tried; none where the unit's own line would be taken away."""

    name: str
    value: float | None


class WhatIfDay(View, frozen=True, kw_only=True):
    """Alerts of one day, with the settings that hold and with those tried."""

    on: str
    raised_before: int
    raised_after: int
    cleared_before: int
    cleared_after: int


class WhatIfSchool(View, frozen=True, kw_only=True):
    """Alerts of one school over all the days; `heard_from` is when its first batch of them came."""

    school: str
    school_name: str
    school_name_en: str
    before: int
    after: int
    heard_from: int | None


class WhatIfAlert(View, frozen=True, kw_only=True):
    """One alert of a replay; `alert` is the one that was really told then, where it is still known."""

    school: str
    school_name: str
    school_name_en: str
    gateway: str
    device: str
    device_name: str
    raised: int
    ended: int | None
    severity: int
    alert: str


class WhatIfNote(View, frozen=True, kw_only=True):
    """Something that was left out, and for what reason."""

    code: str
    value: str


class WhatIfView(View, frozen=True, kw_only=True):
    """A comparison, as far as it has got. Lists hold the first of what their numbers count."""

    id: str
    state: WhatIfState
    unit: str
    rule: str
    values: list[WhatIfValue]
    since: int
    until: int
    schools_asked: int
    schools_chosen: int
    schools_done: int
    before: int
    after: int
    vanished: int
    new: int
    notes: list[WhatIfNote]
    days: list[WhatIfDay]
    schools: list[WhatIfSchool]
    vanished_alerts: list[WhatIfAlert]
    new_alerts: list[WhatIfAlert]
