"""通报: the figures of a branch and of each place below it, their ranking as far as it holds, and who is named for what."""

from collections.abc import Iterator

from server.core.league import COUNTED_LEAST, Place, league
from server.core.verdict import Judgement, Tally
from server.gaps.model import Gap
from server.gaps.rates import overdue, rates
from server.registry.model import School, Station, Unit
from server.reports.facts import FIGURES as BOTH
from server.reports.facts import LEDGER, LIVE, Asked, Facts
from server.reports.paper import Cell, Language, Paper, Rate, Table, Width, Words, columns, pick
from server.reports.report import Report
from server.reports.words import FIGURES, RATE_NOTE, STATES, head, place, reasons_text, signatures

NAMED_MAX = 300  # Lines of one list on paper; the rest is counted, and stands in the gap list.
TITLE: Words = ("校园安全“4+N”建设情况通报", "Circular on campus safety 4+N")
_CHINESE_NOTE = (
    f"按实时比率。95%置信区间（Wilson）重叠、无法区分的单位并列同一档；应达标减豁免不足{COUNTED_LEAST}所的不排名。未作调整。"
)
_ENGLISH_NOTE = (
    f"By the live rate. Places whose 95% intervals (Wilson) overlap cannot be told apart and share a band; with fewer than "
    f"{COUNTED_LEAST} schools there is no rank. Nothing is adjusted."
)
RANKING_NOTE: Words = (_CHINESE_NOTE, _ENGLISH_NOTE)
NONE_NAMED: Words = ("无", "None")


def make(facts: Facts, language: Language) -> Paper:
    """Make the circular of one branch on one day."""
    tables = [_whole(facts, language)]
    tables += [_places(facts, figure, language) for figure in BOTH if facts.places()]
    tables += [table for table in (_ranking(facts, language),) if table.rows]
    tables.append(_named(facts, language))
    if facts.gaps is not None:
        tables += [_rectified(facts, facts.gaps, language), _overdue(facts, facts.gaps, language)]
    return Paper(
        name=f"circular-{facts.scope.id}-{facts.day.isoformat()}-{language}",
        title=pick(TITLE, language),
        place=place(facts, language),
        language=language,
        facts=head(facts, language),
        tables=tuple(tables),
        signatures=signatures(language),
        notes=(pick(RATE_NOTE, language),),
    )


def _label(indicator: Asked, language: Language) -> str:
    return pick((indicator.label, indicator.label_en), language)


def _name(one: Unit | Station | School | None, id_: str, language: Language) -> str:
    return pick((one.name, one.name_en), language) if one is not None else id_


def _counts(tally: Tally) -> tuple[Cell, ...]:
    return tally.required, tally.met, tally.not_met, tally.unknown, tally.exempt, Rate(tally.basis_points)


def _whole(facts: Facts, language: Language) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for indicator in (*facts.headline, *(one for one in facts.indicators if not one.headline)):
        for figure in BOTH:
            tally = facts.tally(facts.verdicts, indicator.name, figure)
            rows.append((_label(indicator, language), pick(FIGURES[figure], language), *_counts(tally)))
    notes = tuple(
        f"{_label(one, language)}：{pick((one.formula, one.formula_en), language)}。{one.source}"
        if language == "zh"
        else f"{_label(one, language)}: {one.formula_en}. {one.source_en or one.source}"
        for one in facts.indicators
    )
    return Table(
        pick(("一、总体情况", "1. The whole"), language),
        columns(
            (
                (("指标", "Indicator"), "wide"),
                (("口径", "Figure"), "narrow"),
                (("应达标", "Required"), "narrow"),
                (("达标", "Met"), "narrow"),
                (("未达标", "Not met"), "narrow"),
                (("未知", "Unknown"), "narrow"),
                (("豁免", "Exempt"), "narrow"),
                (("比率", "Rate"), "narrow"),
            ),
            language,
        ),
        tuple(rows),
        notes,
    )


def _places(facts: Facts, figure: int, language: Language) -> Table:
    """Give one figure of every place below, a target in each column; the first line is the whole."""
    asked = facts.headline
    groups = [(pick(("合计", "Total"), language), list(facts.verdicts))]
    groups += [(_name(one, one.id, language), facts.below(one.id)) for one in facts.places()]
    rows: list[tuple[Cell, ...]] = [
        (name, len(schools), *(Rate(facts.tally(schools, one.name, figure).basis_points) for one in asked))
        for name, schools in groups
    ]
    titles: tuple[tuple[Words, Width], ...] = ((("单位", "Place"), "middle"), (("学校数", "Schools"), "narrow"))
    title: Words = (f"二、各地{FIGURES[figure][0]}比率", f"2. {FIGURES[figure][1]} rates by place")
    heads = (*columns(titles, language), *columns([((one.label, one.label_en), "middle") for one in asked], language))
    return Table(pick(title, language), heads, tuple(rows))


def _ranking(facts: Facts, language: Language) -> Table:
    places: dict[str, Unit | Station] = {one.id: one for one in facts.places()}
    schools = {id_: facts.below(id_) for id_ in places}
    rows: list[tuple[Cell, ...]] = []
    for indicator in facts.headline:
        tallies = {id_: facts.tally(below, indicator.name, LIVE) for id_, below in schools.items()}
        rows.extend(
            (_label(indicator, language), _name(places[one.id], one.id, language), *_ranked(one, language))
            for one in league({id_: tally for id_, tally in tallies.items() if tally.required})
        )
    return Table(
        pick(("三、排名", "3. Ranking"), language),
        columns(
            (
                (("指标", "Indicator"), "wide"),
                (("单位", "Place"), "middle"),
                (("档次", "Band"), "narrow"),
                (("可能名次", "Rank within"), "narrow"),
                (("达标/计算数", "Met of counted"), "narrow"),
                (("比率", "Rate"), "narrow"),
                (("95%区间", "95% interval"), "middle"),
            ),
            language,
        ),
        tuple(rows),
        (pick(RANKING_NOTE, language),),
    )


def _ranked(one: Place, language: Language) -> tuple[Cell, ...]:
    none = pick(("校数过少", "too few"), language)
    interval = f"{one.low // 100}.{one.low % 100:02d}–{one.high // 100}.{one.high % 100:02d}%"
    ranks = "" if one.best is None else str(one.best) if one.best == one.worst else f"{one.best}–{one.worst}"
    figures: tuple[Cell, ...] = (f"{one.tally.met}/{one.counted}", Rate(one.tally.basis_points), interval)
    return (none if one.band is None else str(one.band), ranks, *figures)


def _named(facts: Facts, language: Language) -> Table:
    """Name the schools that do not meet a target by the ledger or live; what is unknown stands in the gap list."""
    found: dict[tuple[str, str], list[tuple[int, tuple[str, ...]]]] = {}
    labels = {one.name: one for one in facts.headline}
    for school, indicator, figure, verdict in facts.cells(Judgement.NOT_MET):
        if indicator.name in labels:
            found.setdefault((indicator.name, school.id), []).append((figure, verdict.reasons))
    order = {name: place for place, name in enumerate(labels)}
    lines = sorted(found.items(), key=lambda item: (order[item[0][0]], LEDGER not in {figure for figure, _ in item[1]}))
    rows = tuple(_named_row(facts, labels[name], school, told, language) for (name, school), told in lines[:NAMED_MAX])
    left = len(lines) - len(rows)
    more: Words = (f"另有{left}条，见缺口清单。", f"{left} more, see the gap list.")
    return Table(
        pick(("四、点名：未达标学校", "4. Named: schools that do not meet a target"), language),
        columns(
            (
                (("指标", "Indicator"), "middle"),
                (("主管单位", "Unit"), "middle"),
                (("学校", "School"), "wide"),
                (("口径", "Figure"), "narrow"),
                (("原因", "Reasons"), "wide"),
            ),
            language,
        ),
        rows,
        (pick(more, language),) if left else (),
        empty=pick(NONE_NAMED, language),
    )


def _named_row(
    facts: Facts, indicator: Asked, school: str, told: list[tuple[int, tuple[str, ...]]], language: Language
) -> tuple[Cell, ...]:
    known = facts.index.schools[school]
    figures = pick(("、", ", "), language).join(pick(FIGURES[figure], language) for figure, _ in told)
    reasons = tuple(dict.fromkeys(reason for _, reasons in told for reason in reasons))
    unit = _name(facts.index.units.get(known.unit), known.unit, language)
    return _label(indicator, language), unit, _name(known, school, language), figures, reasons_text(reasons, language)


def _rectified(facts: Facts, gaps: tuple[Gap, ...], language: Language) -> Table:
    groups = [(pick(("合计", "Total"), language), set(facts.verdicts))]
    groups += [(_name(one, one.id, language), set(facts.below(one.id))) for one in facts.places()]
    rows: list[tuple[Cell, ...]] = []
    for name, schools in groups:
        found = rates((gap for gap in gaps if gap.school in schools), facts.day)
        rows.append(
            (name, found.open, found.overdue, Rate(found.overdue_bp), found.due, found.on_time, Rate(found.rectified_bp))
        )
    return Table(
        pick(("五、整改", "5. Rectification"), language),
        columns(
            (
                (("单位", "Place"), "middle"),
                (("未销号", "Open"), "narrow"),
                (("其中超期", "Overdue"), "narrow"),
                (("超期率", "Overdue rate"), "narrow"),
                (("应整改", "Due"), "narrow"),
                (("按期销号", "Closed on time"), "narrow"),
                (("整改率", "Rectified"), "narrow"),
            ),
            language,
        ),
        tuple(rows),
    )


def _overdue(facts: Facts, gaps: tuple[Gap, ...], language: Language) -> Table:
    labels = {one.name: _label(one, language) for one in facts.indicators}
    late = sorted((gap for gap in gaps if overdue(gap, facts.day)), key=lambda gap: (gap.due or facts.day, gap.id))
    rows = tuple(_overdue_rows(facts, late[:NAMED_MAX], labels, language))
    left = len(late) - len(rows)
    more: Words = (f"另有{left}条。", f"{left} more.")
    return Table(
        pick(("六、超期未整改", "6. Overdue"), language),
        columns(
            (
                (("整改时限", "Due"), "middle"),
                (("超期天数", "Days over"), "narrow"),
                (("学校", "School"), "wide"),
                (("指标", "Indicator"), "middle"),
                (("原因", "Reasons"), "wide"),
                (("责任单位", "Owner"), "middle"),
                (("状态", "State"), "narrow"),
            ),
            language,
        ),
        rows,
        (pick(more, language),) if left else (),
        empty=pick(NONE_NAMED, language),
    )


def _overdue_rows(facts: Facts, late: list[Gap], labels: dict[str, str], language: Language) -> Iterator[tuple[Cell, ...]]:
    for gap in late:
        assert gap.due is not None, "overdue without a due day"
        school = _name(facts.index.schools.get(gap.school), gap.school, language)
        label = labels.get(gap.indicator, gap.indicator)
        state = pick(STATES[gap.state], language)
        days = (facts.day - gap.due).days
        yield gap.due, days, school, label, reasons_text(gap.reasons, language), gap.owner, state


REPORT = Report(
    name="circular",
    label="通报",
    label_en="Circular",
    about="总体和各地比率、排名（分档）、点名、整改与超期，供教育、公安联合签发",
    about_en="rates of the whole and of each place, ranking in bands, who is named, rectification; for both to sign",
    make=make,
    scopes=frozenset({"unit", "station"}),
)
