"""A group robot of WeCom (企业微信), or of a government's own installation of it (政务微信) at another address."""

from server.channels.bot import judge, post, text_of
from server.channels.channel import Channel, Message, Receipt
from server.channels.http import Caller
from server.channels.kind import ChannelKind, Clock, Options

URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
TEXT_BYTES_MAX = 2_048
TOO_FAST = (45009, 45033)
BUSY = (-1, 50001)


class WecomOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The robot's key, as it stands at the end of its address."""

    key: str
    url: str = URL
    proxy: str = ""
    ca_file: str = ""


class Wecom:
    """One robot in one group; an address is a mobile number that is called on in the group."""

    kind = "wecom"
    report_seconds = None

    def __init__(self, name: str, options: WecomOptions, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._caller = Caller(options.proxy, options.ca_file)

    async def send(self, message: Message) -> Receipt:
        """Say it in the group."""
        text: dict[str, object] = {"content": text_of(message, TEXT_BYTES_MAX)}
        if message.address:
            text["mentioned_mobile_list"] = [message.address]
        body = {"msgtype": "text", "text": text}
        answer = await post(self._caller, self._options.url, body, {"key": self._options.key})
        return judge(answer, ("errcode",), TOO_FAST, BUSY, self._clock())

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()


def _open(name: str, options: WecomOptions, clock: Clock) -> Channel:
    return Wecom(name, options, clock)


KIND = ChannelKind("wecom", "企业微信群机器人", "WeCom robot", WecomOptions, _open)
