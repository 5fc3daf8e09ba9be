"""The examples of the protocol page are published and read by the decoders; those of the vendor guide are followed."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import aiomqtt
import pytest

from contract.batch import decode_batch
from contract.identity import DeviceId
from contract.messages import Birth, Command, Heartbeat, decode_message
from contract.orders import Op, check_command
from contract.records import Press, Reading
from contract.signing import parse_public, signed_by
from edge.agent import Order
from scripts.servers import Server
from tests.edge.lan_site import TOKEN, running_site
from tests.needed import need

ORDER = "019cad5e-4ee8-7c3d-9e4f-0123456789ab"
DOCS = Path(__file__).parent.parent.parent / "docs"
pytestmark = pytest.mark.broker


def examples(page: str) -> list[str]:
    """Give the shell examples of a page."""
    return re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


async def sh(script: str, **variables: str) -> str:
    """Run an example as a reader would."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", script, env=os.environ | variables, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    return out.decode()


async def test_the_protocol_page_can_be_followed_to_the_letter(broker: Server) -> None:
    for program in ("mosquitto_pub", "openssl"):
        need(shutil.which(program), program)
    said = ""
    heard: dict[str, bytes] = {}
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe("cs1/#", qos=1)
        for example in examples("protocol.md"):
            said += await sh(example, BROKER="127.0.0.1", PORT=str(broker.port))
        async with asyncio.timeout(10):
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                heard[str(message.topic).removeprefix("cs1/gw-example/")] = message.payload
                if len(heard) == 5:
                    break
    birth = decode_message(heard["birth"], Birth)
    assert [device.kind for device in birth.devs] == ["alarm_button", "camera"]
    [press] = decode_batch(heard["up/a"]).records
    [reading] = decode_batch(heard["up/t"]).records
    beat = decode_message(heard["hb"], Heartbeat)
    assert isinstance(press, Press)
    assert isinstance(reading, Reading)
    assert [one.id for one in beat.open] == [press.id]
    [key] = re.findall(r"`(ed25519:\S+)`", (DOCS / "protocol.md").read_text())
    assert signed_by(heard["cmd"], [parse_public(key)])
    assert check_command(decode_message(heard["cmd"], Command)) is Op.SIREN
    assert "Verified Successfully" in said


async def test_the_vendor_guide_can_be_followed_to_the_letter() -> None:
    for program in ("curl", "mosquitto_pub"):
        need(shutil.which(program), program)
    async with running_site() as site:
        http, back, mqtt = examples("vendor-guide.md")
        answers = await sh(http, GATEWAY=site.http, TOKEN=TOKEN)
        assert answers.count('"ok":true') == 4, answers
        doing = asyncio.create_task(site.agent.carry_out(Order(ORDER, DeviceId("button-gate"), "siren", {"seconds": 5})))
        answers = await sh(back, GATEWAY=site.http, TOKEN=TOKEN)
        assert '{"seen":false,"stored":false}' in answers
        assert f'"order":{{"id":"{ORDER}","op":"siren","a":{{"seconds":5}}}}' in answers
        assert await doing == "on for 5 s"
        await sh(mqtt, HOST=site.mqtt[0], MQTT_PORT=str(site.mqtt[1]), TOKEN=TOKEN)
        assert [fact[4] for fact in site.gateway.told if fact[0] == "press"] == ["7", "8"]
