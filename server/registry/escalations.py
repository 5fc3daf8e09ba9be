"""How a chain of escalation stands in a line of the ledger: a text that people write and read in either language. Pure."""

import itertools
import re
from collections.abc import Mapping

from server.registry.sheet import Words

AUDIENCES: Mapping[str, Words] = {
    "school": ("学校", "School"),
    "maintainer": ("运维单位", "Maintainer"),
    "station": ("派出所", "Police station"),
    "station_phone": ("派出所值班电话", "Station's telephone"),
    "sub_bureau": ("分局", "Sub-bureau"),
    "sub_bureau_duty": ("分局值班", "Sub-bureau duty"),
    "command_centre": ("市局指挥中心", "Command centre"),
    "command_centre_duty": ("市局值班", "Command centre duty"),
    "education": ("教育局", "Education bureau"),
    "education_on_call": ("教育局值守", "Education bureau on call"),
    "county": ("县区政府", "County government"),
    "tester": ("测试人员", "Tester"),
}
POLICE = frozenset({"station", "station_phone", "sub_bureau", "sub_bureau_duty", "command_centre", "command_centre_duty"})
POLICE_AT_ONCE = frozenset({"station", "sub_bureau", "command_centre"})  # Whose screens ring: one of them, at 0 s.
CALLING_RULES = frozenset(
    {"one_key_press", "test_press", "device_alert"}
)  # By which people call for help; other rules call nobody.
HOPS_MAX = 10
AFTER_SECONDS_MAX = 30 * 86_400
TEXT_MAX = 600

Hops = tuple[tuple[int, tuple[str, ...]], ...]  # Seconds after the ring, and who is told then.

_UNITS = {
    "": 1, "s": 1, "秒": 1, "min": 60, "m": 60, "分": 60, "分钟": 60, "h": 3_600, "时": 3_600, "小时": 3_600,
    "d": 86_400, "天": 86_400,
}  # fmt: skip
_TIME = re.compile(r"(\d{1,9})\s*([a-z]*|[\u4e00-\u9fff]*)")
_BY_WORD = {word.casefold(): name for name, words in AUDIENCES.items() for word in (name, *words)}
_EXAMPLE: Words = (
    "如：0秒：学校、派出所、分局；30秒：派出所值班电话",
    "such as: 0 s: school, station, sub_bureau; 30 s: station_phone",
)


class BadHops(Exception):
    """A text is no chain; the words say why."""

    def __init__(self, words: Words) -> None:
        super().__init__(words[1])
        self.words = words


def parse_hops(text: str) -> Hops:
    """Read a chain, or raise `BadHops`: steps parted by semicolons, each a time, a colon, and audiences by either name."""
    if len(text) > TEXT_MAX:
        raise BadHops((f"不超过{TEXT_MAX}字", f"at most {TEXT_MAX} letters"))
    steps = [step.strip() for step in re.split(r"[;；\n]", text) if step.strip()]
    if not steps:
        raise BadHops((f"没有任何一级，{_EXAMPLE[0]}", f"no step at all; {_EXAMPLE[1]}"))
    if len(steps) > HOPS_MAX:
        raise BadHops((f"共{len(steps)}级；可用：最多{HOPS_MAX}级", f"{len(steps)} steps; allowed: at most {HOPS_MAX}"))
    hops = tuple(_step(step) for step in steps)
    if hops[0][0] != 0:
        raise BadHops(
            (f"第一级在{hops[0][0]}秒；必须为0秒，报警一响即通知", f"the first step is at {hops[0][0]} s; it must be at 0 s")
        )
    for before, after in itertools.pairwise(hops):
        if after[0] <= before[0]:
            raise BadHops(
                (
                    f"{after[0]}秒排在{before[0]}秒之后；各级时间必须递增",
                    f"{after[0]} s stands after {before[0]} s; each step must be later than the one before",
                )
            )
    return hops


def write_hops(hops: Hops, language: int = 0) -> str:
    """Write a chain in Chinese (0) or English (1); it reads back as the same."""
    if language == 0:
        return "；".join(f"{after}秒：{'、'.join(AUDIENCES[one][0] for one in told)}" for after, told in hops)
    return "; ".join(f"{after} s: {', '.join(told)}" for after, told in hops)


def _step(text: str) -> tuple[int, tuple[str, ...]]:
    time, colon, told = text.replace("：", ":").partition(":")
    found = _TIME.fullmatch(time.strip().lower())
    if not colon or found is None or found[2] not in _UNITS:
        raise BadHops((f"“{text[:40]}”看不懂，{_EXAMPLE[0]}", f"{text[:40]!r} is no step; {_EXAMPLE[1]}"))
    after = int(found[1]) * _UNITS[found[2]]
    if after > AFTER_SECONDS_MAX:
        raise BadHops((f"{after}秒过长；可用：不超过30天", f"{after} s; allowed: at most 30 days"))
    audiences: list[str] = []
    for word in (one.strip() for one in re.split(r"[,，、+]", told)):
        name = _BY_WORD.get(word.casefold())
        if name is None:
            raise BadHops(
                (
                    f"没有“{word[:40]}”这一对象；可用：{'、'.join(words[0] for words in AUDIENCES.values())}",
                    f"no audience {word[:40]!r}; allowed: {', '.join(AUDIENCES)}",
                )
            )
        if name not in audiences:
            audiences.append(name)
    return after, tuple(audiences)


def parse_minute(text: str) -> int | None:
    """Read a time of day such as 22:30 as minutes after midnight; None for what is none."""
    found = re.fullmatch(r"([01]?\d|2[0-3])[:：]([0-5]\d)", text.strip())
    return int(found[1]) * 60 + int(found[2]) if found else None
