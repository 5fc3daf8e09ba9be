"""Reports say what the facts say, in both languages, the same facts always in the same bytes."""

import base64
import hashlib
import io
import re
import zipfile
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.reasons import TARGET, generate
from server.core.roster import RosterIndex
from server.core.verdict import Judgement
from server.gaps.model import Gap, GapState, cell_id
from server.registry.model import Scope
from server.reports import REPORTS
from server.reports.facts import FIGURES, Facts, Pair
from server.reports.page import page, policy
from server.reports.paper import Cell, Language, Paper, Rate, Table, cell_text, rate_text
from server.reports.workbook import workbook
from tests.registry.city import FIRST, NORTH, SECOND, THIRD, roster
from tests.reports.facts import TODAY, facts, pair

JUDGED: dict[str, dict[str, Pair]] = {
    FIRST: {"t1": pair("met", "not_met", "alarm_host.offline"), "t2": pair("met", "met")},
    SECOND: {"t1": pair("met", "unknown", "alarm.no_proof"), "t2": pair("not_met", "not_met", "made.up")},
    THIRD: {"t1": pair("met", "met")},
}
LANGUAGES: tuple[Language, Language] = ("zh", "en")
judgements = st.sampled_from([judgement.value for judgement in Judgement])
pairs = st.builds(pair, judgements, judgements)
cells = st.fixed_dictionaries({}, optional={"t1": pairs, "t2": pairs})


def made(report: str, told: Facts, language: Language = "zh") -> Paper:
    """Make one report."""
    return REPORTS[report].make(told, language)


def table(paper: Paper, words: str) -> Table:
    """Find a table by a part of its title."""
    return next(one for one in paper.tables if words in one.title)


def number(cell: Cell) -> int:
    """Read a count."""
    assert isinstance(cell, int)
    return cell


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", REPORTS)
def test_same_facts_are_the_same_bytes(report: str, language: Language) -> None:
    """Neither form bears an instant of its making; other facts give another digest."""
    first, again = made(report, facts(JUDGED), language), made(report, facts(dict(JUDGED)), language)
    other = made(report, facts({**JUDGED, THIRD: {"t1": pair("met", "unknown")}}), language)
    book = workbook(first)

    assert (book, page(first)) == (workbook(again), page(again))
    assert first.digest == again.digest != other.digest
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        instants = re.findall(rb"\d{4}-\d\d-\d\dT[\d:]+Z?", parts.read("docProps/core.xml"))
        assert instants
        assert all(instant.startswith(b"1980-01-01T00:00:00") for instant in instants)
    assert first.digest.encode() in page(first)


@given(st.fixed_dictionaries({}, optional={FIRST: cells, SECOND: cells, THIRD: cells}))
def test_counts_and_lists_agree(judged: dict[str, dict[str, Pair]]) -> None:
    """The circular's four counts sum to what is required, and the gap list holds exactly what is not met or unknown."""
    told = facts(judged)
    listed = made("gaps", told).tables[0].rows
    whole = table(made("circular", told), "总体").rows
    both = [(indicator, figure) for indicator in ("t1", "t2") for figure in FIGURES]

    for line, (indicator, figure) in zip(whole, both, strict=True):
        required, met, not_met, unknown, exempt = (number(cell) for cell in line[2:7])
        found = [told_[indicator][figure] for told_ in judged.values() if indicator in told_]
        assert required == met + not_met + unknown + exempt == len(found)
        assert isinstance(line[7], Rate)
        assert (line[7].basis_points == 10_000) == (met == required - exempt and met > 0)
    bad = [
        verdict
        for told_ in judged.values()
        for pair_ in told_.values()
        for verdict in pair_
        if verdict.judgement in {Judgement.NOT_MET, Judgement.UNKNOWN}
    ]
    assert len(listed) == len(bad)


def test_hundred_percent_is_never_rounded_up() -> None:
    """What is one short of the whole is written so."""
    assert [rate_text(Rate(points)) for points in (10_000, 9_999, 5, 0, None)] == ["100%", "99.99%", "0.05%", "0.00%", "—"]


def test_reasons_are_said_in_words() -> None:
    """A reason with words is said by them, one without stands as its code; both languages have the same codes."""
    chinese, english = (made("gaps", facts(JUDGED), language).tables[0] for language in LANGUAGES)

    assert any("报警主机离线" in row for row in chinese.rows)
    assert any("Alarm host offline" in row for row in english.rows)
    assert any("made.up" in row for row in chinese.rows)


def test_words_of_reasons_are_those_of_the_screens() -> None:
    """`python -m scripts.reasons` was run after the last change of the texts."""
    assert TARGET.read_text() == generate()


def test_circular_names_schools_and_ranks_none_of_two() -> None:
    """Who does not meet a target is named; counties with one or two schools have no rank; what is unknown is not named."""
    paper = made("circular", facts(JUDGED))

    assert [row[2] for row in table(paper, "点名").rows] == [f"学校{FIRST}"]
    assert {row[2] for row in table(paper, "排名").rows} == {"校数过少"}


def test_circular_names_its_sources_in_its_own_language() -> None:
    told = facts(JUDGED)
    notes = {language: " ".join(made("circular", told, language).tables[0].notes) for language in LANGUAGES}
    assert "(in English)" in notes["en"]
    assert "(in English)" not in notes["zh"]


def test_ledger_of_gaps_goes_in_with_what_is_overdue() -> None:
    """Owner and due day stand in the list; the overdue are named with their days; closed in time counts as rectified."""
    late = Gap(
        id=f"{FIRST}/t1/live",
        school=FIRST,
        indicator="t1",
        figure="live",
        state=GapState.IN_PROGRESS,
        bad=True,
        reasons=("alarm_host.offline",),
        clause="",
        severity="",
        first_ms=1,
        opened_ms=1,
        owner="总务处",
        due=date(2026, 11, 20),
    )
    late = replace(late, id=cell_id(FIRST, "t1", "live"))
    closed = replace(late, id="x", school=SECOND, state=GapState.CLOSED, due=TODAY, closed_ms=1_000)
    told = facts(JUDGED, gaps=(late, closed))
    circular = made("circular", told)

    assert any(row[-3:] == ("总务处", date(2026, 11, 20), "整改中（超期）") for row in made("gaps", told).tables[0].rows)
    assert [row[:2] for row in table(circular, "超期").rows] == [(date(2026, 11, 20), 4)]
    assert table(circular, "五、整改").rows[0][1:] == (1, 1, Rate(10_000), 2, 1, Rate(5_000))


def test_ledger_of_a_school_holds_its_sheets_and_nobodys_name() -> None:
    """Every sheet stands in it; names, certificates and telephones do not."""
    paper = made("ledger", facts(JUDGED, Scope("school", FIRST)))
    text = page(paper).decode()

    assert {"保安员", "保安装备", "校门", "设备", "演练台账"} <= {one.title for one in paper.tables}
    assert "防暴头盔" in text
    assert "保安1" not in text
    assert "证1" not in text
    assert "0777-100" not in text


def test_branch_holds_its_own_schools_only() -> None:
    """A county's report says nothing of another's schools."""
    for report in REPORTS:
        text = page(made(report, facts(JUDGED, Scope("unit", NORTH)))).decode()
        assert f"学校{THIRD}" not in text


def test_names_are_text_and_nothing_else() -> None:
    """A school that is named like a formula or like a tag is a name in both forms."""
    name = '=1+1</style><script>alert("x")</script>\x07'
    whole = roster()
    schools = tuple(replace(one, name=name) if one.id == FIRST else one for one in whole.schools)
    index = RosterIndex(replace(whole, schools=schools))
    paper = made("ledger", facts(JUDGED, Scope("school", FIRST), index=index))
    listed = made("gaps", facts(JUDGED, index=index))
    book = openpyxl.load_workbook(io.BytesIO(workbook(listed)))
    shown = [cell for row in book.worksheets[1].iter_rows() for cell in row]

    assert "<script" not in page(paper).decode()
    assert page(paper).decode().count("</style>") == 1
    assert any(cell.value == name.rstrip("\x07") and cell.data_type == "s" for cell in shown)


def test_page_is_shown_under_its_own_style_and_no_script() -> None:
    """The policy names the digest of the very style in the page, which fetches nothing."""
    paper = made("circular", facts(JUDGED))
    text = page(paper).decode()
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()

    assert len(style) == 1
    assert f"style-src 'sha256-{digest}'" in policy(paper)
    assert not re.search(r"(?i)<script|<link|<img|url\(|@import|src=|href=", text)
    assert "size: A4" in text


def test_workbook_says_what_the_page_says() -> None:
    """Each table is a sheet of the same cells; the digest stands on the first one."""
    paper = made("gaps", facts(JUDGED))
    book = openpyxl.load_workbook(io.BytesIO(workbook(paper)))
    cover = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    rows = [["" if value is None else str(value) for value in row] for row in book.worksheets[1].iter_rows(values_only=True)]

    assert paper.digest in cover
    assert rows[0] == [column.title for column in paper.tables[0].columns]
    assert rows[1 : len(paper.tables[0].rows) + 1] == [[cell_text(cell) for cell in row] for row in paper.tables[0].rows]
