"""What the police's systems tell through the API: by their own key, of their own messages, and moving no alert of ours."""

from dataclasses import asdict
from typing import Any

import httpx
import pytest

from server.channels.channel import Outcome, Receipt, Subject
from server.core.alert import Severity
from server.notify.model import Due, Recipient, Way
from simulators.receivers.channels import POLICE_KEY, REPORT_KEY
from tests.api.conftest import House
from tests.api.engine import press
from tests.registry.city import THIRD

PLAN = ((Recipient("110", (Way("centre", "ABC"),)),),)


async def send(house: House, id_: str = "p1", **changes: Any) -> str:
    """Put a message to the centre on record as sent; gives its id."""
    alert = press(id_, **changes)
    house.engine.alerts = {**house.engine.alerts, alert.id: alert}
    store = house.parts.notifying.store
    about = Subject(alert=id_, rule=alert.rule, severity=Severity.CRITICAL, mode="real", t=1.0, rx=1.0, school=alert.school)
    due = Due(
        alert=id_,
        ring=1,
        step=0,
        audience="station",
        school=alert.school,
        rule=alert.rule,
        severity=1,
        mode="real",
        at_ms=1_000,
        plan=PLAN,
        about=about,
    )
    await store.put([due])
    [claimed] = await store.claim({"centre": 4})
    await store.settle(claimed.sending, Receipt(Outcome.ACCEPTED, 1_000.0, reference=f"ABC/{id_}"), None)
    return claimed.sending.id


async def tell(house: House, *rows: dict[str, Any], key: str = POLICE_KEY, channel: str = "centre") -> httpx.Response:
    """Post receipts as a police system does."""
    headers = {"Authorization": f"Bearer {key}"}
    body = {"receipts": list(rows)}
    return await house.client().post(f"/api/v1/police/{channel}/receipts", json=body, headers=headers)


async def shown(house: House, role: str = "police_liaison", alert: str = "p1") -> list[dict[str, Any]]:
    """Ask for what stands with an alert."""
    answer = await (await house.sign_in(role)).get(f"/api/v1/alerts/{alert}/police")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_receipts_move_the_polices_side_and_nothing_of_ours(house: House) -> None:
    """Out of order and twice: each is kept with what it did, and the alert stays as it was."""
    message = await send(house)
    before = asdict(house.engine.alerts["p1"])

    first = await tell(
        house,
        {"state": "accepted", "message": message, "at": 1_001_000, "number": "J-1"},
        {"state": "on_scene", "reference": "ABC/p1", "at": 1_300_000},
        {"state": "dispatched", "message": message, "at": 1_060_000},
    )
    again = await tell(house, {"state": "on_scene", "reference": "ABC/p1", "at": 1_300_000})
    closed = await tell(house, {"state": "closed", "message": message, "reason": "误报，已核实"})

    assert [one.json()["outcomes"] for one in (first, again, closed)] == [
        ["moved", "moved", "late"],
        ["repeated"],
        ["moved"],
    ]
    [item] = await shown(house)
    assert (item["state"], item["channel_label"]) == ("closed", "接警中心")
    assert [one["effect"] for one in item["receipts"]] == ["moved", "moved", "late", "repeated", "moved"]
    assert (item["receipts"][0]["reference"], item["receipts"][-1]["reason"]) == ("J-1", "误报，已核实")
    assert all(len(one["digest"]) == 64 for one in item["receipts"])
    assert asdict(house.engine.alerts["p1"]) == before
    [told] = await house.parts.notifying.log.of_alert("p1", 10)
    assert [one.state for one in told.sendings] == ["delivered"]


async def test_unknown_and_foreign_messages_are_refused_and_counted(house: House) -> None:
    """No such message, and one that went by another channel."""
    await send(house)

    answer = await tell(house, {"state": "closed", "message": "0" * 32}, {"state": "closed"})

    assert answer.json() == {"outcomes": ["unknown", "unknown"]}
    assert house.parts.notifying.desk.counts["unknown"] == 2
    assert await shown(house) == []


@pytest.mark.parametrize(
    ("key", "channel"),
    [("", "centre"), ("wrong", "centre"), (REPORT_KEY, "centre"), (REPORT_KEY, "sms"), (POLICE_KEY, "sms"), ("", "nothing")],
)
async def test_forged_receipt_is_refused_and_audited(house: House, key: str, channel: str) -> None:
    """A wrong key, another channel's key, a channel that is no police link: all refused alike, and audited once a minute."""
    message = await send(house)

    answers = [await tell(house, {"state": "closed", "message": message}, key=key, channel=channel) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {401}
    assert house.parts.notifying.desk.counts["forged"] == 3
    entries = [one for one in await house.parts.registry.audit.page(None, 10) if one.what == "police_receipt_forged"]
    assert [one.target for one in entries] == [f"channel:{channel if channel != 'nothing' else 'unknown'}"]
    assert await shown(house) == []


async def test_metrics_count_receipts_by_what_each_did(house: House) -> None:
    """A count of each, from nought: whoever watches forged ones must see the first of them rise."""
    message = await send(house)
    async with house.client("127.0.0.1") as local:
        before = (await local.get("/metrics")).text
        await tell(house, {"state": "closed", "message": message, "at": 1_000}, {"state": "dispatched", "message": message})
        await tell(house, {"state": "closed", "message": message, "at": 1_000}, {"state": "closed", "message": "0" * 32})
        await tell(house, {"state": "closed", "message": message}, key="wrong")
        after = (await local.get("/metrics")).text

    for what in ("moved", "late", "repeated", "unknown", "forged"):
        assert f'anxiao_police_receipts_total{{what="{what}"}} 0.0' in before
        assert f'anxiao_police_receipts_total{{what="{what}"}} 1.0' in after


async def test_what_cannot_be_read_is_refused_whole(house: House) -> None:
    """A state that nobody knows, a field too many, and a body that is too long."""
    for row in ({"state": "arrested"}, {"state": "closed", "acknowledge": True}, {"state": "closed", "reason": "x" * 501}):
        assert (await tell(house, row)).status_code == 422
    long = await tell(house, *({"state": "closed", "reason": "y" * 500} for _ in range(300)))
    assert long.status_code == 413


async def test_rejected_call_goes_another_way(house: House) -> None:
    """What the police's side turns down was not told by this channel."""
    message = await send(house)

    await tell(house, {"state": "rejected", "message": message, "reason": "not our district"})

    [told] = await house.parts.notifying.log.of_alert("p1", 10)
    assert [one.state for one in told.sendings] == ["refused"]


async def test_evidence_of_the_alert_tells_of_receipts(house: House) -> None:
    """Who told it, which state, and their number of the call."""
    message = await send(house)
    await tell(house, {"state": "dispatched", "message": message, "at": 1_060_000, "number": "J-7"})

    answer = await (await house.sign_in("police_liaison")).get("/api/v1/alerts/p1/evidence")

    assert answer.status_code == 200, answer.text
    [entry] = [one for one in answer.json()["entries"] if one["kind"] == "police"]
    assert (entry["what"], entry["by"], entry["ref"]) == ("police_dispatched", "centre", message)
    assert (entry["detail"]["reference"], entry["detail"]["at"]) == ("J-7", "1060000")


async def test_receipts_are_shown_within_reach_alone(house: House) -> None:
    """Another branch's school is not there."""
    await send(house, "p3", school=THIRD, gateway="gw-third")

    answer = await (await house.sign_in("police_liaison")).get("/api/v1/alerts/p3/police")

    assert answer.status_code == 404
