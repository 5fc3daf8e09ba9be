"""amqtt's broker, mended where a city would break it."""

from amqtt.broker import Broker  # type: ignore[import-untyped]  # It comes without types.
from amqtt.session import Session  # type: ignore[import-untyped]


class FairBroker(Broker):  # type: ignore[misc]  # Of a class without types.
    """Gives retained messages only to those who subscribed to them.

    amqtt 0.12.1 sends every client that connects the retained messages of every subscription of everybody: with a
    server on `cs1/+/birth` each gateway would get the birth of all the others, and a city's start grows with the square.
    """

    async def _publish_retained_messages_for_subscription(self, subscription: tuple[str, int], session: Session) -> None:
        subscribed = self._subscriptions.get(subscription[0], ())
        if any(one.client_id == session.client_id for one, _ in subscribed):
            await super()._publish_retained_messages_for_subscription(subscription, session)
