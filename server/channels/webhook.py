"""A webhook: the whole message as JSON to an address of the customer's own, signed so that it cannot be made up.

The signature is `t=SECONDS,v1=HEX`: HMAC-SHA-256 of `SECONDS.BODY` by the shared secret. The receiver checks it, refuses
what is older than five minutes, and drops a second copy by `Idempotency-Key`. An answer of 200 that says
`{"outcome":"delivered"}` means that it reached its end; any other success, that it was accepted.
"""

import hashlib
import hmac

import msgspec

from server.channels.channel import Channel, Message, Outcome, Receipt
from server.channels.http import Answer, Caller
from server.channels.kind import ChannelKind, Clock, Options

SECRET_LEAST = 16


class WebhookOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to, and the secret that both sides know."""

    url: str
    secret: str
    proxy: str = ""
    ca_file: str = ""
    report_seconds: float | None = None

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url: http:// or https://")
        if len(self.secret) < SECRET_LEAST:
            raise ValueError(f"secret: at least {SECRET_LEAST} characters")


class Webhook:
    """One webhook."""

    kind = "webhook"

    def __init__(self, name: str, options: WebhookOptions, clock: Clock) -> None:
        self.name = name
        self.report_seconds = options.report_seconds
        self._options = options
        self._clock = clock
        self._caller = Caller(options.proxy, options.ca_file)

    async def send(self, message: Message) -> Receipt:
        """Post the message."""
        body = msgspec.json.encode(message)
        now = self._clock()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            "X-Anxiao-Signature": signature(self._options.secret, round(now), body),
        }
        answer = await self._caller.post(self._options.url, body, headers)
        return receipt_of(answer, self._clock())

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()


def signature(secret: str, at: int, body: bytes) -> str:
    """Sign a body as it is sent at an instant in seconds UTC."""
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def receipt_of(answer: Answer, now: float) -> Receipt:
    """Read what a webhook's receiver says."""
    if not answer.good:
        outcome = Outcome.FAILED if answer.may_come_again else Outcome.REFUSED
        return Receipt(outcome, now, detail=answer.said, retry_seconds=answer.retry_seconds)
    told = answer.read()
    told = told if isinstance(told, dict) else {}
    delivered = told.get("outcome") == Outcome.DELIVERED.value
    return Receipt(Outcome.DELIVERED if delivered else Outcome.ACCEPTED, now, reference=str(told.get("reference", "")))


def _open(name: str, options: WebhookOptions, clock: Clock) -> Channel:
    return Webhook(name, options, clock)


KIND = ChannelKind("webhook", "网络回调", "Webhook", WebhookOptions, _open)
