"""What the shell of the risk profiles reads from the journal, and what it tells the engine."""

from datetime import date

from msgspec.structs import replace as changed

from server.core.alert import Alert
from server.core.events import EarlyTold, Event
from server.core.fact import decode_fact
from server.core.risk.factor import Level
from server.journal.database import Database
from server.journal.model import AlertFact
from server.journal.sql import SqlJournal
from server.registry.departments import Department
from server.registry.record import Record
from server.registry.sheets.hazard import Hazard, HazardKind
from server.registry.sheets.kit import Kit
from server.risk.keeper import RiskKeeper
from server.risk.store import RiskStore
from tests.core.talking import MONDAY, Described, Talk, beijing, city, school, talking

NOW = beijing(MONDAY, 9)
ID = school().id
BAD: tuple[Record, ...] = (
    Kit(school=ID, id="1", item="spray", expires=date(2026, 1, 1)),
    Hazard(
        school=ID,
        id="1",
        kind=HazardKind.WATER,
        department=Department.POLICE,
        found=date(2026, 1, 1),
        due=date(2026, 2, 1),
    ),
)


def keeper(database: Database, talk: Talk, now: list[float]) -> tuple[RiskKeeper, list[Event]]:
    """Give a keeper that tells the engine, and what it told."""
    told: list[Event] = []

    def tell(event: Event) -> None:
        told.append(event)
        talk.say(event, now[0])

    return RiskKeeper(RiskStore(database), talk.engine, tell, lambda: now[0]), told


async def store(journal: SqlJournal, talk: Talk) -> None:
    """Store every fact that the engine gave out."""
    numbers: dict[str, int] = {}
    facts: list[AlertFact] = []
    for alert, body in talk.facts:
        numbers[alert] = numbers.get(alert, 0) + 1
        fact = decode_fact(body)
        pressed = fact.press.id if fact.press else fact.alert.presses[0].id if fact.alert and fact.alert.presses else ""
        facts.append(AlertFact(alert, numbers[alert], round(fact.at * 1_000), body, press=pressed))
    await journal.append_facts(facts)


def resolved(talk: Talk, number: int, cause: str, now: float) -> Alert:
    """Press and resolve."""
    talk.press(number, now)
    [alert] = [one for one in talk.engine.alerts.values() if one.open and one.presses]
    talk.act(alert.id, "acknowledge", now + 1)
    return talk.act(alert.id, "resolve", now + 2, cause=cause)


async def test_incidents_of_before_the_start_are_read_from_the_journal(database: Database) -> None:
    """A new server, whose engine has forgotten all that is over, still knows of the false presses of the month."""
    before = talking(roster=city(school()), now=NOW - 40_000)
    before.heard(NOW - 39_000)
    for number in (1, 2, 3):
        resolved(before, number, "false_human", NOW - 30_000 + number * 100)
    resolved(before, 4, "real", NOW - 20_000)
    await store(SqlJournal(database), before)
    talk = talking(roster=city(school()), now=NOW)
    ours, _ = keeper(database, talk, [NOW])
    unread = ours.profile(ID)
    assert unread is not None
    assert unread.factors["incidents"].level is Level.UNKNOWN

    await ours.look()

    read = ours.profile(ID)
    assert read is not None
    assert read.factors["false_presses"].level is Level.WARN
    assert read.factors["incidents"].level is Level.WATCH


async def test_tests_and_drills_are_no_incidents(database: Database) -> None:
    talk = talking(roster=city(school()), now=NOW - 100)
    talk.window(NOW - 60, NOW + 600, mode="drill")
    talk.press(1, NOW - 30, claimed="drill")
    await store(SqlJournal(database), talk)
    ours, _ = keeper(database, talk, [NOW])

    await ours.look()

    told = ours.profile(ID)
    assert told is not None
    assert [one.mode for one in talk.engine.alerts.values() if one.presses] == ["drill"]
    assert told.factors["incidents"].level is Level.NONE


async def test_duress_shows_in_no_profile_that_the_school_could_read(database: Database) -> None:
    talk = talking(roster=city(school()), now=NOW - 100)
    talk.alerted(1, "duress", NOW - 30)
    ours, _ = keeper(database, talk, [NOW])
    await ours.look()

    open_, covert = ours.profile(ID), ours.profile(ID, covert=True)

    assert open_ is not None
    assert covert is not None
    assert open_.factors["incidents"].level is Level.NONE
    assert covert.factors["incidents"].level is Level.WATCH


async def test_warning_is_told_once_and_ends_with_its_reasons(database: Database) -> None:
    one = school(guards=0)
    talk = talking(roster=city(changed_school(*BAD)), now=NOW)
    now = [NOW]
    ours, told = keeper(database, talk, now)

    await ours.look()
    await ours.look()

    assert [list(event.schools) for event in told if isinstance(event, EarlyTold)] == [[one.id]]
    early = ours.early(ID)
    assert early is not None
    assert (early.warned, early.rules, early.factors) == (True, ("two_groups",), ("kit_expiring", "hazards_open"))
    [alert] = [found for found in talk.engine.alerts.values() if found.rule == "early_warning"]
    assert alert.open


async def test_new_server_takes_no_warning_back_that_it_cannot_judge(database: Database) -> None:
    """After a restart the alert stands; its keeper forgets, and a factor it names is unknown: nothing ends."""
    talk = talking(roster=city(changed_school(*BAD)), now=NOW)
    first, _ = keeper(database, talk, [NOW])
    await first.look()
    unsaid = talk.restarted(NOW + 10, city(changed_school(BAD[1])))  # The kit's sheet is empty now: unknown.
    second, told = keeper(database, unsaid, [NOW + 20])

    await second.look()

    [event] = [one for one in told if isinstance(one, EarlyTold)]
    assert not event.schools[ID].warned
    assert not event.schools[ID].clear
    assert [one.open for one in unsaid.engine.alerts.values() if one.rule == "early_warning"] == [True]


async def test_warning_ends_when_its_reason_is_surely_gone(database: Database) -> None:
    talk = talking(roster=city(changed_school(*BAD)), now=NOW)
    now = [NOW]
    ours, _ = keeper(database, talk, now)
    await ours.look()
    assert isinstance(BAD[0], Kit)
    mended = talk.restarted(NOW + 10, city(changed_school(changed(BAD[0], expires=date(2030, 1, 1)), BAD[1])))
    second, _ = keeper(database, mended, [NOW + 20])

    await second.look()

    assert [one.open for one in mended.engine.alerts.values() if one.rule == "early_warning"] == [False]


def changed_school(*records: Record) -> Described:
    """Give the small school saying just this."""
    return school(guards=0, records=records)
