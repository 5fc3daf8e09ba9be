"""Which commands are obeyed: only what is signed, in time, new and enabled, and each at most once over any restart."""

from contextlib import suppress

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import Refused
from contract.identity import DeviceId, GatewayId
from contract.messages import Command, decode_message, encode_message
from contract.orders import Op
from contract.signing import parse_public, public_text, sign
from gateway.commands import (
    INTERRUPTED,
    RESULTS_MAX,
    RUNNING_MAX,
    STRANGERS_PER_MINUTE,
    Again,
    Begun,
    Circumstances,
    Commands,
    Ignored,
    Judgement,
    Rights,
    Turned,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
GATEWAY = GatewayId("gw-0001")
SIREN = DeviceId("siren-1")
NOW = 1_772_413_200_000
RIGHTS = Rights((parse_public(public_text(KEY)),), devices={SIREN: frozenset({Op.SIREN})})
ABLE = {SIREN: frozenset({"siren", "unlock"})}


def made(number: int = 1, **changes: object) -> Command:
    """Make a command that would be obeyed, and change it."""
    plain = Command(
        1,
        f"00000000-0000-7000-8000-{number:012x}",
        "siren",
        NOW + 20_000,
        number,
        "user:m",
        SIREN,
        {"seconds": 5},
        g=GATEWAY,
    )
    return msgspec.structs.replace(plain, **changes)


def given_to(
    commands: Commands,
    command: Command,
    key: Ed25519PrivateKey = KEY,
    *,
    at: int = NOW,
    quality: int = 3,
    clone: bool = False,
) -> Judgement:
    """Sign a command and have it judged."""
    signed = sign(command, key)
    return commands.judge(signed, encode_message(signed), Circumstances(at, quality, clone, ABLE))


def code(judgement: Judgement) -> str:
    """Give the code of a refusal."""
    assert isinstance(judgement, Turned), judgement
    return judgement.reply.code


def test_a_signed_order_in_time_is_begun_once() -> None:
    commands = Commands(GATEWAY, RIGHTS)

    assert given_to(commands, made()) == Begun(Op.SIREN, sign(made(), KEY))
    again = given_to(commands, made())
    assert isinstance(again, Again)
    assert again.reply.code == "accepted"
    commands.ended(made().id, "done", "on for 5 s", NOW + 10)
    again = given_to(commands, made(), at=NOW + 3_600_000)
    assert isinstance(again, Again)
    assert (again.reply.code, again.reply.ok) == ("done", True)


@pytest.mark.parametrize(
    ("changes", "circumstances", "wanted"),
    [
        ({"exp": NOW}, {}, "expired"),
        ({"exp": NOW + 30_001}, {}, "refused"),
        ({"g": "gw-0002"}, {}, "refused"),
        ({"op": "unlock", "a": {}}, {}, "refused"),  # The device could; the site does not let it.
        ({"op": "lock", "a": {}}, {}, "refused"),
        ({"d": "siren-2"}, {}, "refused"),
        ({"op": "reboot", "d": "", "a": {}}, {}, "refused"),
        ({"op": "explode"}, {}, "refused"),
        ({}, {"quality": 0}, "no_clock"),
        ({}, {"quality": 2}, "no_clock"),
        ({}, {"clone": True}, "refused"),
        ({}, {"key": OTHER}, "bad_sig"),
    ],
)
def test_what_is_not_obeyed_and_why(changes: dict[str, object], circumstances: dict[str, object], wanted: str) -> None:
    commands = Commands(GATEWAY, RIGHTS)
    assert code(given_to(commands, made(**changes), **circumstances)) == wanted  # type: ignore[arg-type]
    assert isinstance(given_to(commands, made(2)), Begun)  # A refusal stands in nobody's way.


def test_a_device_that_no_running_interface_serves_is_unknown() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    signed = sign(made(), KEY)
    assert code(commands.judge(signed, encode_message(signed), Circumstances(NOW, 3, False, {}))) == "unknown_device"


def test_without_a_key_nothing_is_obeyed_and_with_a_new_key_both_are_for_a_while() -> None:
    assert code(given_to(Commands(GATEWAY, Rights()), made())) == "refused"
    both = Rights((*RIGHTS.keys, parse_public(public_text(OTHER))), devices=RIGHTS.devices)
    commands = Commands(GATEWAY, both)
    assert isinstance(given_to(commands, made(1), KEY), Begun)
    assert isinstance(given_to(commands, made(2), OTHER), Begun)


def test_numbers_only_go_up_also_over_a_restart() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    assert isinstance(given_to(commands, made(5)), Begun)
    assert code(given_to(commands, made(4))) == "refused"
    later = Commands(GATEWAY, RIGHTS)
    later.load([commands.dump()], NOW)
    assert code(given_to(later, made(3))) == "refused"
    assert isinstance(given_to(later, made(6)), Begun)


def test_of_two_disks_the_one_that_knows_more_counts() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    given_to(commands, made(1))
    old = commands.dump()
    given_to(commands, made(9))
    commands.ended(made(1).id, "done", "", NOW)
    for notes in ([old, commands.dump(), b"rubbish"], [commands.dump(), old]):
        later = Commands(GATEWAY, RIGHTS)
        assert {reply.id: reply.code for reply in later.load(notes, NOW)} == {made(1).id: "done", made(9).id: "failed"}
        assert code(given_to(later, made(8))) == "refused"


def test_what_was_begun_when_the_box_was_killed_is_told_as_failed_and_not_begun_again() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    given_to(commands, made())
    later = Commands(GATEWAY, RIGHTS)

    [reply] = later.load([commands.dump()], NOW + 5)

    assert (reply.code, reply.text, reply.ok) == ("failed", INTERRUPTED, False)
    assert isinstance(given_to(later, made()), Again)


def test_a_restart_of_the_box_is_done_by_the_restart() -> None:
    rights = Rights(RIGHTS.keys, frozenset({Op.REBOOT}))
    commands = Commands(GATEWAY, rights)
    assert isinstance(given_to(commands, made(op="reboot", d="", a={})), Begun)
    later = Commands(GATEWAY, rights)
    assert [reply.code for reply in later.load([commands.dump()], NOW)] == ["done"]


def test_an_answer_is_given_again_by_the_next_start_until_it_is_on_record() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    given_to(commands, made())
    commands.ended(made().id, "done", "", NOW)
    assert len(Commands(GATEWAY, RIGHTS).load([commands.dump()], NOW)) == 1
    commands.told(made().id, "accepted")
    assert len(Commands(GATEWAY, RIGHTS).load([commands.dump()], NOW)) == 1
    commands.told(made().id, "done")
    assert Commands(GATEWAY, RIGHTS).load([commands.dump()], NOW) == []


def test_results_are_bounded_in_number_and_age_and_a_forgotten_order_is_not_obeyed_again() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    for number in range(1, RESULTS_MAX + 10):
        assert isinstance(given_to(commands, made(number)), Begun)
        commands.ended(made(number).id, "done", "", NOW)
    assert len(commands.results) <= RESULTS_MAX + 1
    assert code(given_to(commands, made(1))) == "refused"
    later = Commands(GATEWAY, RIGHTS)
    later.load([commands.dump()], NOW + 90_000_000)
    given_to(later, made(RESULTS_MAX + 10, exp=NOW + 90_010_000), at=NOW + 90_000_000)
    assert [reply.id for reply in later.results] == [made(RESULTS_MAX + 10).id]


@pytest.mark.parametrize("wrong", [0, NOW - 300_000_000_000, NOW + 300_000_000_000])
def test_an_order_turned_down_without_a_clock_stays_turned_down_by_the_next_start(wrong: int) -> None:
    """Found by world 9079: what was answered in 2016 seemed too old to be remembered once the clock was right."""
    commands = Commands(GATEWAY, RIGHTS)
    assert code(given_to(commands, made(1), at=wrong, quality=0)) == "no_clock"
    assert code(given_to(commands, made(2), at=wrong + 100_000_000, quality=0)) == "no_clock"
    later = Commands(GATEWAY, RIGHTS)
    later.load([commands.dump()], NOW)

    for number in (1, 2):
        again = given_to(later, made(number))
        assert isinstance(again, Again)
        assert again.reply.code == "no_clock"


def test_only_so_many_orders_run_at_once() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    judged = [given_to(commands, made(number)) for number in range(1, RUNNING_MAX + 2)]
    assert [type(one) for one in judged] == [Begun] * RUNNING_MAX + [Turned]


def test_strangers_cannot_fill_the_alarm_lane() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    judged = [given_to(commands, made(number), OTHER) for number in range(1, 100)]
    assert sum(isinstance(one, Turned) for one in judged) == STRANGERS_PER_MINUTE
    assert commands.results == []
    assert isinstance(given_to(commands, made(200), OTHER, at=NOW + 61_000), Turned)
    assert isinstance(given_to(commands, made(200)), Begun)


def test_a_command_under_no_id_is_not_even_answered() -> None:
    assert isinstance(given_to(Commands(GATEWAY, RIGHTS), made(id="1")), Ignored)


def test_a_note_that_came_too_late_is_no_longer_obeyed() -> None:
    commands = Commands(GATEWAY, RIGHTS)
    given_to(commands, made())
    assert commands.still_wanted(made().id, NOW + 19_999)
    assert not commands.still_wanted(made().id, NOW + 20_000)


@given(st.data())
def test_no_changed_byte_makes_another_order_of_it(data: st.DataObject) -> None:
    """Whatever an attacker on the wire does to a signed command, it is that command or it is not obeyed."""
    body = bytearray(encode_message(sign(made(), KEY)))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Refused):
        command = decode_message(bytes(body), Command)
        judged = Commands(GATEWAY, RIGHTS).judge(command, bytes(body), Circumstances(NOW, 3, False, ABLE))
        if isinstance(judged, Begun):
            assert msgspec.structs.replace(judged.command, sig="") == made()


@given(st.lists(st.sampled_from(["new", "repeat", "old", "end", "restart", "late"]), max_size=40))
def test_whatever_comes_in_whatever_order_each_is_begun_at_most_once(steps: list[str]) -> None:
    """Repeats, late copies and kills: the note is written when a command is begun, and a restart knows nothing else."""
    commands, note = Commands(GATEWAY, RIGHTS), b"{}"
    sent: list[Command] = []
    begun: list[str] = []
    for step in steps:
        if step == "restart":
            commands = Commands(GATEWAY, RIGHTS)
            commands.load([note], NOW)
            continue
        if step == "end" and begun:
            with suppress(KeyError):
                commands.ended(begun[-1], "done", "", NOW)
            continue
        if step == "new" or not sent:
            sent.append(made(len(sent) + 1))
        chosen = sent[0] if step == "old" else sent[-1]
        judged = given_to(commands, chosen, at=NOW + (20_000 if step == "late" else 0))
        if isinstance(judged, Begun):
            begun.append(chosen.id)
            note = commands.dump()
    assert len(begun) == len(set(begun))
