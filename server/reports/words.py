"""The words that all reports share, in both languages."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from server.core.schedule import CITY_TIME
from server.core.verdict import Judgement
from server.gaps.model import GapState
from server.reports.facts import Facts, names
from server.reports.paper import Language, Words, pick

JUDGEMENTS: dict[Judgement, Words] = {
    Judgement.MET: ("达标", "Met"),
    Judgement.NOT_MET: ("未达标", "Not met"),
    Judgement.UNKNOWN: ("未知", "Unknown"),
    Judgement.EXEMPT: ("豁免", "Exempt"),
}
STATES: dict[GapState, Words] = {
    GapState.OPEN: ("未整改", "Open"),
    GapState.IN_PROGRESS: ("整改中", "In progress"),
    GapState.TO_VERIFY: ("待复核", "To be verified"),
    GapState.CLOSED: ("已销号", "Closed"),
}
FIGURES: tuple[Words, Words] = (("台账", "Ledger"), ("实时", "Live"))
RATE_NOTE: Words = (
    "比率＝达标÷（应达标－豁免），未知计入分母、不计入分子；舍去至两位小数，全部达标方写100%。",
    "Rate = met / (required - exempt); what is unknown is asked for and not met; cut to two decimals, 100% only of all.",
)
SIGNATURES: tuple[Words, ...] = (
    ("教育主管部门（盖章）：", "Education authority (seal):"),
    ("公安机关（盖章）：", "Police (seal):"),
    ("制表：", "Prepared by:"),
    ("审核：", "Checked by:"),
    ("教育签字日期：", "Date (education):"),
    ("公安签字日期：", "Date (police):"),
)
_REASONS = Path(__file__).with_name("reasons.json")


@cache
def _reasons() -> dict[str, Words]:
    return msgspec.json.decode(_REASONS.read_bytes(), type=dict[str, Words])


def reasons_text(codes: tuple[str, ...], language: Language) -> str:
    """Say reasons in words; a code without any stands as it is."""
    words = _reasons()
    return pick(("、", "; "), language).join(pick(words[code], language) if code in words else code for code in codes)


def instant(ms: int) -> str:
    """Write an instant in Beijing time."""
    return f"{datetime.fromtimestamp(ms / 1_000, UTC).astimezone(CITY_TIME):%Y-%m-%d %H:%M:%S}"


def head(facts: Facts, language: Language) -> tuple[tuple[str, str], ...]:
    """Say at the head of a report of which day it is, by what was known when, and where its figures come from."""
    source: Words = (
        (f"当日冻结快照 {facts.frozen[:16]}", f"frozen day {facts.frozen[:16]}")
        if facts.frozen
        else ("生成时的现状，未冻结", "as it stood when this was made, not frozen")
    )
    return (
        (pick(("日期", "Day"), language), facts.day.isoformat()),
        (pick(("数据截至（北京时间）", "As of (Beijing time)"), language), instant(facts.as_of_ms)),
        (pick(("数据来源", "Figures"), language), pick(source, language)),
        (pick(("计入学校", "Schools counted"), language), str(len(facts.verdicts))),
    )


def place(facts: Facts, language: Language) -> str:
    """Name the branch that a report is of."""
    return pick(names(facts.index, facts.scope), language)


def signatures(language: Language) -> tuple[str, ...]:
    """Give the lines to sign, for education and police."""
    return tuple(pick(line, language) for line in SIGNATURES)
