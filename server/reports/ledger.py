"""台账: of a branch one line for each school, with its equipment and judgements; of one school everything on its sheets."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from server.core.guards import roll_of
from server.registry.model import School
from server.registry.sheet import Column as SheetColumn
from server.registry.sheet import Sheet
from server.registry.sheets import LEDGER_SHEETS, SHEETS
from server.reports.facts import Facts
from server.reports.paper import Cell, Language, Paper, Table, Width, Words, columns, pick
from server.reports.report import Report
from server.reports.words import FIGURES, JUDGEMENTS, RATE_NOTE, head, instant, place, reasons_text, signatures

TITLE: Words = ("校园安全台账", "Ledger of campus safety")
YES_NO: tuple[Words, Words] = (("是", "yes"), ("否", "no"))
# Column of a school's line -> kinds of device that it counts.
EQUIPMENT: tuple[tuple[Words, str], ...] = (
    (("报警主机", "Alarm hosts"), "alarm_host"),
    (("报警按钮", "Buttons"), "alarm_button"),
    (("摄像机", "Cameras"), "camera"),
    (("录像机", "Recorders"), "recorder"),
    (("升降柱", "Powered barriers"), "barrier"),
    (("校门设备", "Gate devices"), "gate"),
)
NOT_ASKED: Words = ("不适用", "not asked")
PERSONAL: Words = ("姓名、证号等个人信息不列入。", "Names, certificates and other personal data are left out.")


def make(facts: Facts, language: Language) -> Paper:
    """Make the ledger of a branch or of one school on one day."""
    if facts.scope.kind == "school":
        tables = _whole_school(facts, language)
    else:
        tables = (_registry(facts, language), _judged(facts, language))
    return Paper(
        name=f"ledger-{facts.scope.id}-{facts.day.isoformat()}-{language}",
        title=pick(TITLE, language),
        place=place(facts, language),
        language=language,
        facts=head(facts, language),
        tables=tables,
        signatures=signatures(language),
        notes=(pick(PERSONAL, language), pick(RATE_NOTE, language)),
    )


def _registry(facts: Facts, language: Language) -> Table:
    titles: tuple[tuple[Words, Width], ...] = (
        (("序号", "No."), "narrow"),
        (("主管单位", "Unit"), "middle"),
        (("学校", "School"), "wide"),
        (("学校标识码", "School code"), "middle"),
        (("类别", "Kind"), "middle"),
        (("城乡", "Area"), "narrow"),
        (("属地派出所", "Police station"), "middle"),
        (("学生", "Pupils"), "narrow"),
        (("寄宿生", "Boarders"), "narrow"),
        (("校门", "Gates"), "narrow"),
        (("持证保安/在册", "Guards certified/listed"), "narrow"),
        *((words, "narrow") for words, _ in EQUIPMENT),
    )
    rows = tuple(_registry_row(facts, number, school, language) for number, school in enumerate(facts.schools, 1))
    return Table(pick(("学校与设施", "Schools and equipment"), language), columns(titles, language), rows)


def _registry_row(facts: Facts, number: int, school: School, language: Language) -> tuple[Cell, ...]:
    index = facts.index
    unit, station = index.units.get(school.unit), index.stations.get(school.station)
    sheet = SHEETS["school"]
    roll = roll_of(index.dossier(school.id), facts.day)
    kinds = Counter(device.kind for gateway in index.gateways_of(school.id) for device in index.devices_of(gateway))
    return (
        number,
        pick((unit.name, unit.name_en), language) if unit else school.unit,
        pick((school.name, school.name_en), language),
        school.id,
        _shown(sheet.column("kind"), school.kind, language),
        _shown(sheet.column("area"), school.area, language),
        pick((station.name, station.name_en), language) if station else school.station,
        school.pupils,
        school.boarders,
        school.gates,
        f"{roll.certified}/{roll.listed}",
        *(kinds[kind] for _, kind in EQUIPMENT),
    )


def _judged(facts: Facts, language: Language) -> Table:
    """Give the two judgements of every school and indicator: the ledger's, then the live one."""
    titles: tuple[tuple[Words, Width], ...] = (
        (("序号", "No."), "narrow"),
        (("学校", "School"), "wide"),
        *(((one.label, one.label_en), "middle") for one in facts.indicators),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            number,
            pick((school.name, school.name_en), language),
            *(_pair(facts, school.id, one.name, language) for one in facts.indicators),
        )
        for number, school in enumerate(facts.schools, 1)
    ]
    title: Words = ("各校结论（台账／实时）", "Judged (ledger / live)")
    return Table(pick(title, language), columns(titles, language), tuple(rows))


def _pair(facts: Facts, school: str, indicator: str, language: Language) -> str:
    pair = facts.verdicts[school].get(indicator)
    if pair is None:
        return pick(NOT_ASKED, language)
    return " / ".join(pick(JUDGEMENTS[verdict.judgement], language) for verdict in pair)


def _whole_school(facts: Facts, language: Language) -> tuple[Table, ...]:
    known = facts.index.schools.get(facts.scope.id)
    if known is None:
        return ()
    tables = [_form(SHEETS["school"], known, language), _verdicts(facts, known, language)]
    dossier = facts.index.dossier(known.id)
    tables += [_lines(sheet, dossier.of(sheet.record), language) for sheet in LEDGER_SHEETS]
    devices = [device for gateway in facts.index.gateways_of(known.id) for device in facts.index.devices_of(gateway)]
    tables.append(_lines(SHEETS["device"], devices, language))
    return tuple(tables)


def _form(sheet: Sheet, line: Any, language: Language) -> Table:
    """Show one line as pairs of a name and a value."""
    rows = tuple(
        (pick((column.label, column.label_en), language), _shown(column, getattr(line, column.name), language))
        for column in _public(sheet)
    )
    heads: tuple[tuple[Words, Width], ...] = ((("项目", "Item"), "middle"), (("内容", "Content"), "wide"))
    return Table(pick((sheet.label, sheet.label_en), language), columns(heads, language), rows)


def _lines(sheet: Sheet, lines: Any, language: Language) -> Table:
    """Show the lines of a sheet, without the column that names their home."""
    shown = [column for column in _public(sheet) if column.name not in {"school", "unit", "gateway"}]
    heads = columns([((column.label, column.label_en), "middle") for column in shown], language)
    rows = tuple(tuple(_shown(column, getattr(line, column.name), language) for column in shown) for line in lines)
    title = pick((sheet.label, sheet.label_en), language)
    return Table(title, heads, rows, empty=pick(("台账无此项记录", "Nothing in the ledger"), language))


def _verdicts(facts: Facts, school: School, language: Language) -> Table:
    heads: tuple[tuple[Words, Width], ...] = (
        (("指标", "Indicator"), "middle"),
        (("口径", "Figure"), "narrow"),
        (("结论", "Judged"), "narrow"),
        (("原因", "Reasons"), "wide"),
        (("最近证明（北京时间）", "Last proof (Beijing time)"), "middle"),
    )
    rows: list[tuple[Cell, ...]] = []
    for indicator in facts.indicators:
        for figure, verdict in enumerate(facts.verdicts.get(school.id, {}).get(indicator.name, ())):
            rows.append(
                (
                    pick((indicator.label, indicator.label_en), language),
                    pick(FIGURES[figure], language),
                    pick(JUDGEMENTS[verdict.judgement], language),
                    reasons_text(verdict.reasons, language),
                    instant(round(verdict.proof_at * 1_000)) if verdict.proof_at is not None else "",
                )
            )
    return Table(pick(("各项结论", "Judged"), language), columns(heads, language), tuple(rows))


def _public(sheet: Sheet) -> Iterator[SheetColumn]:
    return (column for column in sheet.columns if not column.personal and not column.hidden)


def _shown(column: SheetColumn | None, value: Any, language: Language) -> Cell:
    """Write a value as its column has it: a choice by its word, an instant and a number as themselves."""
    choices: Mapping[Any, Words] = column.choices if column is not None else {}
    if value in choices:
        return pick(choices[value], language)
    if isinstance(value, bool):
        return pick(YES_NO[0 if value else 1], language)
    if value is None or isinstance(value, int | date | datetime):
        return value
    return str(value)


REPORT = Report(
    name="ledger",
    label="台账",
    label_en="Ledger",
    about="一地每所学校一行：设施、保安和各项结论；一所学校则列出全部台账",
    about_en="one line for each school with equipment, guards and judgements; of one school all its sheets",
    make=make,
)
