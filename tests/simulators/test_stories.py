"""Each story runs from beginning to end against a fleet, and says what must be seen."""

import httpx
import pytest

from contract.errors import Unreachable
from simulators.page import make_page
from simulators.stories import STORIES
from simulators.story import Stage
from tests.simulators.conftest import MakeFleet


@pytest.mark.parametrize("name", STORIES)
async def test_story_plays(running_fleet: MakeFleet, name: str) -> None:
    """A story leaves the city as it found it, apart from its presses."""
    said: list[str] = []
    async with running_fleet(sites=40) as run:
        page = httpx.AsyncClient(transport=httpx.ASGITransport(make_page(run.fleet)), base_url="http://127.0.0.1:1")
        async with page:
            await STORIES[name].play(Stage(page, said.append, pace=0))

        assert said
        assert STORIES[name].expected
        assert STORIES[name].expected_en
        for site in run.fleet.sites.values():
            assert site.agent.orders.power_cut_at is None
            assert not site.agent.orders.cameras_off
            assert not site.agent.orders.troubles
            assert not site.agent.orders.police_silent
        pressed = [(box.site.gateway.id, *press) for box in run.boxes.values() for press in box.presses]
        presses = {
            "camera_outage": 0,
            "device_faults": 0,
            "drill": 3,
            "false_alarm": 1,
            "panic_press": 2,
            "power_cut": 1,
            "test_round": 2,
            "typhoon": 3,
        }
        assert len(pressed) == presses.get(name, 0)


async def test_story_without_a_simulator_says_so() -> None:
    """Forgetting to start the city is told in one sentence."""
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1") as page:
        with pytest.raises(Unreachable, match="anxiao-sim city"):
            await Stage(page, lambda _: None).press()


async def test_wrong_wishes_are_refused(running_fleet: MakeFleet) -> None:
    """An unknown act, gateway or shape is told, and nothing happens."""
    async with running_fleet() as run:
        page = httpx.AsyncClient(transport=httpx.ASGITransport(make_page(run.fleet)), base_url="http://127.0.0.1:1")
        async with page:
            gateway = next(iter(run.fleet.sites))
            for wish in ({"gateway": gateway, "what": "explode"}, {"gateway": "gw-none", "what": "press"}):
                assert (await page.post("/api/act", json=wish)).status_code == 404
            assert (await page.post("/api/act", json={"what": 1})).status_code == 400
        assert run.fleet.counts.presses == 0
