"""A typhoon on the virtual clock: 200 of 400 sites dark for four hours, then their late data. Presses stand first."""

from contract.identity import DeviceId, PressId, UnitId
from server.core.alert import Alert, Flow, State
from server.core.events import GatewayHeard, PressArrived, RosterLoaded, Ticked
from server.registry.model import Roster, Unit, UnitKind
from tests.core.talking import CALENDAR, NOON, STATIONS, Talk, city, gateway_of, press_id, school

HOUR = 3_600.0
STEP = 20.0
COUNTIES, TOWNS, SCHOOLS = 4, 5, 20  # In each: 400 schools.
DARK = 200
WAVE_SECONDS = 12.0  # From one site to the next, as the storm moves in.
ROWS_MAX = 5


def coast() -> Roster:
    """Give a city whose first two counties lie at the sea."""
    units = [Unit(UnitId("4507"), UnitKind.CITY, None, "钦州市", "Qinzhou")]
    schools = []
    for county in range(COUNTIES):
        units.append(Unit(UnitId(f"c{county}"), UnitKind.COUNTY, UnitId("4507"), f"{county}县", f"County {county}"))
        for town in range(TOWNS):
            units.append(
                Unit(UnitId(f"c{county}t{town}"), UnitKind.TOWNSHIP, UnitId(f"c{county}"), f"{town}镇", f"Town {town}")
            )
            first = (county * TOWNS + town) * SCHOOLS + 1
            schools += [school(number, f"c{county}t{town}") for number in range(first, first + SCHOOLS)]
    plain = city(*schools, kinds={})
    return Roster(tuple(units), STATIONS, plain.schools, plain.gateways, plain.devices, CALENDAR, plain.records)


def screen(talk: Talk) -> list[Alert]:
    """Give the rows of a police screen in their order: real incidents first, the unanswered before the others."""
    rows = [alert for alert in talk.engine.alerts.values() if alert.open and not alert.held and alert.severity < 4]

    def place(alert: Alert) -> tuple[int, int, float]:
        incident = alert.flow is Flow.INCIDENT and alert.mode == "real"
        rank = 2 if not incident else 0 if alert.state is State.RAISED else 1
        return rank, alert.severity, -alert.rx

    return sorted(rows, key=place)


def press(talk: Talk, number: int, site: int, t: float, now: float) -> None:
    """Let a press of a site arrive, that was made at `t`."""
    event = PressArrived(press_id(number), gateway_of(site), DeviceId("btn-1"), t, now, 3, "short", "real", stored=True)
    talk.say(event, now)
    assert talk.told(), "it rings, in the middle of whatever there is"
    assert press_id(number) in {row.id for alert in screen(talk) for row in alert.presses}


def test_two_hundred_dark_sites_are_five_rows_at_most_and_every_press_stands_first() -> None:
    talk = Talk()
    talk.say(RosterLoaded(coast()), NOON - 1)
    count = COUNTIES * TOWNS * SCHOOLS
    dark_at = {site: NOON + HOUR / 2 + WAVE_SECONDS * (site - 1) for site in range(1, DARK + 1)}
    back_at = NOON + 4.5 * HOUR
    during = {
        round(NOON + 1.5 * HOUR): 7,
        round(NOON + 2 * HOUR): 390,
        round(NOON + 3 * HOUR): 201,
    }
    late = dict(enumerate((3, 44, 120, 199), 1))
    pressed: set[PressId] = set()
    told, most, silent = 0, 0, 0
    now = NOON
    while now < back_at + 2 * HOUR:
        now += STEP
        for site in range(1, count + 1):
            if site > DARK or now < dark_at[site] or now >= back_at + 3 * site:
                talk.engine.step(GatewayHeard(gateway_of(site), now, "mqtt-1"), now)
        if (site := during.pop(round(now), 0)) != 0:
            press(talk, 100 + site, site, now, now)
            pressed.add(press_id(100 + site))
        for number, site in list(late.items()):
            if now >= back_at + 3 * site + STEP:
                del late[number]
                press(talk, number, site, NOON + 2.5 * HOUR, now)
                pressed.add(press_id(number))
        talk.say(Ticked(), now)
        told += len([due for due in talk.told() if due.alert.flow is Flow.FAULT])
        rows = screen(talk)
        incidents = [alert for alert in rows if alert.flow is Flow.INCIDENT]
        assert rows[: len(incidents)] == incidents, "presses stand first"
        assert {row.id for alert in incidents for row in alert.presses} == pressed, "each is shown, none is under anything"
        most = max(most, len(rows) - len(incidents))
        silent = max(silent, sum(alert.rule == "gateway_offline" and alert.open for alert in talk.engine.alerts.values()))
    assert silent == DARK, "none of the silent sites is forgotten"
    assert most <= ROWS_MAX
    assert told < DARK / 5, f"{told} calls for one storm"
    assert {alert.late for alert in talk.engine.alerts.values() if alert.flow is Flow.INCIDENT} == {True, False}
    assert [alert.rule for alert in screen(talk)] == ["one_key_press"] * len(pressed), "the faults are over, presses are not"
