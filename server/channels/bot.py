"""What the robots of WeCom, DingTalk and Feishu have in common.

All three answer 200 even to what they refuse, and say in the body what became of it: whoever looks at the status alone, as
most senders do, takes a refused message for a sent one.
"""

from collections.abc import Collection, Mapping

import msgspec

from server.channels.channel import Message, Outcome, Receipt
from server.channels.http import Answer, Caller

RATE_SECONDS = 60.0  # All three count by the minute.
JSON = {"Content-Type": "application/json; charset=utf-8"}


def judge(
    answer: Answer, code_names: Collection[str], too_fast: Collection[int], busy: Collection[int], now: float
) -> Receipt:
    """Read an answer: its code is 0 for what was taken; codes of haste and trouble may come again, all others never."""
    if not answer.good:
        outcome = Outcome.FAILED if answer.may_come_again else Outcome.REFUSED
        return Receipt(outcome, now, detail=answer.said, retry_seconds=answer.retry_seconds)
    told = answer.read()
    code = next((told[name] for name in code_names if name in told), None) if isinstance(told, dict) else None
    if not isinstance(code, int):
        return Receipt(Outcome.FAILED, now, detail="an answer that is none of the service's")
    if code == 0:
        return Receipt(Outcome.ACCEPTED, now)
    if code in too_fast:
        return Receipt(Outcome.FAILED, now, detail=f"code {code}: too fast", retry_seconds=RATE_SECONDS)
    return Receipt(Outcome.FAILED if code in busy else Outcome.REFUSED, now, detail=f"code {code}")


async def post(caller: Caller, url: str, body: Mapping[str, object], params: Mapping[str, str]) -> Answer:
    """Post a robot's message."""
    return await caller.post(url, msgspec.json.encode(body), JSON, params)


def text_of(message: Message, bytes_max: int) -> str:
    """Give the text of a message, cut where the service would refuse it for its length."""
    text = message.body
    while len(text.encode()) > bytes_max:
        text = text[: len(text) - 1 - (len(text.encode()) - bytes_max) // 4]
    return text
