"""A guard's phone: placed by its id, let in by a key that ends with the password, missed by nobody."""

from dataclasses import replace

from contract.identity import DeviceId, PressId, UserName
from server.core.effects import AlertChanged
from server.core.engine import Engine
from server.core.events import GatewayHeard, PressArrived, RosterLoaded
from server.ingest import gateways
from server.registry.model import Role, Scope, User
from server.registry.phones import Phones, phone_id, phone_key, school_of_phone
from server.registry.tree import Tree
from server.security.access import may_have_phone
from server.security.tokens import matches
from tests.registry.city import roster

SCHOOL = roster().schools[0].id
GUARD = User(UserName("guard"), "门卫", Role.GUARD, Scope("school", SCHOOL), "argon2-hash")
MARK = "0a1b2c3d"
PHONE = phone_id(SCHOOL, "guard", MARK)


def phones(*users: User) -> Phones:
    """Know these accounts."""
    tree = Tree(roster())
    known = {user.name: user for user in users}
    return Phones(lambda: known, lambda user, school: may_have_phone(user, school, tree), lambda: 0.0)  # type: ignore[arg-type,return-value]


def test_the_key_holds_for_this_phone_alone_and_ends_with_password_account_and_role() -> None:
    key = phone_key(GUARD, PHONE)
    found = phones(GUARD).find(PHONE)
    assert found is not None
    assert found.school == SCHOOL
    assert matches(key, found.key_hash)
    changed = phones(replace(GUARD, password_hash="another")).find(PHONE)
    assert changed is not None
    assert not matches(key, changed.key_hash)
    other = phones(GUARD).find(phone_id(SCHOOL, "guard", "zzzzzzzz"))
    assert other is not None
    assert not matches(key, other.key_hash)
    assert phones(replace(GUARD, disabled=True)).find(PHONE) is None
    assert phones(replace(GUARD, role=Role.SCHOOL_DIRECTOR)).find(PHONE) is None
    assert phones(GUARD).find(phone_id(roster().schools[-1].id, "guard", MARK)) is None
    assert phones().find(PHONE) is None
    assert school_of_phone("gw-first") is None


def test_a_press_of_a_phone_rings_at_its_school_as_a_call_for_help_and_the_phone_is_no_stranger() -> None:
    engine = Engine()
    engine.step(RosterLoaded(roster()), 1000.0)
    assert engine.step(GatewayHeard(PHONE, 1000.0, "https"), 1000.0) == []
    press = PressArrived(
        PressId("019cad5e-2f80-7d5a-8b31-6f0a1c2d3e4f"), PHONE, DeviceId("post-1"), 1000.0, 1000.0, 3, "sos", "test"
    )
    effects = engine.step(press, 1000.0)
    assert any(isinstance(one, AlertChanged) for one in effects)
    alert = engine.alert_of(press.id)
    assert alert is not None
    assert (alert.school, alert.code, alert.mode, alert.rule) == (SCHOOL, "sos", "real", "one_key_press")
    assert engine.step(press, 1001.0) == []


def test_one_phone_more_than_are_remembered_is_taken_too() -> None:
    known = gateways.Gateways()
    known.load({})
    assert known.get("gw-nobody") is None
    for number in range(gateways.PHONES_MAX + 5):
        assert known.get(f"ph-{SCHOOL}-0123456789-{number:08}") is not None
    assert len(known._phones) == gateways.PHONES_MAX
