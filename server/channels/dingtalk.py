"""A group robot of DingTalk (钉钉), signed where it has a secret."""

import base64
import hashlib
import hmac

from server.channels.bot import judge, post, text_of
from server.channels.channel import Channel, Message, Receipt
from server.channels.http import Caller
from server.channels.kind import ChannelKind, Clock, Options

URL = "https://oapi.dingtalk.com/robot/send"
TEXT_BYTES_MAX = 20_000
TOO_FAST = (130101, 130103, 410100)
BUSY = (-1,)


class DingtalkOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The robot's token, and its secret where its messages are to be signed (加签)."""

    token: str
    secret: str = ""
    url: str = URL
    proxy: str = ""
    ca_file: str = ""


class Dingtalk:
    """One robot in one group; an address is a mobile number that is called on in the group."""

    kind = "dingtalk"
    report_seconds = None

    def __init__(self, name: str, options: DingtalkOptions, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._caller = Caller(options.proxy, options.ca_file)

    async def send(self, message: Message) -> Receipt:
        """Say it in the group."""
        body: dict[str, object] = {"msgtype": "text", "text": {"content": text_of(message, TEXT_BYTES_MAX)}}
        if message.address:
            body["at"] = {"atMobiles": [message.address], "isAtAll": False}
        params = {"access_token": self._options.token}
        if self._options.secret:
            params |= sign(self._options.secret, round(self._clock() * 1_000))
        answer = await post(self._caller, self._options.url, body, params)
        return judge(answer, ("errcode",), TOO_FAST, BUSY, self._clock())

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()


def sign(secret: str, now_ms: int) -> dict[str, str]:
    """Sign as the robot's page has it: HMAC-SHA-256 of the instant and the secret, by the secret."""
    signed = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": str(now_ms), "sign": base64.b64encode(signed).decode()}


def _open(name: str, options: DingtalkOptions, clock: Clock) -> Channel:
    return Dingtalk(name, options, clock)


KIND = ChannelKind("dingtalk", "钉钉群机器人", "DingTalk robot", DingtalkOptions, _open)
