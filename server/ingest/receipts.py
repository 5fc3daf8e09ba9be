"""Gathers the receipts of one commit: a gateway with several batches in it gets one for each epoch and door."""

from contract.identity import EpochId, GatewayId, Lane
from contract.limits import VERSION
from contract.messages import Receipt, Refusal
from server.ingest.gateways import GatewayState
from server.ingest.model import Effect, Origin, Pending, SendReceipt
from server.journal.model import Outcome, Written

WINDOW_BUSY = 1  # Un-receipted batches allowed to a gateway that sends more than its share.


class _Sum:
    """One receipt in the making."""

    __slots__ = ("committed", "refusals", "resend", "window")

    def __init__(self, window: int) -> None:
        self.committed: dict[str, int] = {}
        self.resend: dict[str, int] = {}
        self.refusals: list[Refusal] = []
        self.window = window


class Receipts:
    """The receipts of one commit. Everything added is committed already."""

    def __init__(self, now_ms: int, window: int) -> None:
        self._now_ms = now_ms
        self._window = window
        self._sums: dict[tuple[Origin, GatewayId, EpochId], _Sum] = {}

    def add(self, pending: Pending, written: Written, state: GatewayState | None, now: float) -> None:
        """Add what became of one batch."""
        batch = pending.batch
        key = (pending.origin, batch.gateway, batch.epoch)
        total = self._sums.get(key)
        if total is None:
            total = self._sums[key] = _Sum(self._window)
        lane = batch.lane.value
        total.committed[lane] = written.cursor
        if written.outcome is Outcome.GAP:
            total.resend[lane] = written.cursor + 1
        else:
            total.resend.pop(lane, None)  # What was missing came in the same commit.
        if written.refusals:
            total.refusals += written.refusals
        if batch.lane is Lane.TELEMETRY and state is not None and state.busy(now):
            total.window = WINDOW_BUSY

    def effects(self) -> list[Effect]:
        """Give the receipts to be sent."""
        now_ms = self._now_ms
        return [
            SendReceipt(
                origin,
                gateway,
                Receipt(VERSION, epoch, now_ms, one.committed, rs=one.resend, win=one.window, no=one.refusals),
            )
            for (origin, gateway, epoch), one in self._sums.items()
        ]
