"""Takes what the police's systems tell, puts it on record, and says so to whoever waits for proof of it.

Nothing here moves an alert: what the police's side says stands beside what people have done on our screens.
"""

import time
from collections.abc import Callable
from typing import Protocol

from server.channels.channel import Outcome, Receipt
from server.police.lifecycle import TAKEN, Effect, PoliceReceipt, PoliceState, Told
from server.police.store import PoliceReceipts

TOLD_AGAIN_SECONDS = 86_400.0  # After a start: what was on record and may not have been told any more.
TOLD_AGAIN_MAX = 10_000

Receipted = Callable[[str, str, float], None]  # The alert, who says so, and when it was.


class Note(Protocol):
    """Note what became of a message in the log of notifications."""

    async def __call__(  # One for each thing that is told.
        self, message_id: str, state: str, at: float, by: str, reference: str = "", detail: str = ""
    ) -> bool:
        """Say whether the message is known."""
        ...


class Desk:
    """One per server. Raises `StorageError` where the database does not answer; then it is to be told again."""

    def __init__(
        self,
        receipts: PoliceReceipts,
        note: Note,
        receipted: Receipted,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.receipts = receipts
        self.counts: dict[str, int] = {"forged": 0, "unknown": 0} | dict.fromkeys(Effect, 0)  # Since the start.
        self._note = note
        self._receipted = receipted
        self._clock = clock

    async def begin(self) -> None:
        """Tell again what the last start of this server may have died before telling."""
        since_ms = round((self._clock() - TOLD_AGAIN_SECONDS) * 1_000)
        for one in await self.receipts.taken_since(since_ms, TOLD_AGAIN_MAX):
            self._prove(one)

    async def take(self, channel: str, message: str, reference: str, told: Told) -> PoliceReceipt | None:
        """Take one receipt in; None for a message that was never given to this channel, which is counted."""
        receipt = await self.receipts.take(channel, message, reference, told)
        if receipt is None:
            self.counts["unknown"] += 1
            return None
        self.counts[receipt.effect] += 1
        outcome = _outcome(receipt)
        if outcome is not None:
            detail = f"police: {told.state.value} {told.reason}".strip()
            await self._note(receipt.message, outcome.value, told.at_ms / 1_000, channel, told.reference, detail)
        self._prove(receipt)
        return receipt

    def answered(self, alert: str, receipt: Receipt) -> None:
        """Take note that a channel's own answer, which is on record, says that the police's side has taken a call."""
        if receipt.police in TAKEN:
            self._receipted(alert, "police", receipt.at)

    def _prove(self, receipt: PoliceReceipt) -> None:
        if receipt.told.state in TAKEN:
            self._receipted(receipt.alert, receipt.channel, min(receipt.told.at_ms, receipt.rx_ms) / 1_000)


def _outcome(receipt: PoliceReceipt) -> Outcome | None:
    """Say what a receipt means for the message itself: taken, it has arrived; turned down, it goes another way."""
    if receipt.told.state in TAKEN:
        return Outcome.DELIVERED
    turned_down = receipt.told.state is PoliceState.REJECTED and receipt.effect is not Effect.LATE
    return Outcome.REFUSED if turned_down else None
