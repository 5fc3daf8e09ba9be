"""A group robot of Feishu (飞书), signed where it has a secret."""

import base64
import hashlib
import hmac

from server.channels.bot import judge, post, text_of
from server.channels.channel import Channel, Message, Receipt
from server.channels.http import Caller
from server.channels.kind import ChannelKind, Clock, Options

URL = "https://open.feishu.cn/open-apis/bot/v2/hook"
TEXT_BYTES_MAX = 20_000
TOO_FAST = (9499, 11232)
BUSY = (11233, 11247)


class FeishuOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The robot's token, as it stands at the end of its address, and its secret where it asks for a signature."""

    token: str
    secret: str = ""
    url: str = URL
    proxy: str = ""
    ca_file: str = ""


class Feishu:
    """One robot in one group; an address is not used."""

    kind = "feishu"
    report_seconds = None

    def __init__(self, name: str, options: FeishuOptions, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._caller = Caller(options.proxy, options.ca_file)

    async def send(self, message: Message) -> Receipt:
        """Say it in the group."""
        body: dict[str, object] = {"msg_type": "text", "content": {"text": text_of(message, TEXT_BYTES_MAX)}}
        if self._options.secret:
            body |= sign(self._options.secret, round(self._clock()))
        answer = await post(self._caller, f"{self._options.url}/{self._options.token}", body, {})
        return judge(answer, ("code", "StatusCode"), TOO_FAST, BUSY, self._clock())

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()


def sign(secret: str, now: int) -> dict[str, object]:
    """Sign as the robot's page has it: HMAC-SHA-256 of nothing, by the instant and the secret."""
    signed = hmac.new(f"{now}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(now), "sign": base64.b64encode(signed).decode()}


def _open(name: str, options: FeishuOptions, clock: Clock) -> Channel:
    return Feishu(name, options, clock)


KIND = ChannelKind("feishu", "飞书群机器人", "Feishu robot", FeishuOptions, _open)
