"""A box that is commanded: what it does it does once and on record, whatever is killed; and its lamps never say too much."""

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import Reason, Refused, Unreachable
from contract.identity import DeviceId
from contract.messages import Birth, BirthDevice, Command, Seen, decode_message, encode_message
from contract.orders import Op
from contract.records import Clear, Press, Reply, decode_record
from contract.signing import parse_public, public_text, sign
from edge.agent import Order, Reporting
from edge.agents import dry_contact
from gateway.commands import Rights
from gateway.memory_disk import MemoryDisk
from gateway.node_events import Received
from gateway.orders import NOTE
from gateway.status import take_status
from gateway.status_page import render
from tests.gateway.boxes import BUTTON, GATEWAY, House, Recorded, running_box

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIREN = DeviceId("siren-1")
RIGHTS = Rights(
    (parse_public(public_text(KEY)),),
    frozenset({Op.TEST_ALARM, Op.RESEND_BIRTH, Op.REPLAY_FROM, Op.REBOOT}),
    {SIREN: frozenset({Op.SIREN, Op.UNLOCK})},
)
numbers = itertools.count(1)


def command(op: str = "siren", device: str = SIREN, **changes: object) -> Command:
    """Make a signed command that is good for 20 s from now."""
    number = next(numbers)
    now_ms = time.time_ns() // 1_000_000
    plain = Command(1, f"00000000-0000-7000-8000-{number:012x}", op, now_ms + 20_000, number, "user:m", device, g=GATEWAY)
    return sign(msgspec.structs.replace(plain, **changes), KEY)


def send(uplink: Recorded, order: Command) -> None:
    """Have a command come down."""
    uplink.tell(Received(uplink.name, "cmd", encode_message(order)))


@dataclass
class Doer:
    """An agent whose siren does as the test says."""

    name: str = "doer"
    trouble: Exception | None = None
    hangs: bool = False
    done: list[Order] = field(default_factory=list)

    def devices(self) -> Sequence[BirthDevice]:
        """Describe the siren."""
        return [BirthDevice(SIREN, "alarm_host")]

    def abilities(self) -> Mapping[DeviceId, frozenset[str]]:
        """Say that it can sound."""
        return {SIREN: frozenset({"siren"})}

    async def carry_out(self, order: Order) -> str:
        """Keep the order."""
        self.done.append(order)
        if self.trouble is not None:
            raise self.trouble
        if self.hangs:
            await asyncio.get_running_loop().create_future()
        return "loud"

    async def run(self, reporting: Reporting) -> None:  # noqa: ARG002
        """Serve."""
        await asyncio.get_running_loop().create_future()


async def synced(house: House) -> None:
    """Wait until every uplink is up and the box knows the server's time."""
    for uplink in house.uplinks:
        await uplink.sync()


async def test_an_order_is_noted_on_disk_before_it_is_carried_out_once_and_answered_on_the_alarm_lane() -> None:
    disk, doer = MemoryDisk(), Doer()
    async with running_box(disk, ("a", "b"), [doer], rights=RIGHTS) as house:
        await synced(house)
        order = command(a={"seconds": 5})
        for uplink in house.uplinks:  # Each broker brings it; a repeat comes besides.
            send(uplink, order)
        send(house.uplink, order)
        assert doer.done == []  # Nothing has moved before the disk could answer.

        assert await house.uplink.reply(2) == [(order.id, "accepted"), (order.id, "done")]
        assert doer.done == [Order(order.id, SIREN, "siren", {"seconds": 5})]
        send(house.uplinks[1], order)
        again = decode_record(await house.uplinks[1].wait_for("rep"))
        assert isinstance(again, Reply)
        assert (again.id, again.code, again.text) == (order.id, "done", "loud")
        assert len(doer.done) == 1
        assert len(house.uplink.replies()) == 2
        assert order.id in render(take_status(house.box))


async def test_a_box_that_does_not_know_the_time_or_the_key_obeys_nobody() -> None:
    doer = Doer()
    async with running_box(MemoryDisk(), agents=[doer], rights=RIGHTS) as house:
        await house.uplink.wait_for("hb")
        early = command()
        send(house.uplink, early)
        await synced(house)
        strange = command()
        send(house.uplink, msgspec.structs.replace(strange, by="user:other"))
        late = command(exp=time.time_ns() // 1_000_000 - 1)
        send(house.uplink, late)
        assert await house.uplink.reply(3) == [(early.id, "no_clock"), (strange.id, "bad_sig"), (late.id, "expired")]
    assert doer.done == []


async def test_without_a_key_in_the_site_file_every_order_is_refused() -> None:
    async with running_box(MemoryDisk(), agents=[Doer()]) as house:
        await synced(house)
        order = command()
        send(house.uplink, order)
        assert await house.uplink.reply() == [(order.id, "refused")]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (Unreachable("no answer"), "failed"),
        (Refused(Reason.OUT_OF_RANGE, "too loud"), "refused"),
        (ZeroDivisionError("a faulty driver"), "failed"),
    ],
    ids=repr,
)
async def test_what_goes_wrong_at_the_device_is_told_and_ends_there(trouble: Exception, code: str) -> None:
    doer = Doer(trouble=trouble)
    async with running_box(MemoryDisk(), agents=[doer], rights=RIGHTS) as house:
        await synced(house)
        order = command()
        send(house.uplink, order)
        assert await house.uplink.reply(2) == [(order.id, "accepted"), (order.id, code)]
        doer.trouble = None
        send(house.uplink, after := command())
        assert (await house.uplink.reply(4))[-1] == (after.id, "done")


async def test_a_box_killed_while_an_order_runs_says_so_at_the_next_start_and_does_not_begin_it_again() -> None:
    disk, first, second = MemoryDisk(), Doer(hangs=True), Doer()
    order = command()
    async with running_box(disk, agents=[first], rights=RIGHTS) as house:
        await synced(house)
        send(house.uplink, order)
        await house.uplink.reply()
        kept = disk.read(NOTE)
    assert len(first.done) == 1
    assert kept is not None
    disk.replace(NOTE, kept, durable=True)  # As it stood at the instant of the kill.
    async with running_box(disk, agents=[second], rights=RIGHTS) as house:
        await synced(house)
        send(house.uplink, order)
        assert (order.id, "failed") in await house.uplink.reply(2)
        send(house.uplink, after := command())
        async with asyncio.timeout(10):
            while (after.id, "done") not in house.uplink.replies():
                house.uplink.some.clear()
                await house.uplink.some.wait()
    assert [done.id for done in second.done] == [after.id]


async def test_an_order_that_no_disk_notes_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, doer = MemoryDisk(), Doer()

    def broken(name: str, content: bytes, *, durable: bool) -> None:
        raise OSError(5, "the disk said no")

    async with running_box(disk, agents=[doer], rights=RIGHTS) as house:
        await synced(house)
        monkeypatch.setattr(disk, "replace", broken)
        order = command()
        send(house.uplink, order)
        assert await house.uplink.reply() == [(order.id, "failed")]
        monkeypatch.undo()
    assert doer.done == []


async def test_an_order_whose_end_came_while_the_disk_was_slow_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, doer = MemoryDisk(), Doer()
    keep = disk.replace
    async with running_box(disk, agents=[doer], rights=RIGHTS) as house:
        await synced(house)
        order = command()

        def slow(name: str, content: bytes, *, durable: bool) -> None:
            monkeypatch.setattr(house.box.orders, "_server_ms", lambda: order.exp)
            keep(name, content, durable=durable)

        monkeypatch.setattr(disk, "replace", slow)
        send(house.uplink, order)
        assert await house.uplink.reply() == [(order.id, "expired")]
    assert doer.done == []


async def test_orders_to_the_box_itself() -> None:
    rebooted = asyncio.Event()
    disk = MemoryDisk()
    async with running_box(disk, rights=RIGHTS, reboot=rebooted.set) as house:
        await synced(house)
        epoch = decode_message(await house.uplink.wait_for("birth"), Birth).ep
        send(house.uplink, test := command("test_alarm", ""))
        await house.uplink.reply(2)
        press, clear = [one for one in house.uplink.records("up/a") if isinstance(one, Press | Clear)]
        assert isinstance(press, Press)
        assert (press.d, press.mode, press.press, clear.id) == ("gw", "test", "test", press.id)
        assert house.box.hub is not None
        assert house.box.hub.presses.open == ()
        send(house.uplink, birth := command("resend_birth", ""))
        send(house.uplink, replay := command("replay_from", "", a={"ep": epoch, "x": "a", "pos": 1}))
        send(house.uplink, reboot := command("reboot", ""))
        await house.uplink.reply(7)
        await asyncio.wait_for(rebooted.wait(), 10)
        codes: dict[str, list[str]] = {}
        for id_, code in house.uplink.replies():
            codes.setdefault(id_, []).append(code)
        assert codes == {
            **{one.id: ["accepted", "done"] for one in (test, birth, replay)},
            reboot.id: ["accepted"],
        }
    async with running_box(disk, rights=RIGHTS) as house:
        async with asyncio.timeout(10):
            while (reboot.id, "done") not in house.uplink.replies():
                house.uplink.some.clear()
                await house.uplink.some.wait()


def contacts(folder: Path) -> dry_contact.DryContact:
    """Make an agent with a siren, and a button with two lamps, on files."""
    return dry_contact.build(
        {
            "folder": str(folder),
            "devices": [{"id": "siren-1", "kind": "alarm_host"}, {"id": "btn-2", "kind": "alarm_button"}],
            "lines": [{"line": 17, "device": "btn-2", "use": "press"}],
            "outputs": [
                {"line": 22, "device": "siren-1", "use": "siren"},
                {"line": 23, "device": "siren-1", "use": "unlock", "pulse_ms": 50},
                {"line": 24, "device": "btn-2", "use": "lamp_seen"},
                {"line": 25, "device": "btn-2", "use": "lamp_stored"},
            ],
        }
    )


def lines(folder: Path) -> dict[str, str]:
    """Read the outputs."""
    return {name: (folder / name).read_text().strip() for name in ("22", "23", "24", "25")}


async def test_a_relay_sounds_and_a_strike_is_pulsed(tmp_path: Path) -> None:
    async with running_box(MemoryDisk(), agents=[contacts(tmp_path)], rights=RIGHTS) as house:
        await synced(house)
        send(house.uplink, command(a={"seconds": 300}))
        await house.uplink.reply(2)
        assert lines(tmp_path) == {"22": "1", "23": "0", "24": "0", "25": "0"}
        send(house.uplink, command(a={"seconds": 0}))
        send(house.uplink, command("unlock"))
        assert [code for _, code in await house.uplink.reply(6)].count("done") == 3
        assert set(lines(tmp_path).values()) == {"0"}
        send(house.uplink, command(a={"seconds": 300}))
        await house.uplink.reply(8)
    assert set(lines(tmp_path).values()) == {"0"}  # Nobody drives it any more.


async def test_no_lamp_answers_a_silent_press(tmp_path: Path) -> None:
    """Whoever gave the code under threat is being watched; what a lamp says of an earlier press stays as it is."""
    agent = contacts(tmp_path)
    async with running_box(MemoryDisk(), agents=[agent], rights=RIGHTS) as house:
        hub = await house.agent.hub()
        device = DeviceId("btn-2")
        silent = await hub.press(device, counter=1, press="duress")
        house.uplink.tell(Received("a", "rc", encode_message(Seen([silent]))))
        assert (lines(tmp_path)["24"], lines(tmp_path)["25"]) == ("0", "0")
        loud = await hub.press(device, counter=2)
        house.uplink.tell(Received("a", "rc", encode_message(Seen([loud]))))
        again = await hub.press(device, counter=3, press="silent")
        house.uplink.tell(Received("a", "rc", encode_message(Seen([again]))))
        assert (lines(tmp_path)["24"], lines(tmp_path)["25"]) == ("1", "0")


async def test_lamps_follow_the_newest_press_and_go_out_when_it_is_cleared(tmp_path: Path) -> None:
    agent = contacts(tmp_path)
    async with running_box(MemoryDisk(), agents=[agent], rights=RIGHTS) as house:
        hub = await house.agent.hub()
        device = DeviceId("btn-2")
        first = await hub.press(device, counter=1)
        epoch = house.uplink.batches("up/a")[0].epoch
        assert lines(tmp_path)["24"] == "0"
        house.uplink.tell(Received("a", "rc", encode_message(Seen([first]))))
        assert (lines(tmp_path)["24"], lines(tmp_path)["25"]) == ("1", "0")
        house.uplink.receipt(epoch, a=1)
        assert (lines(tmp_path)["24"], lines(tmp_path)["25"]) == ("1", "1")
        assert [(lamp.device, lamp.seen, lamp.stored) for lamp in take_status(house.box).lamps] == [("btn-2", True, True)]
        second = await hub.press(device, counter=2)
        assert (lines(tmp_path)["24"], lines(tmp_path)["25"]) == ("0", "0")  # Of this one nothing is known yet.
        house.uplink.tell(Received("a", "rc", encode_message(Seen([first, second]))))
        assert (lines(tmp_path)["24"], lines(tmp_path)["25"]) == ("1", "0")
        await hub.clear(device, by="key")
        assert (lines(tmp_path)["24"], lines(tmp_path)["25"]) == ("0", "0")
        assert await hub.press(BUTTON)
