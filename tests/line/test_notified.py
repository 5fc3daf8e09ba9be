"""People are told of a press by a real server: once however often it is killed, and never at the cost of the screens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from scripts.servers import Server, free_port
from simulators.receivers.channels import REPORT_KEY, SECRETS, channel_file
from simulators.receivers.manner import Manner
from simulators.receivers.web import Reports, Web, serving
from tests.line.house import Line, running_line

PRESS = "一级一键报警"
pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]


@pytest.fixture
async def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Web]:
    """Give the receivers, and to every server that starts the channel file that leads to them."""
    async with serving(Web(free_port())) as running:
        monkeypatch.setenv("ANXIAO_CHANNELS", str(channel_file(tmp_path, running.url)))
        yield running


async def until(true: Callable[[], object]) -> None:
    """Wait for something to become so."""
    async with asyncio.timeout(90):
        while not true():  # noqa: ASYNC110  # What is waited for tells nobody.
            await asyncio.sleep(0.05)


async def told(line: Line, path: str) -> httpx.Response:
    """Ask the API as the command centre."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{line.port}") as screen:
        password = line.password("command")
        (await screen.post("/api/v1/login", json={"username": "command", "password": password})).raise_for_status()
        return await screen.get(path)


async def test_message_of_a_server_killed_before_its_receipt_is_sent_again_under_the_same_id(
    broker: Server, tmp_path: Path, web: Web
) -> None:
    """The gateway of text messages has it and has not answered; the server dies by SIGKILL and starts again."""
    web["sms"].manner = Manner.STALL
    async with running_line(tmp_path, broker.port) as line:
        web.reports = Reports(f"http://127.0.0.1:{line.port}/api/v1/receipts/sms", REPORT_KEY)
        pressed = await line.press(1)
        await until(lambda: any(PRESS in one.text for one in web["sms"].got))
        cut_off = {one.id for one in web["sms"].got if PRESS in one.text}
        await line.server.kill()
        web["sms"].manner = Manner.TAKE
        await line.server.start()

        await until(lambda: cut_off <= {one.id for one in web["sms"].reached})
        assert await line.wait_for([pressed]) == [pressed]
        while True:
            dues = (await told(line, f"/api/v1/alerts/{pressed}/notifications")).json()["items"]
            sent = [message for due in dues for message in due["messages"] if message["id"] in cut_off]
            if all(message["state"] == "delivered" for message in sent):
                break
            await asyncio.sleep(0.2)
        assert {message["id"] for message in sent} == cut_off


async def test_channels_that_stall_delay_no_press_and_no_other_channel_and_show_no_secret(
    broker: Server, tmp_path: Path, web: Web
) -> None:
    """Text messages stall for ever: the press is on the screens, the chats come beside them, and no log tells a key."""
    web["sms"].manner = Manner.STALL
    async with running_line(tmp_path, broker.port) as line:
        pressed = [await line.press(counter) for counter in range(1, 4)]
        assert sorted(await line.wait_for(pressed)) == sorted(pressed)

        await until(lambda: web["wecom"].reached and web["dingtalk"].reached and web["feishu"].reached)
        await until(lambda: any(PRESS in one.text for one in web["dingtalk"].reached))
        answer = await told(line, "/api/v1/notifications")
        channels = await told(line, "/api/v1/channels")

    said = answer.text + channels.text + (tmp_path / "server.log").read_text()
    assert answer.json()["total"] > 0
    assert not [secret for secret in (*SECRETS, REPORT_KEY, "1000000000") if secret in said]
