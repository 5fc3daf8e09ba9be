"""Text messages (短信) by a provider's or a carrier's HTTP gateway; every gateway has its own words, which the options give.

In `headers` and `body`, `{address}`, `{text}` and `{id}` stand for the number, the text and the idempotency key. What the
gateway says is read from its JSON by `ok_field`: its value is one of `ok` for what was accepted, one of `busy` for what may
be tried again, anything else for what it refuses. With `report_seconds` the gateway reports each delivery within that time.
"""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from server.channels.channel import Channel, Message, Outcome, Receipt
from server.channels.http import Answer, Caller
from server.channels.kind import ChannelKind, Clock, Options

Value = str | int | bool


class SmsOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one gateway is spoken to."""

    url: str
    body: dict[str, Value]
    form: Literal["json", "form"] = "json"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    ok_field: str = "code"
    ok: tuple[str, ...] = ("0",)
    busy: tuple[str, ...] = ()
    reference_field: str = ""
    report_seconds: float | None = None
    report_list: str = ""  # Where in a posted report the messages are; empty for the whole of it.
    report_reference: str = "reference"
    report_state: str = "state"
    delivered: tuple[str, ...] = ("delivered",)  # What stands there for a message that has arrived; anything else failed.
    proxy: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url: http:// or https://")
        if not any("{text}" in str(value) for value in self.body.values()):
            raise ValueError("body: one value holds {text}, and one {address}")


class Sms:
    """One gateway."""

    kind = "sms"

    def __init__(self, name: str, options: SmsOptions, clock: Clock) -> None:
        self.name = name
        self.report_seconds = options.report_seconds
        self._options = options
        self._clock = clock
        self._caller = Caller(options.proxy, options.ca_file)

    async def send(self, message: Message) -> Receipt:
        """Hand the text to the gateway."""
        if not message.address:
            return Receipt(Outcome.REFUSED, self._clock(), detail="no number")
        words = {"{address}": message.address, "{text}": message.body, "{id}": message.id}
        body = {key: _filled(value, words) for key, value in self._options.body.items()}
        headers = {key: str(_filled(value, words)) for key, value in self._options.headers.items()}
        if self._options.form == "form":
            encoded, kind = urlencode(body).encode(), "application/x-www-form-urlencoded"
        else:
            encoded, kind = msgspec.json.encode(body), "application/json; charset=utf-8"
        answer = await self._caller.post(self._options.url, encoded, {"Content-Type": kind, **headers})
        return self._judge(answer)

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    def _judge(self, answer: Answer) -> Receipt:
        now = self._clock()
        if not answer.good:
            outcome = Outcome.FAILED if answer.may_come_again else Outcome.REFUSED
            return Receipt(outcome, now, detail=answer.said, retry_seconds=answer.retry_seconds)
        told = answer.read()
        code = _find(told, self._options.ok_field)
        if code is None:
            return Receipt(Outcome.FAILED, now, detail="an answer that is none of the gateway's")
        if _text(code) in self._options.ok:
            reference = _find(told, self._options.reference_field)
            return Receipt(Outcome.ACCEPTED, now, reference=_text(reference) if reference is not None else "")
        outcome = Outcome.FAILED if _text(code) in self._options.busy else Outcome.REFUSED
        return Receipt(outcome, now, detail=f"{self._options.ok_field} {_text(code)[:40]}")


def _filled(value: Value, words: Mapping[str, str]) -> Value:
    if isinstance(value, str):
        for word, meaning in words.items():
            value = value.replace(word, meaning)
    return value


def _find(told: Any, path: str) -> Any:
    """Give what stands at `data.0.id` of an answer; None where nothing does."""
    for part in path.split(".") if path else (None,):
        if isinstance(told, list) and part is not None and part.isdecimal() and int(part) < len(told):
            told = told[int(part)]
        elif isinstance(told, dict) and part in told:
            told = told[part]
        else:
            return None
    return told


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reports(options: SmsOptions, told: Any) -> list[dict[str, Any]]:
    """Read what a gateway posts of its deliveries, one or several at once."""
    found = _find(told, options.report_list) if options.report_list else told
    rows = found if isinstance(found, list) else [found]
    read = []
    for row in rows[:500]:
        reference, state = _find(row, options.report_reference), _find(row, options.report_state)
        if reference is not None and state is not None:
            good = _text(state) in options.delivered
            detail = "" if good else f"{options.report_state} {_text(state)[:40]}"
            read.append({"reference": _text(reference), "state": "delivered" if good else "failed", "detail": detail})
    return read


def _open(name: str, options: SmsOptions, clock: Clock) -> Channel:
    return Sms(name, options, clock)


KIND = ChannelKind("sms", "短信网关", "SMS gateway", SmsOptions, _open, _reports)
