"""Orders by the API: who may give them, on record before they leave, two people for what opens, and how they stand."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.identity import DeviceId, GatewayId, PressId, SchoolId
from contract.messages import Command, decode_message
from contract.orders import Op
from contract.records import Reply, encode_record
from contract.signing import parse_public, public_text, signed_by
from server.commands.model import COMMAND_SECONDS, CONFIRM_SECONDS
from server.commands.store import BUSY_MAX
from server.journal.model import AlarmEvent
from server.journal.sql import SqlJournal
from server.registry.model import Device
from tests.api.conftest import House
from tests.registry.city import FIRST, SECOND, roster

KEY = public_text(Ed25519PrivateKey.from_private_bytes(bytes(32)))
PATH = "/api/v1/commands"


def asked(op: str = "siren", device: str = "button-1", **changes: Any) -> dict[str, Any]:
    """Ask for something at the first school."""
    return {"id": str(uuid.uuid4()), "gateway": "gw-first", "op": op, "device": device} | changes


async def answer(house: House, id_: str, code: str, gateway: str = "gw-first", rx_ms: int = 1_001_000) -> None:
    """Have a gateway's reply in the journal."""
    journal = SqlJournal(house.database)
    record = Reply(id_, ok=code in ("accepted", "done"), code=code, t=1_000_500, text="a word")
    event = AlarmEvent(PressId(id_), "rep", GatewayId(gateway), DeviceId(""), record.t, rx_ms, encode_record(record), code)
    await journal.store_events([event])


async def test_an_order_is_recorded_audited_signed_sent_and_followed_to_its_end(house: House) -> None:
    client = await house.sign_in("maintainer")
    order = asked(arguments={"seconds": 5})
    given = await client.post(PATH, json=order)

    assert given.status_code == 201, given.text
    told = given.json()
    assert (told["state"], told["asked_by"], told["ends"]) == ("sent", "maintainer", 1_000_000 + COMMAND_SECONDS * 1_000)
    [(gateway, payload)] = house.door.orders
    command = decode_message(payload, Command)
    assert gateway == "gw-first"
    assert signed_by(payload, [parse_public(KEY)])
    assert (command.g, command.d, command.op, command.a) == ("gw-first", "button-1", "siren", {"seconds": 5})
    assert (command.n, command.exp, command.by) == (1_000_000, told["ends"], "user:maintainer")
    assert (await house.audited())[-2:] == [
        ("maintainer", "command_asked", f"command:{order['id']}"),
        ("maintainer", "command_given", f"command:{order['id']}"),
    ]
    await answer(house, order["id"], "accepted", gateway="gw-second")  # Another gateway's word counts for nothing.
    assert (await client.get(PATH)).json()["items"][0]["state"] == "sent"
    await answer(house, order["id"], "done")
    [listed] = (await client.get(PATH, params={"school": FIRST})).json()["items"]
    assert (listed["state"], listed["answers"][0]["text"]) == ("done", "a word")
    assert (await client.get(PATH, params={"school": SECOND})).json() == {"items": [], "next": None}


async def test_asking_again_under_one_id_is_one_order(house: House) -> None:
    client = await house.sign_in("maintainer")
    order = asked()
    first, again = [await client.post(PATH, json=order) for _ in range(2)]
    assert first.json() == again.json()
    assert len({payload for _, payload in house.door.orders}) == 1
    other = await client.post(PATH, json=order | {"arguments": {"seconds": 7}})
    assert (other.status_code, other.json()["code"]) == (422, "invalid")
    stranger = await house.sign_in("administrator")
    assert (await stranger.post(PATH, json=order)).status_code == 422


async def test_numbers_rise_also_within_one_millisecond_and_after_an_older_clock(house: House) -> None:
    client = await house.sign_in("maintainer")
    for _ in range(2):
        await client.post(PATH, json=asked())
    house.now[0] -= 500.0
    await client.post(PATH, json=asked())
    numbers = {decode_message(payload, Command).n for _, payload in house.door.orders}
    assert numbers == {1_000_000, 1_000_001, 1_000_002}


@pytest.mark.parametrize(
    ("who", "op", "status"),
    [
        ("maintainer", "unlock", 403),
        ("maintainer", "reboot", 201),
        ("police_liaison", "siren", 201),
        ("police_liaison", "reboot", 403),
        ("command_centre", "lock", 201),
        ("school_director", "siren", 403),
        ("education_officer", "siren", 403),
        ("guard", "siren", 403),
        ("wall", "siren", 403),
        ("supervisor", "siren", 403),
    ],
)
async def test_each_role_orders_what_is_its_own(house: House, who: str, op: str, status: int) -> None:
    client = await house.sign_in(who)
    assert (await client.post(PATH, json=asked(op))).status_code == status
    assert len(house.door.orders) == (status == 201)


@pytest.mark.parametrize(
    "changes",
    [
        {"op": "explode"}, {"arguments": {"seconds": 301}}, {"arguments": {"seconds": 1.5}}, {"device": "button-9"},
        {"op": "resend_birth"}, {"op": "siren", "device": ""}, {"id": "1"}, {"extra": 1}, {"op": "set"},
    ],
    ids=str,
)  # fmt: skip
async def test_what_cannot_be_ordered_is_refused(house: House, changes: dict[str, Any]) -> None:
    client = await house.sign_in("administrator")
    assert (await client.post(PATH, json=asked() | changes)).status_code == 422
    assert house.door.orders == []


async def test_another_branch_is_not_there_and_it_is_written_down(house: House) -> None:
    client = await house.sign_in("maintainer")
    assert (await client.post(PATH, json=asked(gateway="gw-third"))).status_code == 404
    assert (await house.audited())[-1] == ("maintainer", "outside_scope", "gateway:gw-third")
    assert (await client.get(PATH, params={"school": "3145000003"})).status_code == 404


async def test_what_opens_takes_a_second_person_with_the_right_to_it(house: House) -> None:
    first = await house.sign_in("command_centre")
    order = asked("unlock")
    waiting = await first.post(PATH, json=order)
    assert (waiting.status_code, waiting.json()["state"], waiting.json()["issued"]) == (201, "waiting", None)
    assert house.door.orders == []
    confirm = f"{PATH}/{order['id']}/confirm"
    own = await first.post(confirm)
    assert (own.status_code, own.json()["code"]) == (409, "second_person_required")
    assert (await (await house.sign_in("maintainer")).post(confirm)).status_code == 403
    second = await house.sign_in("police_liaison")
    confirmed = await second.post(confirm)
    assert (confirmed.status_code, confirmed.json()["state"], confirmed.json()["confirmed_by"]) == (
        200,
        "sent",
        "police_liaison",
    )
    [(_, payload)] = house.door.orders
    assert decode_message(payload, Command).by == "user:command_centre user:police_liaison"
    assert [what for _, what, target in await house.audited() if order["id"] in target] == [
        "command_asked",
        "command_confirmed",
    ]
    assert (await second.post(confirm)).json()["state"] == "sent"  # Clicked twice.
    assert (await (await house.sign_in("chief")).post(confirm)).status_code == 409
    assert len(house.door.orders) == 1


async def test_a_barrier_is_moved_by_two_people_in_whatever_words(house: House) -> None:
    city = roster()
    barrier = Device(GatewayId("gw-first"), DeviceId("barrier-1"), "barrier", SchoolId(FIRST))
    await house.registry.replace(replace(city, devices=(*city.devices, barrier)))
    client = await house.sign_in("administrator")
    answers = [
        await client.post(PATH, json=asked(op, "barrier-1", arguments={"position": 0} if op == "set" else {}))
        for op in ("set", "reboot", "unlock", "lock")
    ]
    assert [one.json()["state"] for one in answers] == ["waiting", "waiting", "waiting", "sent"]


async def test_nobody_confirms_what_has_lapsed_or_what_was_asked_by_somebody_who_is_gone(house: House) -> None:
    first, second = await house.sign_in("command_centre"), await house.sign_in("chief")
    late, orphan = asked("unlock"), asked("unlock")
    await first.post(PATH, json=late)
    await first.post(PATH, json=orphan)
    await house.registry.accounts.disable("command_centre")
    refused = await second.post(f"{PATH}/{orphan['id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    house.now[0] += CONFIRM_SECONDS + 1
    assert (await second.get(PATH)).json()["items"][0]["state"] == "lapsed"
    assert house.door.orders == []


async def test_a_test_alarm_declares_the_boxs_own_window_and_waits_for_it_to_be_known(house: House) -> None:
    client = await house.sign_in("maintainer")
    given = await client.post(PATH, json=asked("test_alarm", ""))
    assert given.status_code == 201
    [window] = house.windows
    assert (window.mode, list(window.devices), window.approved_by) == ("test", [("gw-first", "gw")], "maintainer")
    assert list(await house.parts.windows.counting(1000.0)) == [window]
    assert house.door.orders == []
    house.now[0] += 2.0
    await house.parts.commands._look()
    assert [decode_message(payload, Command).op for _, payload in house.door.orders] == [Op.TEST_ALARM]


async def test_an_order_without_an_answer_is_sent_again_and_never_after_its_end_or_answer(house: House) -> None:
    client = await house.sign_in("maintainer")
    first, second = asked(), asked()
    await client.post(PATH, json=first)
    await client.post(PATH, json=second)
    await answer(house, second["id"], "accepted")
    commands = house.parts.commands
    for _ in range(40):
        house.now[0] += 1.0
        await commands._look()
    sent = [decode_message(payload, Command).id for _, payload in house.door.orders]
    assert (sent.count(first["id"]), sent.count(second["id"])) == (5, 1)
    assert commands.waiting("gw-first") == []
    assert (await client.get(PATH)).json()["items"][0]["state"] in ("accepted", "unanswered")


async def test_a_gateway_is_not_given_more_than_it_can_take_and_a_clone_nothing(house: House) -> None:
    client = await house.sign_in("maintainer")
    answers = [await client.post(PATH, json=asked()) for _ in range(BUSY_MAX + 1)]
    assert [one.status_code for one in answers] == [201] * BUSY_MAX + [429]
    assert len((await client.get(PATH)).json()["items"]) == BUSY_MAX  # What was refused is not on record.
    house.clones.add("gw-second")
    refused = await client.post(PATH, json=asked(gateway="gw-second"))
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")


async def test_pages_follow_each_other(house: House) -> None:
    client = await house.sign_in("maintainer")
    for place in range(5):
        house.now[0] += place
        await client.post(PATH, json=asked())
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = (await client.get(PATH, params={"limit": "2"} | ({"cursor": cursor} if cursor else {}))).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [item["id"] for item in (await client.get(PATH)).json()["items"]]
    assert len(set(found)) == 5
