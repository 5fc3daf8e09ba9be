"""What ingest needs of a way in, so that MQTT, HTTPS and tests are the same to it."""

from typing import Protocol

from server.ingest.model import Finish, Origin


class Door(Protocol):
    """A way in, and the way back for answers."""

    @property
    def name(self) -> str:
        """Name the door; it stands in origins, counters and as the path of a gateway that names none."""
        ...

    @property
    def connected(self) -> bool:
        """Say whether gateways can reach us by this door now."""
        ...

    def send(self, origin: Origin, gateway: str, payload: bytes, *, sure: bool) -> None:
        """Send an answer without waiting; an unsure one may be lost, as the gateway's next message brings it again."""
        ...

    def order(self, gateway: str, payload: bytes) -> None:
        """Send an order to a gateway without waiting; it may be lost, and is sent again until it is answered."""
        ...

    def finish(self, finish: Finish) -> None:
        """Take note that nothing more is sent for a request."""
        ...

    async def run(self) -> None:
        """Serve until cancelled, reconnecting for ever."""
        ...


class Receive(Protocol):
    """`Ingest.receive`, as a door sees it."""

    def __call__(self, door: Door, gateway: str, leaf: str, payload: bytes, request: int = 0) -> None:
        """Take in one message. Never waits, never raises."""
        ...
