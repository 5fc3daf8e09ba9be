"""A running city is put together from its roster, answers on its page, and ends cleanly when told to."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from contract.errors import ConfigurationError
from server.registry.roster_file import encode_roster, read_roster
from simulators.broker import free_port
from simulators.city import make_city
from simulators.descriptors import needed, raise_limit
from simulators.fleet import Pace
from simulators.running import MakeBox, Plan, open_city, run_city, run_on_fastest_loop, usual_spread
from tests.simulators.conftest import FakeBox

TODAY = date(2026, 11, 24)


@contextlib.asynccontextmanager
async def fake_boxes() -> AsyncIterator[MakeBox]:
    """Give boxes that only host the agent."""
    yield FakeBox


def test_missing_roster_is_made_and_then_kept(tmp_path: Path) -> None:
    """The first start makes the city; every later one has the same, whatever the day."""
    path = tmp_path / "deep" / "roster.json"
    first = open_city(Plan(7, 3, path), TODAY)

    assert read_roster(path) == first.roster
    assert open_city(Plan(7, 3, path), date(2027, 3, 1)).roster == first.roster


def test_roster_decides_over_the_number_asked_for(tmp_path: Path) -> None:
    """A file that is there is taken as it is: the server has the same one."""
    path = tmp_path / "roster.json"
    path.write_bytes(encode_roster(make_city(5, 3, TODAY).roster))

    assert len(open_city(Plan(200, 3, path), TODAY).roster.gateways) == 5


def test_foreign_seed_is_refused(tmp_path: Path) -> None:
    """With another seed no gateway could log in, which would only show much later."""
    path = tmp_path / "roster.json"
    open_city(Plan(5, 3, path), TODAY)

    with pytest.raises(ConfigurationError, match="not made from seed 4"):
        open_city(Plan(5, 4, path), TODAY)


async def test_city_runs_answers_and_stops() -> None:
    """All gateways come up, the page says so, and after the stop nothing is left."""
    before = asyncio.all_tasks()
    stop, port = asyncio.Event(), free_port()
    city = make_city(12, 1, TODAY)
    running = asyncio.create_task(run_city(city, fake_boxes, Pace(spread_seconds=0.0), port, stop))
    async with asyncio.timeout(10), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as page:
        while True:
            with contextlib.suppress(httpx.TransportError):
                status = (await page.get("/api/status")).json()
                if status["running"] == status["schools"] == 12:
                    break
            await asyncio.sleep(0)
        pressed = (await page.post("/api/press", json={})).json()
        stop.set()
        await running

    assert pressed["mode"] == "real"
    assert asyncio.all_tasks() == before


async def test_taken_page_port_is_told_at_once() -> None:
    """Nothing is started for a page that cannot be shown."""
    port = free_port()
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", port)
    async with server:
        with pytest.raises(ConfigurationError, match=f"page port {port}"):
            await run_city(make_city(1, 1, TODAY), fake_boxes, Pace(), port, asyncio.Event())


async def test_trouble_of_the_boxes_ends_the_city() -> None:
    """What makes all gateways impossible is told, not waited out."""

    @contextlib.asynccontextmanager
    async def broken() -> AsyncIterator[MakeBox]:
        raise ConfigurationError("folder: cannot be written")
        yield FakeBox

    with pytest.raises(ConfigurationError, match="cannot be written"):
        await run_city(make_city(1, 1, TODAY), broken, Pace(), free_port(), asyncio.Event())


def test_limit_of_open_files_is_raised_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city too large for the machine is told with the number before anything fails in the middle."""
    limits = {"now": (1_024, 20_000)}
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda _which, new: limits.update(now=new))

    assert raise_limit(needed(3_200, 6)) == 20_000
    assert limits["now"] == (20_000, 20_000)
    with pytest.raises(ConfigurationError, match=r"60200 files .* 20000 are allowed"):
        raise_limit(needed(10_000, 6))


def test_unlimited_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit is not a small number."""
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (1_024, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, _new: None)

    assert raise_limit(needed(1_000_000, 10)) == resource.RLIM_INFINITY


def test_start_is_spread() -> None:
    """The usual demo is up in seconds, a whole city within a minute."""
    assert usual_spread(200) < 4
    assert 40 < usual_spread(3_200) < 55


def test_fastest_loop_runs_the_work() -> None:
    """The work runs to its end, on whatever loop there is."""
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(type(asyncio.get_running_loop()).__module__.split(".")[0])

    run_on_fastest_loop(work())

    assert done in (["uvloop"], ["asyncio"])
