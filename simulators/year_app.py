"""The command that plays the example year and leaves its database, its figures and the reports of three days."""

import asyncio
import csv
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from server.core.schedule import start_of_day
from server.gaps.store import GapStore
from server.journal.database import Database, open_database
from server.registry.model import Scope
from server.registry.store import Registry
from server.reports import REPORTS
from server.reports.gathering import frozen_facts, registry_then
from server.reports.page import page
from server.reports.workbook import workbook
from server.snapshots.calendar import as_day
from server.snapshots.reading import PastRecords
from server.snapshots.store import Snapshots
from shell.process import one_sentence
from simulators.city import make_city
from simulators.places import CITY
from simulators.year import DAYS, Day, Year

FAILED = 1
SHOWN = (0, 180, DAYS)  # Days of the year of which reports are made.
FIRST_HOUR_SECONDS = 3_600.0


def play_year(
    out: Annotated[Path, typer.Option(help="Folder for anxiao.db, figures.csv and the reports; must not have a database.")],
    sites: Annotated[int, typer.Option(min=1, max=500, help="How many schools.")] = 60,
    seed: Annotated[int, typer.Option(help="Another seed is another city and another year.")] = 1,
    first: Annotated[str, typer.Option(help="The first day; a past one, so that all of the year is over.")] = "2025-09-01",
) -> None:
    """Play one year of a city's ledger up to 100 %, each day frozen, and make the reports of three days."""
    with one_sentence(FAILED):
        out.mkdir(parents=True, exist_ok=True)
        file = (out / "anxiao.db").resolve()
        if file.exists():
            raise typer.BadParameter(f"{file} is there already")
        for line in asyncio.run(_play(file, out, sites, seed, date.fromisoformat(first))):
            typer.echo(line)


async def _play(file: Path, out: Path, sites: int, seed: int, first: date) -> list[str]:
    database = open_database(f"sqlite:///{file}")
    try:
        registry = Registry(database)
        roster = make_city(sites, seed, first).roster
        await registry.replace(roster, now=start_of_day(first) + FIRST_HOUR_SECONDS)
        year = Year(registry, Snapshots(database), GapStore(database), first, seed)
        await year.live()
        _write_figures(out / "figures.csv", year.days)
        lines = [f"{day.day}: {', '.join(day.stories)}" for day in year.days if day.stories]
        for number in SHOWN:
            lines += await _reports(database, out, year.days[number].day)
        return lines
    finally:
        await database.close()


def _write_figures(file: Path, days: list[Day]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        names = list(days[0].tallies)
        rated = [f"{name}{figure} bp" for figure in ("", " live") for name in names]
        writer.writerow(["day", "edits", *rated, "open gaps", "overdue"])
        for day in days:
            rates = [tally.basis_points for figure in (day.tallies, day.live) for tally in figure.values()]
            writer.writerow([day.day, day.edits, *rates, day.open_gaps, day.overdue])


async def _reports(database: Database, out: Path, day: date) -> list[str]:
    snapshots, records = Snapshots(database), PastRecords(database)
    found, head = await snapshots.day(as_day(day)), await snapshots.head(as_day(day))
    assert found is not None, "every day of the year is frozen"
    assert head is not None, "every day of the year is frozen"
    index = await registry_then(records, as_day(day), found.frozen.registry_sequence)
    gaps = await GapStore(database).as_of([school.id for school in index.roster.schools], found.frozen.judged_ms)
    facts = frozen_facts(found, head.hash, index, Scope("unit", CITY), tuple(gaps))
    lines: list[str] = []
    for report in REPORTS.values():
        paper = report.make(facts, "zh")
        (out / f"{paper.name}.html").write_bytes(page(paper))
        (out / f"{paper.name}.xlsx").write_bytes(workbook(paper))
        lines.append(f"{paper.name}: {paper.digest}")
    return lines
