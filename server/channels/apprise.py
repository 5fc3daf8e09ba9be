"""Any of the services that Apprise knows, by its own kind of address: text message providers, chats, telephones, pagers.

In `url`, `{address}` stands for the recipient's number or name. Apprise says only whether it worked, and of many services no
more than that HTTP did: what failed is tried again whatever the reason was, and what was accepted may have been dropped.
Its own log is kept off: it writes keys into it.
"""

import logging
from typing import Any
from urllib.parse import quote

from server.channels.channel import Channel, Message, Outcome, Receipt
from server.channels.kind import ChannelKind, Clock, Options
from server.channels.threads import AllBusyError, Threads

ADDRESS = "{address}"
CONNECT_SECONDS, ANSWER_SECONDS = 3, 4  # Of each call that Apprise makes.


class AppriseOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The service, as Apprise writes it: https://appriseit.com lists them."""

    url: str

    def __post_init__(self) -> None:
        if _service(self.url.replace(ADDRESS, "13800000000")) is None:
            raise ValueError("url: none that Apprise knows")


class Apprise:
    """One service."""

    kind = "apprise"
    report_seconds = None

    def __init__(self, name: str, options: AppriseOptions, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._threads = Threads(name)

    async def send(self, message: Message) -> Receipt:
        """Hand the message to the service."""
        url = self._options.url.replace(ADDRESS, quote(message.address, safe=""))
        try:
            good = await self._threads.run(lambda: _notify(url, message))
        except AllBusyError:
            return Receipt(Outcome.FAILED, self._clock(), detail="busy: earlier messages hang")
        except (TypeError, ValueError) as error:
            return Receipt(Outcome.REFUSED, self._clock(), detail=type(error).__name__)
        if good is None:
            return Receipt(Outcome.REFUSED, self._clock(), detail="an address that the service does not know")
        outcome = Outcome.ACCEPTED if good else Outcome.FAILED
        return Receipt(outcome, self._clock(), detail="" if good else "not taken")

    async def close(self) -> None:
        """Let go of nothing: each message has a connection of its own."""


def _service(url: str) -> Any:
    import apprise  # noqa: PLC0415  # A second and a hundred modules, for those who use it.

    logging.getLogger("apprise").disabled = True
    asset = apprise.AppriseAsset(app_id="Anxiao", app_desc="Anxiao", async_mode=False)
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def _notify(url: str, message: Message) -> bool | None:
    service = _service(url)
    if service is None:
        return None
    service.socket_connect_timeout = CONNECT_SECONDS
    service.socket_read_timeout = ANSWER_SECONDS
    return bool(service.notify(body=message.body, title=message.subject))


def _open(name: str, options: AppriseOptions, clock: Clock) -> Channel:
    return Apprise(name, options, clock)


KIND = ChannelKind("apprise", "Apprise 服务", "Apprise service", AppriseOptions, _open)
