"""Each service's own words: where a message stands in its request, and how it says yes, no and not now."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.receivers.manner import Manner

Params = Mapping[str, str]
Headers = Mapping[str, str]
SMS_TOKEN = "sms-token"  # noqa: S105  # Keys of the simulated services, which open nothing.
WECOM_KEY = "wecom-key"
DINGTALK_TOKEN, DINGTALK_SECRET = "dingtalk-token", "SEC-of-the-dingtalk-robot"
FEISHU_TOKEN, FEISHU_SECRET = "feishu-token", "secret-of-the-feishu-robot"
WEBHOOK_SECRET = "secret-of-the-webhook"  # noqa: S105
SIREN_KEY = "Bearer siren-key"
OLD_SECONDS = 300  # A signature that is older is refused, as the services' pages say of an hour and less.


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it was read, or why it was not: a refusal of the service's own."""

    to: str = ""
    text: str = ""
    id: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: `read` takes (path, params, headers, body, raw, now)."""

    name: str
    path: str
    read: Callable[["Asked"], Told]
    answers: Mapping[Manner, tuple[int, Any]]
    took: Callable[[str], Any]  # The answer of success, given our number of the message.
    refusal: Callable[[str], tuple[int, Any]]
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str
    params: Params
    headers: Headers
    body: Any
    raw: bytes
    now: float


def _sms(asked: Asked) -> Told:
    if asked.headers.get("authorization") != f"Bearer {SMS_TOKEN}":
        return Told(wrong="not authorised")
    return Told(str(asked.body.get("mobile", "")), str(asked.body.get("content", "")), str(asked.body.get("msgid", "")))


def _wecom(asked: Asked) -> Told:
    if asked.params.get("key") != WECOM_KEY:
        return Told(wrong="invalid webhook url")
    text = asked.body["text"]
    return Told(",".join(text.get("mentioned_mobile_list", ())), text["content"])


def _dingtalk(asked: Asked) -> Told:
    at = asked.params.get("timestamp", "0")
    expected = hmac.new(DINGTALK_SECRET.encode(), f"{at}\n{DINGTALK_SECRET}".encode(), hashlib.sha256).digest()
    signed = hmac.compare_digest(asked.params.get("sign", ""), base64.b64encode(expected).decode())
    if asked.params.get("access_token") != DINGTALK_TOKEN or not signed or abs(asked.now - int(at) / 1_000) > OLD_SECONDS:
        return Told(wrong="sign not match")
    return Told(",".join(asked.body.get("at", {}).get("atMobiles", ())), asked.body["text"]["content"])


def _feishu(asked: Asked) -> Told:
    at = str(asked.body.get("timestamp", "0"))
    expected = base64.b64encode(hmac.new(f"{at}\n{FEISHU_SECRET}".encode(), b"", hashlib.sha256).digest()).decode()
    signed = hmac.compare_digest(str(asked.body.get("sign", "")), expected)
    if not asked.path.endswith(FEISHU_TOKEN) or not signed or abs(asked.now - int(at)) > OLD_SECONDS:
        return Told(wrong="sign match fail or timestamp is not within one hour from current time")
    return Told("", asked.body["content"]["text"])


def _webhook(asked: Asked) -> Told:
    fields = dict(part.partition("=")[::2] for part in asked.headers.get("x-anxiao-signature", "").split(","))
    at = fields.get("t", "0")
    expected = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + asked.raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(fields.get("v1", ""), expected) or abs(asked.now - int(at)) > OLD_SECONDS:
        return Told(wrong="signature")
    return Told(asked.body.get("address", ""), asked.body["body"], asked.headers.get("idempotency-key", ""))


def _siren(asked: Asked) -> Told:
    if asked.headers.get("authorization") != SIREN_KEY:
        return Told(wrong="not authorised")
    return Told("relay", str(asked.body.get("on")), str(asked.body.get("id", "")))


def _codes(name: str, refuse: int, hurry: int, busy: int) -> dict[Manner, tuple[int, Any]]:
    """Give answers of a service that says everything in the body of a 200."""
    codes = {Manner.REFUSE: refuse, Manner.HURRY: hurry, Manner.BUSY: busy}
    return {manner: (200, {name: code, "errmsg": manner.value}) for manner, code in codes.items()}


def _unauthorised(wrong: str) -> tuple[int, Any]:
    return 401, {"error": wrong}


PLAIN: Mapping[Manner, tuple[int, Any]] = {
    Manner.REFUSE: (403, {"error": "refused"}),
    Manner.HURRY: (429, {"error": "too fast"}),
    Manner.BUSY: (503, {"error": "busy"}),
}
SERVICES: dict[str, Service] = {
    one.name: one
    for one in (
        Service(
            "sms",
            "/sms",
            _sms,
            {
                Manner.REFUSE: (200, {"code": "105", "desc": "number not allowed"}),
                Manner.HURRY: (200, {"code": "22", "desc": "too fast"}),
                Manner.BUSY: (502, {}),
            },
            lambda number: {"code": "0", "data": {"msgid": number}},
            lambda wrong: (200, {"code": "101", "desc": wrong}),
        ),
        Service(
            "wecom",
            "/cgi-bin/webhook/send",
            _wecom,
            _codes("errcode", 93000, 45009, -1),
            lambda _: {"errcode": 0, "errmsg": "ok"},
            lambda wrong: (200, {"errcode": 93000, "errmsg": wrong}),
        ),
        Service(
            "dingtalk",
            "/robot/send",
            _dingtalk,
            _codes("errcode", 310000, 130101, -1),
            lambda _: {"errcode": 0, "errmsg": "ok"},
            lambda wrong: (200, {"errcode": 310000, "errmsg": wrong}),
        ),
        Service(
            "feishu",
            "/open-apis/bot/v2/hook/{token}",
            _feishu,
            _codes("code", 19001, 9499, 11233),
            lambda _: {"code": 0, "msg": "success", "data": {}},
            lambda wrong: (200, {"code": 19021, "msg": wrong}),
        ),
        Service(
            "webhook",
            "/webhook",
            _webhook,
            PLAIN,
            lambda number: {"reference": number},
            lambda wrong: (401, {"error": wrong}),
        ),
        Service("siren", "/siren", _siren, PLAIN, lambda _: {"on": True}, lambda wrong: (401, {"error": wrong})),
    )
}
