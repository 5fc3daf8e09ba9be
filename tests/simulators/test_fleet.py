"""A fleet keeps each gateway up exactly while it should be, and presses reach the gateway they are meant for."""

import asyncio

import pytest

from contract.identity import DeviceId
from simulators import fleet as fleet_module
from simulators import school_agent
from simulators.school_agent import NotRunning
from simulators.site import ORDERS, Power
from tests.simulators.conftest import MakeFleet


async def test_each_school_tells_of_its_devices(running_fleet: MakeFleet) -> None:
    """Soon after the start every site has told of nearly everything it has, and its guards have checked in."""
    async with running_fleet() as run:
        for box in run.boxes.values():
            await box.until(lambda box: len(box.sampled) >= 0.6 * len(box.site.agent.devices()))
        with_guard = [box for box in run.boxes.values() if box.site.agent.conduct.guards]

        assert run.fleet.running() == 12
        for box in with_guard:
            await box.until(lambda box: bool(box.check_ins))
            assert box.check_ins[0][1] == "in"
            assert box.check_ins[0][0].startswith(f"g-{box.site.school.id}-")


async def test_press_reaches_its_gateway_and_is_reset_later(running_fleet: MakeFleet) -> None:
    """A press is told once, by the school it happened at, and the school resets the button afterwards."""
    async with running_fleet() as run:
        site = next(iter(run.fleet.sites.values()))
        box = run.boxes[site.gateway.id]

        made = await run.fleet.press(site, DeviceId("btn-1"), press="hold", mode="real", clear_after=0)

        assert box.presses == [("btn-1", "hold", "real")]
        await box.until(lambda box: box.cleared == ["btn-1"])
        assert run.fleet.counts.presses == 1
        assert run.fleet.counts.recent[0].press == made
        assert sum(len(other.presses) for other in run.boxes.values()) == 1


async def test_presses_come_by_plan(running_fleet: MakeFleet) -> None:
    """With a rate, buttons are pressed without anybody asking."""
    async with running_fleet(presses_per_minute=60_000.0) as run:
        await run.settled(lambda: run.fleet.counts.presses >= 20)

        assert len({item.gateway for item in run.fleet.counts.recent}) > 3


async def test_killed_gateway_takes_no_press_until_it_is_started(
    running_fleet: MakeFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody claims to have taken a press while the gateway is off; started again, it takes the next one."""
    async with running_fleet() as run:
        site = next(iter(run.fleet.sites.values()))
        run.fleet.kill(site)
        await run.settled(lambda: not site.running)
        with monkeypatch.context() as patch:
            patch.setattr(school_agent, "PRESS_WAIT_SECONDS", 0.01)

            with pytest.raises(NotRunning):
                await run.fleet.press(site)

        assert run.fleet.counts.presses_failed == 1
        assert run.fleet.running() == 11
        first = run.boxes[site.gateway.id]
        run.fleet.kill(site, killed=False)
        await run.fleet.press(site)
        assert run.boxes[site.gateway.id] is not first
        assert len(run.boxes[site.gateway.id].presses) == 1


async def test_power_cut_takes_a_town_and_its_batteries_last_a_while(running_fleet: MakeFleet) -> None:
    """At first the town's cameras go; once the backup battery is empty the gateways go too, and nobody else's."""
    async with running_fleet(sites=40) as run:
        town = next(iter(run.fleet.sites.values())).school.unit
        dark = [site for site in run.fleet.sites.values() if site.school.unit == town]
        for site in dark:
            box = run.boxes[site.gateway.id]
            await box.until(lambda box: bool(box.sampled))
            box.readings.clear()

        assert run.fleet.cut_power(town) == len(dark)

        for site in dark:
            box = run.boxes[site.gateway.id]
            await box.until(lambda box: ("cam-001", {"online": False, "stream": False}) in box.readings)
        assert all(site.power(run.clock()) is Power.ON for site in dark)

        run.clock.shift = 30 * 3_600.0  # The next day: no backup lasts that long.
        for site in dark:
            run.fleet._settle(site)
        await run.settled(lambda: not any(site.running for site in dark))
        assert all(site.power(run.clock()) is Power.NO_MAINS for site in dark)
        assert all(site.running for site in run.fleet.sites.values() if site not in dark)

        run.fleet.cut_power(town, cut=False)
        run.clock.shift = 0.0
        for site in dark:
            run.fleet._settle(site)
        await run.settled(lambda: all(site.running for site in dark))


async def test_one_falling_gateway_comes_back_alone(running_fleet: MakeFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that falls over is counted and started again; its neighbours never notice."""
    monkeypatch.setattr(fleet_module, "RESTART_SECONDS", 0.0)
    async with running_fleet() as run:
        site = next(iter(run.fleet.sites.values()))
        first = dict(run.boxes)
        fallen = run.boxes[site.gateway.id]
        fallen.crash = RuntimeError("planted")
        fallen.crashed.set()
        await run.settled(lambda: run.boxes[site.gateway.id] is not fallen)

        assert site.falls == run.fleet.counts.falls == 1
        changed = [gateway for gateway, box in run.boxes.items() if box is not first[gateway]]
        assert changed == [site.gateway.id]
        assert run.fleet.running() == 12


@pytest.mark.parametrize(
    ("order", "device", "shows"),
    [
        ("camera_off", "cam-001", ("cam-001", "online", False)),
        ("guard_leaves", "", ("post-1", "on_duty", 0)),
        ("gate_open", "", ("gate-1", "open", True)),
    ],
)
async def test_orders_show_at_once(
    running_fleet: MakeFleet, order: str, device: str, shows: tuple[str, str, bool | int]
) -> None:
    """An order reaches the devices without waiting for the next beat."""
    assert order in ORDERS
    async with running_fleet() as run:
        site = next(site for site in run.fleet.sites.values() if site.agent.conduct.guards)
        box = run.boxes[site.gateway.id]
        await box.until(lambda box: {shows[0], "post-1"} <= box.sampled)
        box.readings.clear()

        run.fleet.order(site, order, DeviceId(device) if device else None)

        await box.until(lambda box: any(name == shows[0] and told.get(shows[1]) == shows[2] for name, told in box.readings))


async def test_second_order_undoes_the_first(running_fleet: MakeFleet) -> None:
    """One button of the page is enough for both ways."""
    async with running_fleet() as run:
        site = next(iter(run.fleet.sites.values()))
        for order in ORDERS:
            run.fleet.order(site, order)
            run.fleet.order(site, order)

        orders = site.agent.orders
        assert not orders.guards_gone
        assert [orders.cameras_off, orders.barriers_down, orders.gates_open, orders.hosts_off] == [set()] * 4


async def test_schools_are_found_by_what_people_type(running_fleet: MakeFleet) -> None:
    """Gateway id, school code, Chinese and English name all lead to the school."""
    async with running_fleet() as run:
        site = list(run.fleet.sites.values())[5]
        for typed in (site.gateway.id, site.school.id, site.school.name, site.school.name_en.upper()):
            assert run.fleet.find(typed) is site
        assert run.fleet.find("no such school") is None
        assert len(run.fleet.search("", 7)) == 7


async def test_stopping_stops_everything(running_fleet: MakeFleet) -> None:
    """After the end no gateway runs and no task is left."""
    before = asyncio.all_tasks()
    async with running_fleet() as run:
        await run.fleet.press(next(iter(run.fleet.sites.values())))

    assert run.fleet.running() == 0
    assert asyncio.all_tasks() == before
