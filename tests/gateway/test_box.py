"""A whole box: presses reach every uplink and the disk once, and come again until a receipt comes."""

import asyncio
from pathlib import Path

import pytest

from contract.messages import Birth, Heartbeat, decode_message
from contract.records import CheckIn, Clear, DeviceAlert, Press, Reading
from gateway import box as box_module
from gateway.box import Box, BoxPlan
from gateway.disk import PosixDisk
from gateway.memory_disk import MemoryDisk
from gateway.outbox_limits import OutboxLimits
from gateway.writer import WriterThread
from tests.gateway.boxes import BUTTON, CAMERA, GATEWAY, Puppet, running_box


async def test_a_press_is_on_every_uplink_and_its_answer_waits_for_the_disk() -> None:
    async with running_box(MemoryDisk(), ("a", "b")) as house:
        hub = await house.agent.hub()
        pressing = asyncio.create_task(hub.press(BUTTON))
        await asyncio.sleep(0)
        assert not pressing.done()
        for uplink in house.uplinks:
            assert [record.d for record in uplink.records("up/a") if isinstance(record, Press)] == [BUTTON]
        id_ = await pressing
        assert house.uplink.records("up/a")[0].id == id_  # type: ignore[union-attr]


async def test_a_press_without_a_receipt_is_told_again_by_the_next_start_under_the_same_id() -> None:
    disk = MemoryDisk()
    async with running_box(disk) as house:
        id_ = await (await house.agent.hub()).press(BUTTON)
        epoch = house.uplink.batches("up/a")[0].epoch
    async with running_box(disk) as house:
        await house.uplink.wait_for("up/a")
        again = house.uplink.batches("up/a")[0]
        assert again.epoch == epoch
        assert [record.id for record in again.records] == [id_]  # type: ignore[union-attr]


async def test_a_receipted_press_is_not_told_again_and_stays_open_over_a_restart() -> None:
    disk = MemoryDisk()
    async with running_box(disk) as house:
        id_ = await (await house.agent.hub()).press(BUTTON)
        house.uplink.receipt(house.uplink.batches("up/a")[0].epoch, a=1)
    async with running_box(disk) as house:
        beat = decode_message(await house.uplink.wait_for("hb"), Heartbeat)
        assert [press.id for press in beat.open] == [id_]
        assert house.uplink.batches("up/a") == []


@pytest.mark.parametrize("counter", [None, 7])
async def test_repeats_of_a_press_are_one_press_also_over_a_restart(counter: int | None) -> None:
    disk = MemoryDisk()
    async with running_box(disk) as house:
        hub = await house.agent.hub()
        first = await hub.press(BUTTON, counter=counter)
        assert await hub.press(BUTTON, counter=counter) == first
        assert len(house.uplink.records("up/a")) == 1
    async with running_box(disk) as house:
        assert await (await house.agent.hub()).press(BUTTON, counter=counter) == first


async def test_another_counter_is_another_press_and_a_real_press_never_repeats_a_test() -> None:
    async with running_box(MemoryDisk()) as house:
        hub = await house.agent.hub()
        ids = {
            await hub.press(BUTTON, counter=1),
            await hub.press(BUTTON, counter=2),
            await hub.press(BUTTON, counter=2, mode="test"),
        }
        assert len(ids) == 3


async def test_clearing_a_button_tells_each_open_press_of_it() -> None:
    async with running_box(MemoryDisk()) as house:
        hub = await house.agent.hub()
        ids = [await hub.press(BUTTON, counter=number) for number in (1, 2)]
        await hub.clear(BUTTON, by="门卫")
        cleared = [record.id for record in house.uplink.records("up/a") if isinstance(record, Clear)]
        assert cleared == ids
        await hub.clear(BUTTON, by="门卫")
        assert len([record for record in house.uplink.records("up/a") if isinstance(record, Clear)]) == 2


async def test_readings_and_check_ins_go_by_telemetry_and_unknown_devices_are_counted() -> None:
    async with running_box(MemoryDisk()) as house:
        hub = await house.agent.hub()
        hub.reading(CAMERA, {"online": True})
        hub.reading(CAMERA.__class__("ghost"), {"online": True})
        await hub.check_in(BUTTON, guard="g1", act="in")
        await house.uplink.wait_for("up/t")
        records = house.uplink.records("up/t")
        assert [record.d for record in records if isinstance(record, Reading) and record.d != "gw"] == [CAMERA]
        assert [record.guard for record in records if isinstance(record, CheckIn)] == ["g1"]
        assert house.box.hub is not None
        assert house.box.hub.counts["unknown_device"] == 1


async def test_an_alert_ends_under_the_id_it_began_with() -> None:
    async with running_box(MemoryDisk()) as house:
        hub = await house.agent.hub()
        began = await hub.alert(BUTTON, "tamper")
        assert await hub.alert(BUTTON, "tamper") == began
        assert await hub.alert(BUTTON, "tamper", on=False) == began
        told = [(record.id, record.on) for record in house.uplink.records("up/a") if isinstance(record, DeviceAlert)]
        assert told == [(began, True), (began, False)]


async def test_an_agent_that_falls_over_is_started_again_and_no_other_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_module, "BACK_OFF_SECONDS", (0.01, 0.02))
    faulty = Puppet("faulty", falls=2)
    async with running_box(MemoryDisk(), agents=[faulty]) as house:
        await faulty.hub()
        assert await (await house.agent.hub()).press(BUTTON)
        assert [state.falls for state in house.box.agents] == [0, 2]
        assert "ZeroDivisionError" in house.box.agents[1].last_error


async def test_a_path_that_fails_keeps_no_alarm_from_the_others() -> None:
    """One library's fault on one path, and the press is on the other and on disk all the same."""
    async with running_box(MemoryDisk(), ("a", "b")) as house:
        house.uplinks[0].broken = True
        id_ = await (await house.agent.hub()).press(BUTTON)

        assert [record.id for record in house.uplinks[1].records("up/a")] == [id_]  # type: ignore[union-attr]
        assert house.box.counts["send_faults"] >= 1


async def test_an_uplink_that_falls_over_is_started_again_and_no_other_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_module, "BACK_OFF_SECONDS", (0.01, 0.02))
    async with running_box(MemoryDisk(), ("a", "b"), broken=("a",)) as house:
        await house.uplinks[1].wait_for("birth")
        async with asyncio.timeout(10):
            while house.box.ways[0].falls < 2:  # noqa: ASYNC110  # The box offers nothing to wait for.
                await asyncio.sleep(0.01)
        house.uplinks[0].broken = False
        await house.uplinks[0].wait_for("birth")

        assert house.box.ways[1].falls == 0
        assert "ZeroDivisionError" in house.box.ways[0].last_error


async def test_a_box_stopped_while_it_opens_leaves_no_lock_behind(tmp_path: Path) -> None:
    """The next run in the same process must find the folder free."""
    writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe).start()

    def make() -> Box:
        return Box(BoxPlan(GATEWAY, lambda: [PosixDisk(tmp_path)], [], [Puppet()], OutboxLimits.fleet()), writer)

    first = asyncio.create_task(make().run())
    await asyncio.sleep(0)  # It has begun, and its outbox is being opened on a thread.
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    second = make()
    task = asyncio.create_task(second.run())
    agent = second.plan.agents[0]
    assert isinstance(agent, Puppet)
    await agent.hub()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.to_thread(writer.stop)


async def test_the_birth_names_every_device_and_the_box_itself() -> None:
    async with running_box(MemoryDisk()) as house:
        birth = decode_message(await house.uplink.wait_for("birth"), Birth)
        assert {device.d: device.kind for device in birth.devs} == {
            BUTTON: "alarm_button",
            CAMERA: "camera",
            "gw": "gateway",
        }
