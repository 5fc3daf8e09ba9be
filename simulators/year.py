"""One year of a simulated city's ledger, from where such programmes begin to 100 %, through the real registry and gaps.

Every edit goes through the registry as in a running server, each day's end is judged by the engine's own indicators and
frozen, and the ledger of gaps is compared, assigned, rectified and closed by its own rules. Devices are heard at each day's
end only (`simulators.year_heard`), and the gaps worked are those of the ledger. The same seed gives the same year.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from server.core.engine import Engine
from server.core.events import RosterLoaded
from server.core.guards import guard_quota, roll_of
from server.core.roster import RosterIndex
from server.core.schedule import local_date, start_of_day
from server.core.verdict import Judgement, Tally
from server.gaps.cells import Cell
from server.gaps.model import Asked, Gap, GapState, Move, cell_id
from server.gaps.store import GapStore, Wanted
from server.registry.changes import Edit, put
from server.registry.model import Roster, School, SchoolKind
from server.registry.roster_file import check_roster
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.guard import Guard
from server.registry.store import Registry
from server.snapshots.calendar import as_day
from server.snapshots.frozen import Basis, Frozen, Pair, freeze, judged_at
from server.snapshots.store import Snapshots
from simulators.year_chores import in_place, practised, renewed
from simulators.year_heard import HEARD_SECONDS, hear

DAYS = 365
LAST_MENDED = 340  # By then everything that was found in the beginning is mended.
LATE = 0.15  # The share of gaps that are mended after their due day.
NOON_SECONDS = 43_200.0
OFFICE, OTHER_OFFICE = "year-school", "year-county"  # Who rectifies, and who verifies.
RENAMED, MERGED, LENT, RETURNED = 60, 200, 120, 150  # The days of the year's stories.
HEADLINE_FIGURE = "ledger"
CELL_PARTS = cell_id("", "", "")[0]  # What stands between the parts of a cell's name.


@dataclass(slots=True)
class Day:
    """What one day of the year came to."""

    day: date
    edits: int
    tallies: Mapping[str, Tally]
    live: Mapping[str, Tally]
    open_gaps: int
    overdue: int
    stories: list[str]


@dataclass(slots=True)
class Year:
    """Drives one city through its year; `first` is the day on which its ledger was made."""

    registry: Registry
    snapshots: Snapshots
    gaps: GapStore
    first: date
    seed: int
    days: list[Day] = field(default_factory=list)
    _before: Mapping[str, Mapping[str, Pair]] = field(default_factory=dict)  # As the day before ended.
    _plans: dict[str, int] = field(default_factory=dict)  # Gap -> the day of the year on which it is mended.

    async def live(self) -> None:
        """Live through the year, day by day."""
        for number in range(DAYS + 1):
            await self._day(number)

    async def _day(self, number: int) -> None:
        day = self.first + timedelta(days=number)
        now = judged_at(as_day(day)) - NOON_SECONDS
        stories: list[str] = []
        edits = [*self._renewals(day), *self._stories(number, day, stories)]
        before = self.registry.roster
        index = RosterIndex(before)
        verdicts = self._before
        mended = [gap for gap, due in self._plans.items() if due == number]
        edits += self._mends(index, verdicts, mended, day)
        if edits:
            why = "；".join(stories) or "整改与续期（模拟）"
            await self.registry.edit(
                list({(one.sheet, one.key): one for one in edits}.values()),
                by=OFFICE,
                reason=why,
                now=now,
                checked=check_roster,
            )
        index = RosterIndex(self.registry.roster)
        engine, verdicts = self._judged(index, as_day(day))
        self._before = verdicts
        await self._work_gaps(engine, verdicts, number, now)
        frozen = self._frozen(engine, index, verdicts, day)
        await self.snapshots.append(frozen)
        schools = list(index.schools)
        counts = await self.gaps.counts(schools, round(now * 1_000))
        headline = [one.name for one in engine.indicators if one.headline]
        self.days.append(
            Day(
                day,
                len(edits),
                _tallies(verdicts, headline, 0),
                _tallies(verdicts, headline, 1),
                sum(one.rates.open for one in counts.values()),
                sum(one.rates.overdue for one in counts.values()),
                stories,
            )
        )

    @property
    def _listening(self) -> float:
        return start_of_day(self.first)

    def _judged(self, index: RosterIndex, day: int) -> tuple[Engine, dict[str, Mapping[str, Pair]]]:
        """Judge a whole city as of the end of a day."""
        engine = Engine()
        at = judged_at(day)
        engine.step(RosterLoaded(index.roster), at - HEARD_SECONDS)
        hear(engine, index, self.seed, self._listening, at)
        found = {str(school): engine.judged(school, at) for school in index.schools}
        return engine, {school: pairs for school, pairs in found.items() if pairs}

    def _frozen(self, engine: Engine, index: RosterIndex, verdicts: Mapping[str, Mapping[str, Pair]], day: date) -> Frozen:
        taken = round(judged_at(as_day(day)) * 1_000) + 1
        basis = Basis(taken, "engine", round(self._listening * 1_000), self.registry.sequence, 0, ("sampled",))
        return freeze(as_day(day), index, engine.indicators, verdicts, basis)

    def _renewals(self, day: date) -> Iterator[Edit]:
        """Do what comes round each year or month: whatever runs out is renewed before it does, and drills are held."""
        yield from renewed(self.registry.roster.records, day)
        yield from practised(self.registry.roster, day)

    def _stories(self, number: int, day: date, told: list[str]) -> Iterator[Edit]:
        """Let the things happen that figures must stand up to."""
        roster = self.registry.roster
        if number == RENAMED:
            school = next(one for one in roster.schools if one.kind is SchoolKind.PRIMARY)
            told.append(f"{school.name} renamed")
            yield put(replace(school, name=f"{school.name}（新名）", name_en=f"{school.name_en} (renamed)"))
        if number == MERGED:
            point = next((one for one in roster.schools if one.central is not None), None)
            if point is not None:
                told.append(f"{point.name} merged into {point.central}")
                yield put(replace(point, closed=day, merged_into=point.central))
        if number in {LENT, RETURNED}:
            away = number == LENT
            for record in _lent(roster):
                told.append(f"{record.school} barrier {'lent away' if away else 'back'}")
                lent = Declaration(school=record.school, id="barrier", in_place=False)
                yield put(lent if away else in_place(record, day))

    def _mends(
        self, index: RosterIndex, verdicts: Mapping[str, Mapping[str, Pair]], gaps: Iterable[str], day: date
    ) -> Iterator[Edit]:
        """Mend what gaps say: declare what was missing, take guards on until the quota is filled."""
        for gap in gaps:
            school, indicator, _ = gap.split(CELL_PARTS)
            pair = verdicts.get(school, {}).get(indicator)
            known = index.schools.get(school)
            if pair is None or known is None or pair[0].judgement is Judgement.MET:
                continue
            for reason in pair[0].reasons:
                item, _, what = reason.partition(".")
                if item == "guards":
                    yield from _hired(index, known, day)
                elif what in {"missing", "undeclared", "lapsed"}:
                    yield put(in_place(Declaration(school=known.id, id=item, in_place=True), day))

    async def _work_gaps(self, engine: Engine, verdicts: Mapping[str, Mapping[str, Pair]], number: int, now: float) -> None:
        """Compare the ledger of gaps with the cells, and let offices do their part of it."""
        now_ms = round(now * 1_000)
        headline = {one.name: one.source for one in engine.indicators if one.headline}
        cells = [
            Cell(school, name, HEADLINE_FIGURE, pairs[name][0], source)  # type: ignore[arg-type]  # Ids of the roster.
            for school, pairs in verdicts.items()
            for name, source in headline.items()
            if name in pairs
        ]
        schools = [str(school) for school in self.registry.tree.schools]
        await self.gaps.compare(schools, cells, now_ms, (HEADLINE_FIGURE,))
        bad = {cell.id for cell in cells if cell.bad}
        found, _ = await self.gaps.page(Wanted(schools), now_ms, 0, 100_000)
        for gap in found:
            await self._work(gap, gap.id in bad, number, now_ms)

    async def _work(self, gap: Gap, bad: bool, number: int, now_ms: int) -> None:  # Of the cell.
        rng = random.Random(f"{self.seed} {gap.id} {gap.reopened}")
        if gap.state is GapState.OPEN:
            days = rng.randrange(10, 30) if number else rng.randrange(10, LAST_MENDED)
            days = min(days, max(1, LAST_MENDED + 20 - number))
            self._plans[gap.id] = number + days
            late = rng.random() < LATE
            due = local_date(now_ms / 1_000) + timedelta(days=max(1, days - 15) if late else days + 5)
            await self._move(gap, Move.ASSIGN, now_ms, bad, by=OTHER_OFFICE, owner="学校总务处", due=due)
        elif not bad and gap.state is GapState.TO_VERIFY and not gap.rectified_by:
            await self._move(gap, Move.CLOSE, now_ms, bad, by=OTHER_OFFICE)

    async def _move(  # The parts of a move.
        self,
        gap: Gap,
        move: Move,
        now_ms: int,
        bad: bool,
        *,
        by: str,
        owner: str = "",
        due: date | None = None,
    ) -> None:
        asked = Asked(move, by, "education_officer", gap.version, owner=owner, due=due)
        await self.gaps.move(gap.id, asked, now_ms, still_bad=bad)


def _tallies(verdicts: Mapping[str, Mapping[str, Pair]], names: Iterable[str], figure: int) -> dict[str, Tally]:
    return {name: Tally.of(pairs[name][figure] for pairs in verdicts.values() if name in pairs) for name in names}


def _lent(roster: Roster) -> list[Declaration]:
    """Name the barrier of the story: that of the last school but those that never had one."""
    exempt = {record.school for record in roster.records if isinstance(record, Exemption)}
    schools = [one for one in roster.schools if one.kind is SchoolKind.PRIMARY and one.id not in exempt]
    wanted = schools[-1].id if schools else ""
    return [one for one in roster.records if isinstance(one, Declaration) and one.id == "barrier" and one.school == wanted]


def _hired(index: RosterIndex, school: School, day: date) -> Iterator[Edit]:
    dossier = index.dossier(school.id)
    missing = max(1, guard_quota(school, dossier, day)) - roll_of(dossier, day).certified
    taken = len(dossier.of(Guard))
    for number in range(taken + 1, taken + 1 + max(0, missing)):
        yield put(
            Guard(
                school=school.id,
                id=f"g{number}",
                employer="模拟保安服务公司",
                on_roll_from=day,
                certificate=f"模拟证{school.id[-6:]}{number:02d}",
                certificate_expires=day + timedelta(days=1_500),
                birth_year=day.year - 40,
            )
        )
