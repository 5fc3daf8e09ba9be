"""What a gateway says of itself to whoever stands beside it: one snapshot, taken from a running box."""

import time

import msgspec

from contract.identity import Lane
from contract.messages import OpenPress
from gateway.box import Box

COMMANDS_SHOWN = 20  # The newest ones; all of them are at the server.


class LaneStatus(msgspec.Struct, frozen=True):
    """One lane: what has no receipt yet, and the room that the lane takes on disk."""

    waiting: int
    last_position: int
    used_bytes: int


class PathStatus(msgspec.Struct, frozen=True):
    """One way to the server. `down_seconds` is null while any of its connections stands."""

    name: str
    kind: str
    up: list[str]
    down_seconds: float | None
    carries_telemetry: bool
    dropped: int
    falls: int
    last_error: str


class AgentStatus(msgspec.Struct, frozen=True):
    """One device interface."""

    name: str
    running: bool
    devices: int
    falls: int
    last_error: str


class ClockStatus(msgspec.Struct, frozen=True):
    """The record clock: quality 3 synced, 2 real-time clock, 1 interpolated, 0 unknown."""

    quality: int
    offset_ms: int
    error_ms: int


class LampStatus(msgspec.Struct, frozen=True):
    """What is known of the newest press of a device, and shown beside its button where there is a lamp."""

    device: str
    seen: bool
    stored: bool


class CommandStatus(msgspec.Struct, frozen=True):
    """One command of the last day and what became of it."""

    id: str
    code: str
    t: int
    text: str


class Status(msgspec.Struct, frozen=True):
    """The whole snapshot. `ready` is false until the outbox is open; then nothing but the name is known."""

    gateway: str
    ready: bool
    now_ms: int
    software: str = ""
    epoch: str = ""
    up_seconds: float = 0.0
    lanes: dict[str, LaneStatus] = {}
    paths: list[PathStatus] = []
    agents: list[AgentStatus] = []
    open: list[OpenPress] = []
    lamps: list[LampStatus] = []
    commands: list[CommandStatus] = []
    clock: ClockStatus | None = None
    receipt_seconds_ago: float | None = None
    press_seconds_ago: float | None = None
    counts: dict[str, int] = {}


def take_status(box: Box) -> Status:
    """Look at a box now."""
    now, now_ms = time.monotonic(), time.time_ns() // 1_000_000
    node, hub, outbox, plan = box.node, box.hub, box.outbox, box.plan
    if node is None or hub is None or outbox is None:
        return Status(plan.gateway, ready=False, now_ms=now_ms)
    return Status(
        plan.gateway,
        ready=True,
        now_ms=now_ms,
        software=plan.description.software,
        epoch=outbox.epoch,
        up_seconds=round(now - box.started_at, 1),
        lanes={lane.value: LaneStatus(node.waiting(lane), outbox.last(lane), outbox.used_bytes(lane)) for lane in Lane},
        paths=_paths(box, now),
        agents=[
            AgentStatus(state.name, state.running, len(agent.devices()), state.falls, state.last_error)
            for state, agent in zip(box.agents, plan.agents, strict=True)
        ],
        open=list(hub.presses.open),
        lamps=[LampStatus(one.device, one.seen, one.stored) for one in box.lamps.state()],
        commands=[
            CommandStatus(reply.id, reply.code, reply.t, reply.text) for reply in box.commands.results[-COMMANDS_SHOWN:]
        ],
        clock=ClockStatus(node.clock.quality(now), node.clock.offset_ms(now), node.clock.error_ms),
        receipt_seconds_ago=_ago(box.last_receipt_at, now),
        press_seconds_ago=_ago(hub.last_press_at, now),
        counts={
            **box.counts,
            **hub.counts,
            **(box.orders.counts if box.orders is not None else {}),
            "alarms_sent_again": node.rounds_again,
            "telemetry_stalls": node.stalls,
            "readings_given_up": outbox.shed,
            "messages_unreadable": node.unreadable,
            "receipts_of_another_box": node.clones,
        },
    )


def _paths(box: Box, now: float) -> list[PathStatus]:
    assert box.node is not None
    return [
        PathStatus(
            name=path.name,
            kind=path.kind.value,
            up=sorted(lane.value for lane in path.up),
            down_seconds=_ago(path.down_since, now) if not path.up else None,
            carries_telemetry=path.name == box.node.telemetry_path,
            dropped=box.uplinks[path.name].dropped,
            falls=state.falls,
            last_error=state.last_error,
        )
        for path, state in zip(box.node.paths.all, box.ways, strict=True)
    ]


def trouble(status: Status) -> list[str]:
    """Name what a person at the school should see to; empty when there is nothing known."""
    if not status.ready:
        return ["正在启动 starting"]
    found = [f"通道中断 path down: {path.name}" for path in status.paths if not path.up]
    found += [
        f"接口停止 interface stopped: {agent.name}: {agent.last_error}" for agent in status.agents if not agent.running
    ]
    if status.lanes[Lane.ALARM.value].waiting:
        found.append(f"报警未获回执 alarms without receipt: {status.lanes[Lane.ALARM.value].waiting}")
    if status.clock is not None and not status.clock.quality:
        found.append("时钟未知 clock unknown")
    if status.receipt_seconds_ago is None:
        found.append("尚无回执 no receipt since the start")
    return found


def _ago(at: float | None, now: float) -> float | None:
    return None if at is None else round(max(0.0, now - at), 1)
