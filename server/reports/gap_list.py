"""缺口清单: every school and indicator that is not met or unknown, in either figure, with the reasons and the last proof."""

from server.core.verdict import Judgement
from server.gaps.model import Gap, GapState, cell_id
from server.gaps.rates import overdue
from server.reports.facts import FIGURE_NAMES, Facts
from server.reports.paper import Cell, Language, Paper, Table, Width, Words, columns, pick
from server.reports.report import Report
from server.reports.words import FIGURES, JUDGEMENTS, RATE_NOTE, STATES, head, instant, place, reasons_text, signatures

TITLE: Words = ("缺口清单", "Gap list")
COLUMNS: tuple[tuple[Words, Width], ...] = (
    (("序号", "No."), "narrow"),
    (("主管单位", "Unit"), "middle"),
    (("学校", "School"), "wide"),
    (("学校标识码", "School code"), "middle"),
    (("属地派出所", "Police station"), "middle"),
    (("指标", "Indicator"), "middle"),
    (("口径", "Figure"), "narrow"),
    (("结论", "Judged"), "narrow"),
    (("原因", "Reasons"), "wide"),
    (("最近证明（北京时间）", "Last proof (Beijing time)"), "middle"),
)
LEDGER_COLUMNS: tuple[tuple[Words, Width], ...] = (
    (("责任单位", "Owner"), "middle"),
    (("整改时限", "Due"), "middle"),
    (("状态", "State"), "narrow"),
)
OVERDUE: Words = ("（超期）", " (overdue)")


def make(facts: Facts, language: Language) -> Paper:
    """Make the list of one branch on one day."""
    known = {gap.id: gap for gap in facts.gaps or ()}
    with_ledger = facts.gaps is not None
    titles = (*COLUMNS, *(LEDGER_COLUMNS if with_ledger else ()))
    rows: list[tuple[Cell, ...]] = []
    for school, indicator, figure, verdict in facts.cells(Judgement.NOT_MET, Judgement.UNKNOWN):
        unit, station = facts.index.units.get(school.unit), facts.index.stations.get(school.station)
        row: tuple[Cell, ...] = (
            len(rows) + 1,
            pick((unit.name, unit.name_en), language) if unit else school.unit,
            pick((school.name, school.name_en), language),
            school.id,
            pick((station.name, station.name_en), language) if station else school.station,
            pick((indicator.label, indicator.label_en), language),
            pick(FIGURES[figure], language),
            pick(JUDGEMENTS[verdict.judgement], language),
            reasons_text(verdict.reasons, language),
            instant(round(verdict.proof_at * 1_000)) if verdict.proof_at is not None else "",
        )
        gap = known.get(cell_id(school.id, indicator.name, FIGURE_NAMES[figure]))
        rows.append((*row, *_worked(gap, facts, language)) if with_ledger else row)
    title = pick(TITLE, language)
    return Paper(
        name=f"gaps-{facts.scope.id}-{facts.day.isoformat()}-{language}",
        title=title,
        place=place(facts, language),
        language=language,
        facts=head(facts, language),
        tables=(
            Table(
                title,
                columns(titles, language),
                tuple(rows),
                empty=pick(
                    ("没有缺口：每所学校、每项指标、两种口径均达标或已豁免。", "No gap: every cell is met or exempt."),
                    language,
                ),
            ),
        ),
        signatures=signatures(language),
        notes=(pick(RATE_NOTE, language),),
    )


def _worked(gap: Gap | None, facts: Facts, language: Language) -> tuple[Cell, ...]:
    """Say who has it in hand, by when, and how far that has got; a gap that is too young to be in the ledger has nobody."""
    if gap is None or gap.state is GapState.CLOSED:
        return "", None, ""
    late = pick(OVERDUE, language) if overdue(gap, facts.day) else ""
    return gap.owner, gap.due, pick(STATES[gap.state], language) + late


REPORT = Report(
    name="gaps",
    label="缺口清单",
    label_en="Gap list",
    about="未达标和未知的每所学校、每项指标，含原因、责任单位、时限和最近证明",
    about_en="every school and indicator that is not met or unknown, with reasons, owner, due day and last proof",
    make=make,
)
