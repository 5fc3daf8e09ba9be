"""From police receipts on record to what the API shows of an alert."""

from collections.abc import Mapping, Sequence

from server.api import views
from server.channels.opening import Opened
from server.police.lifecycle import PoliceReceipt, stands


def messages_of(receipts: Sequence[PoliceReceipt], channels: Mapping[str, Opened]) -> list[views.PoliceMessage]:
    """Show the receipts of an alert by the message they are about."""
    by_message: dict[str, list[PoliceReceipt]] = {}
    for one in receipts:
        by_message.setdefault(one.message, []).append(one)
    found = []
    for message, some in by_message.items():
        state = stands((one.told.state, one.effect) for one in some)
        opened = channels.get(some[0].channel)
        found.append(
            views.PoliceMessage(
                message=message,
                channel=some[0].channel,
                channel_label=opened.label if opened is not None else some[0].channel,
                state=state if state is not None else some[0].told.state,
                receipts=[_receipt(one) for one in some],
            )
        )
    return found


def _receipt(one: PoliceReceipt) -> views.PoliceReceiptView:
    return views.PoliceReceiptView(
        state=one.told.state,
        effect=one.effect,
        at=one.told.at_ms,
        rx=one.rx_ms,
        by=one.told.by,
        reference=one.told.reference,
        reason=one.told.reason,
        digest=one.told.digest,
    )
