"""The simulator's page does what its buttons say, in both languages, for this machine only."""

import httpx
import pytest

from simulators.page import make_page
from simulators.page_texts import TEXTS
from tests.simulators.conftest import FleetUnderTest, MakeFleet


def client(run: FleetUnderTest, host: str = "127.0.0.1:8090") -> httpx.AsyncClient:
    """Talk to the page of a fleet."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(make_page(run.fleet)), base_url=f"http://{host}")


@pytest.mark.parametrize(("language", "says"), [("zh", "按下报警"), ("en", "Power cut in town")])
async def test_page_lists_schools(running_fleet: MakeFleet, language: str, says: str) -> None:
    """The list shows every school with its gateway and state, in the language asked for."""
    async with running_fleet() as run, client(run) as browser:
        site = next(iter(run.fleet.sites.values()))

        page = (await browser.get("/", params={"lang": language})).text

        assert says in page
        assert site.gateway.id in page
        assert (site.school.name if language == "zh" else site.school.name_en) in page
        assert "<script" not in page


async def test_search_text_is_shown_and_never_run(running_fleet: MakeFleet) -> None:
    """What somebody typed comes back escaped."""
    async with running_fleet() as run, client(run) as browser:
        page = (await browser.get("/", params={"q": '"><img src=x>'})).text

        assert "<img" not in page
        assert "没有找到学校" in page


@pytest.mark.parametrize(("what", "mode"), [("press", "real"), ("test_press", "test"), ("drill_press", "drill")])
async def test_button_presses(running_fleet: MakeFleet, what: str, mode: str) -> None:
    """Each alarm button of the page presses with its own mode and leads back to the same search."""
    async with running_fleet() as run, client(run) as browser:
        site = next(iter(run.fleet.sites.values()))

        answer = await browser.post("/act", data={"gateway": site.gateway.id, "what": what, "q": "小学", "lang": "zh"})

        assert answer.status_code == 303
        assert "q=%E5%B0%8F%E5%AD%A6" in answer.headers["location"]
        assert run.boxes[site.gateway.id].presses == [("btn-1", "short", mode)]


async def test_troubles_are_carried_out(running_fleet: MakeFleet) -> None:
    """Killing, starting, cutting and giving back the power all reach the fleet."""
    async with running_fleet() as run, client(run) as browser:
        site = next(iter(run.fleet.sites.values()))

        async def act(what: str) -> None:
            answer = await browser.post("/act", data={"gateway": site.gateway.id, "what": what})
            assert answer.status_code == 303

        await act("kill_gateway")
        assert site.killed
        await act("start_gateway")
        assert not site.killed
        await act("power_cut")
        assert site.agent.orders.power_cut_at is not None
        await act("power_back")
        assert site.agent.orders.power_cut_at is None
        await act("guard_leaves")
        assert site.agent.orders.guards_gone
        assert [item.what for item in run.fleet.counts.recent] == [
            "guard_leaves", "power_back", "power_cut", "start_gateway", "kill_gateway",
        ]  # fmt: skip
        page = (await browser.get("/?lang=en")).text
        assert "Guards leave/return" in page


async def test_command_line_presses_any_school_or_a_named_one(running_fleet: MakeFleet) -> None:
    """Without a name some running school is taken; a wrong name or button is told, with what is allowed."""
    async with running_fleet() as run, client(run) as browser:
        site = next(iter(run.fleet.sites.values()))

        anywhere = await browser.post("/api/press", json={})
        named = await browser.post("/api/press", json={"site": site.school.name, "mode": "drill"})
        nobody = await browser.post("/api/press", json={"site": "nobody"})
        button = await browser.post("/api/press", json={"site": site.gateway.id, "device": "cam-001"})
        broken = await browser.post("/api/press", content=b"{")

        assert anywhere.json()["gateway"] in run.fleet.sites
        assert named.json()["gateway"] == site.gateway.id
        assert run.boxes[site.gateway.id].presses[-1][2] == "drill"
        assert (nobody.status_code, button.status_code, broken.status_code) == (404, 404, 400)
        assert "btn-1" in button.json()["error"]
        assert (await browser.get("/api/status")).json()["presses"] == 2
        assert len((await browser.get("/api/schools", params={"q": "gw-"})).json()) == 12


async def test_page_is_for_this_machine_only(running_fleet: MakeFleet) -> None:
    """A page elsewhere can neither read the list through a borrowed name nor press through a visitor's browser."""
    async with running_fleet() as run:
        async with client(run, "evil.example:8090") as browser:
            assert (await browser.get("/")).status_code == 403
        async with client(run) as browser:
            answer = await browser.post("/api/press", json={}, headers={"Origin": "http://evil.example"})
            assert answer.status_code == 403
        assert run.fleet.counts.presses == 0


def test_every_text_has_both_languages() -> None:
    """No word of the page is missing in either language."""
    for name, (chinese, english) in TEXTS.items():
        assert chinese, name
        assert english, name
