"""The real outbox, watched: the ghost is told what each record is, where it stands, and when the disk is said to have it."""

from typing import Any

import msgspec

from contract.errors import StorageError
from contract.identity import EpochId, GatewayId, Lane, PressId
from contract.records import Hole, Press, Reading, decode_record
from gateway.lane_front import Settled
from gateway.outbox import Outbox
from simulators.world.ghost import Ghost


class _Noted:
    """What waits for the disk: it goes with the record when the outbox moves, and knows where that stands then."""

    def __init__(self, ghost: Ghost, gateway: GatewayId, body: bytes, then: Settled | None) -> None:
        self.place: tuple[EpochId, Lane, int]
        self._ghost = ghost
        self._gateway = gateway
        self._body = body
        self._then = then

    def __call__(self, error: StorageError | None) -> None:
        if error is None:
            note_durable(self._ghost, self._gateway, *self.place, self._body)
        if self._then is not None:
            self._then(error)


class WatchedOutbox(Outbox):
    """Open it, then give it `ghost` and `gateway` before the first append."""

    ghost: Ghost
    gateway: GatewayId

    def _give_place(self, lane: Lane, body: bytes, done: Any, positions: int) -> int:
        noted = done if isinstance(done, _Noted) else _Noted(self.ghost, self.gateway, body, done)
        position = super()._give_place(lane, body, noted, positions)
        noted.place = (self.epoch, lane, position)
        note_made(self.ghost, self.gateway, self.epoch, position, body)
        return position


def note_made(ghost: Ghost, gateway: GatewayId, epoch: EpochId, position: int, body: bytes) -> None:
    """Write down what a box gives a place to."""
    record = decode_record(body)
    if isinstance(record, Press):
        if record.id not in ghost.made:
            ghost.made[PressId(record.id)] = gateway
            ghost.on_made(PressId(record.id), gateway)
    elif isinstance(record, Reading):
        ghost.sampled[gateway, record.d] = (epoch, position, record.m)
    elif (id_ := getattr(record, "id", None)) is not None:
        ghost.alarms.add(id_)


def note_durable(ghost: Ghost, gateway: GatewayId, epoch: EpochId, lane: Lane, position: int, body: bytes) -> None:
    """Write down what a disk has."""
    record = decode_record(body)
    if not isinstance(record, Hole):
        ghost.durable[gateway, epoch, lane, position] = msgspec.json.encode(record)
