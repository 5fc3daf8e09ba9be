"""The local page: it tells what is wrong, escapes what devices say, and answers no foreign host."""

import httpx
import msgspec

from contract.identity import Lane
from gateway.memory_disk import MemoryDisk
from gateway.node_events import PathDown
from gateway.status import Status, take_status, trouble
from gateway.status_page import lines, make_page, render
from tests.gateway.boxes import BUTTON, Puppet, running_box


async def test_a_running_box_shows_lanes_paths_agents_and_open_presses() -> None:
    async with running_box(MemoryDisk()) as house:
        id_ = await (await house.agent.hub()).press(BUTTON)
        status = take_status(house.box)

        assert status.lanes["a"].waiting == 1
        assert [press.id for press in status.open] == [id_]
        assert [path.up for path in status.paths] == [["a", "t"]]
        assert [(agent.name, agent.running, agent.devices) for agent in status.agents] == [("puppet", True, 2)]
        assert any("alarms without receipt: 1" in one for one in trouble(status))
        assert any(id_ in line for line in lines(status))


async def test_a_receipt_and_a_lost_path_are_seen() -> None:
    async with running_box(MemoryDisk()) as house:
        await (await house.agent.hub()).press(BUTTON)
        house.uplink.receipt(house.uplink.batches("up/a")[0].epoch, a=1)
        assert not [one for one in trouble(take_status(house.box)) if "receipt" in one]
        for lane in Lane:
            house.box.tell(PathDown("a", lane))
        status = take_status(house.box)

        assert status.paths[0].down_seconds is not None
        assert any("path down: a" in one for one in trouble(status))
        assert "path down: a" in render(status)


async def test_what_a_device_says_is_text_and_nothing_else() -> None:
    async with running_box(MemoryDisk(), agents=[Puppet("<script>alert(1)</script>")]) as house:
        page = render(take_status(house.box))

        assert "<script>" not in page
        assert "&lt;script&gt;" in page


async def test_the_page_answers_this_machine_only() -> None:
    app = make_page(lambda: Status("gw-test", ready=False, now_ms=0))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8090") as client:
        page, json = await client.get("/"), await client.get("/status.json")
        foreign = await client.get("/", headers={"Host": "evil.example"})

    assert page.status_code == 200
    assert "正在启动" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert msgspec.json.decode(json.content, type=Status).gateway == "gw-test"
    assert foreign.status_code == 400
