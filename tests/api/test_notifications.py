"""The record of notifications through the API: within reach, masked, and told later by those who can prove themselves."""

import base64
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from server.channels.channel import Outcome, Receipt
from server.core.effects import NotificationDue
from server.notify.model import DueState
from simulators.receivers.channels import REPORT_KEY, SECRETS
from tests.api.conftest import House
from tests.api.engine import press
from tests.registry.city import THIRD

PHONE = "13800000001"


async def tell(house: House, *alerts: Any) -> None:
    """Let the engine say that these alerts must be told, and put it on record."""
    for alert in alerts:
        house.engine.alerts = {**house.engine.alerts, alert.id: alert}
        house.parts.notifying.tell(NotificationDue(alert, 0, ("station",)))
    await house.parts.notifying.dispatcher.put()


async def listed(house: House, role: str, query: str = "") -> dict[str, Any]:
    """Ask for the list as a role."""
    client = await house.sign_in(role)
    answer = await client.get(f"/api/v1/notifications{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def report(house: House, rows: list[dict[str, str]], key: str = REPORT_KEY, basic: str = "") -> httpx.Response:
    """Report deliveries as a gateway does."""
    scheme = f"Basic {base64.b64encode(basic.encode()).decode()}" if basic else f"Bearer {key}"
    return await house.client().post("/api/v1/receipts/sms", json={"reports": rows}, headers={"Authorization": scheme})


async def test_alert_tells_whom_it_told_with_every_hop(house: House) -> None:
    await tell(house, press("p1"))
    client = await house.sign_in("police_liaison")

    [due] = (await client.get("/api/v1/alerts/p1/notifications")).json()["items"]

    assert (due["audience"], due["step"], due["state"]) == ("station", 0, DueState.OPEN)
    [message] = due["messages"]
    assert (message["channel"], message["state"], message["address"]) == ("sms", "waiting", "138****01")
    assert message["body"].startswith("一级一键报警")


async def test_list_is_cut_to_the_callers_branch_and_filtered(house: House) -> None:
    await tell(house, press("p1"), press("p3", school=THIRD, gateway="gw-third"))

    assert [due["alert"] for due in (await listed(house, "police_liaison"))["items"]] == ["p1"]
    assert {due["alert"] for due in (await listed(house, "chief"))["items"]} == {"p1", "p3"}
    assert (await listed(house, "chief", f"?school={THIRD}&state=open&channel=sms&audience=station&mode=real"))["total"] == 1
    for query in ("?state=told", "?channel=mail", "?audience=school", "?mode=drill", "?to=1", "?rule=none"):
        assert (await listed(house, "chief", query))["total"] == 0, query


async def test_duress_is_not_told_at_its_own_school(house: House) -> None:
    await tell(house, replace(press("p1"), rule="device_alert", code="duress"))

    assert (await listed(house, "school_director"))["total"] == 0
    assert (await listed(house, "police_liaison"))["total"] == 1


async def test_pages_follow_each_other(house: House) -> None:
    await tell(house, *(press(f"p{number}") for number in range(5)))

    first = await listed(house, "chief", "?limit=3")
    second = await listed(house, "chief", f"?limit=3&cursor={first['next']}")

    assert (first["total"], len(first["items"]), len(second["items"]), second["next"]) == (5, 3, 2, None)


async def test_delivery_is_told_later_by_the_gateways_own_number(house: House) -> None:
    """Late, twice, and by either way of proving itself; an unknown number is nobody's."""
    await tell(house, press("p1"))
    store = house.parts.notifying.store
    [claimed] = await store.claim({"sms": 1})
    await store.settle(claimed.sending, Receipt(Outcome.ACCEPTED, 1000.0, reference="g-7"), 30.0)

    good = await report(house, [{"msgid": "g-7", "status": "DELIVRD"}, {"msgid": "g-8", "status": "DELIVRD"}])
    again = await report(house, [{"msgid": "g-7", "status": "DELIVRD"}], basic=f"gateway:{REPORT_KEY}")

    assert (good.json(), again.json()) == ({"known": 1}, {"known": 1})
    [due] = (await listed(house, "chief"))["items"]
    assert (due["messages"][0]["state"], due["state"]) == ("delivered", "told")
    assert [hop["what"] for hop in due["hops"]] == ["accepted", "told", "delivered"]


@pytest.mark.parametrize(("key", "basic"), [("", ""), ("wrong", ""), ("", "gateway:wrong"), ("", "nonsense")])
async def test_report_without_the_key_is_refused(house: House, key: str, basic: str) -> None:
    await tell(house, press("p1"))

    assert (await report(house, [], key, basic)).status_code == 401
    for channel in ("wecom", "nothing"):  # Without a key of its own a channel takes no reports at all.
        answer = await house.client().post(
            f"/api/v1/receipts/{channel}", json={"receipts": []}, headers={"Authorization": "Bearer "}
        )
        assert answer.status_code == 401


async def test_report_in_our_own_form_names_the_message(house: House) -> None:
    await tell(house, press("p1"))
    [claimed] = await house.parts.notifying.store.claim({"sms": 1})
    body = {"receipts": [{"id": claimed.sending.id, "state": "dispatched", "at": 5}]}

    answer = await house.client().post(
        "/api/v1/receipts/webhook", json=body, headers={"Authorization": f"Bearer {REPORT_KEY}"}
    )

    assert answer.json() == {"known": 1}
    [due] = (await listed(house, "chief"))["items"]
    assert [(hop["what"], hop["by"], hop["at"]) for hop in due["hops"]] == [("dispatched", "webhook", 5)]


async def test_channels_are_shown_without_anything_of_their_options(house: House) -> None:
    """No key, no address, nowhere: neither here nor in what a try says or the audit log keeps."""
    client = await house.sign_in("administrator")

    shown = await client.get("/api/v1/channels")
    tried = await client.post("/api/v1/channels/sms/try", json={"address": PHONE})
    again = await client.post("/api/v1/channels/sms/try", json={"address": PHONE})

    assert {one["name"] for one in shown.json()["items"]} >= {"sms", "wecom", "mail"}
    assert (tried.json()["outcome"], tried.json()["detail"]) == ("failed", "no connection")
    assert again.status_code == 429
    assert ("administrator", "channel_tried", "channel:sms") in await house.audited()
    told = shown.text + tried.text + json.dumps(await house.audited())
    assert not [secret for secret in (*SECRETS, REPORT_KEY, PHONE) if secret in told]


async def test_channel_that_is_not_there_cannot_be_tried(house: House) -> None:
    client = await house.sign_in("administrator")

    assert (await client.post("/api/v1/channels/smoke/try", json={})).status_code == 404
