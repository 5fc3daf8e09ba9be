"""The signature: the canonical form is RFC 8785's, and whoever changes a byte changes nothing or loses the signature."""

import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from contract.errors import Refused
from contract.messages import Command, decode_message, encode_message
from contract.orders import ORDERS, REPLY_CODES, Op, check_command
from contract.signing import canonical, parse_public, public_text, sign, signed_by

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = parse_public(public_text(KEY))
ID = "019cad5e-2f80-7d5a-8b31-6f0a1c2d3e4f"
COMMAND = Command(1, ID, "siren", 1_772_413_225_000, 7, "user:maintainer", "siren-1", {"seconds": 5}, g="gw-0001")
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def test_the_canonical_form_is_that_of_the_standard() -> None:
    """The string and order of the example in RFC 8785, 3.2.2 and 3.2.3, as far as commands hold such values."""
    told = {
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": True,
        "\ufb33": 1,
        "\U0001f600": 2,
        "\r": 3,
        "1": 4,
    }

    assert canonical(told).decode() == (
        '{"\\r":3,"1":4,"literals":true,"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","\U0001f600":2,"\ufb33":1}'
    )


@given(VALUES)
def test_the_canonical_form_is_json_of_the_same_value_or_a_refusal(value: object) -> None:
    try:
        written = canonical(value)
    except Refused:
        assert "\\ud" in json.dumps(value)  # Half of a surrogate pair: no text at all.
        return
    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written


@pytest.mark.parametrize("value", [1.5, None, [1], 2**53, {"a": [1]}, b"x"], ids=repr)
def test_what_two_writers_may_write_differently_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        canonical(value)


def test_a_signed_command_is_recognised_by_the_key_and_by_one_of_several() -> None:
    payload = encode_message(sign(COMMAND, KEY))
    other = parse_public(public_text(Ed25519PrivateKey.generate()))

    assert signed_by(payload, [PUBLIC])
    assert signed_by(payload, [other, PUBLIC])
    assert not signed_by(payload, [other])
    assert not signed_by(payload, [])
    assert not signed_by(encode_message(COMMAND), [PUBLIC])


def test_another_writer_of_json_may_order_and_space_as_it_likes() -> None:
    told = json.loads(encode_message(sign(COMMAND, KEY)))
    spaced = json.dumps(dict(reversed(told.items())), indent=2).encode()

    assert signed_by(spaced, [PUBLIC])


def test_a_key_of_a_later_version_is_covered_by_the_signature() -> None:
    told = msgspec.to_builtins(COMMAND) | {"why": "drill"}
    signature = sign(COMMAND, KEY).sig
    assert not signed_by(msgspec.json.encode(told | {"sig": signature}), [PUBLIC])


@given(st.data())
@example(None)
def test_a_command_with_a_byte_changed_is_the_same_command_or_not_signed(data: st.DataObject | None) -> None:
    """Whatever still verifies must mean what was signed: base64 and JSON have more than one spelling of some things."""
    signed = sign(COMMAND, KEY)
    body = bytearray(encode_message(signed))
    if data is not None:
        for _ in range(data.draw(st.integers(1, 3))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    if signed_by(bytes(body), [PUBLIC]):
        assert msgspec.structs.replace(decode_message(bytes(body), Command), sig="") == COMMAND


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "rsa:" + "A" * 44, "ed25519:!!", public_text(KEY) + "A"])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_public(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"op": "explode"}, {"op": "resend_birth"}, {"d": "", "op": "unlock"}, {"d": "No Device"}, {"n": 0}, {"id": "id"},
        {"a": {"seconds": 301}}, {"a": {"seconds": True}}, {"a": {"minutes": 1}}, {"op": "set", "a": {}}, {"g": ""},
        {"op": "replay_from", "d": "", "a": {"ep": "000001abcd", "x": "b", "pos": 1}}, {"by": "x" * 300},
        {"op": "set", "a": {"volume": "x" * 300}}, {"op": "set", "a": {f"k{i}": 1 for i in range(17)}},
    ],
    ids=str,
)  # fmt: skip
def test_an_order_nobody_could_carry_out_is_refused(wrong: dict[str, object]) -> None:
    assert check_command(COMMAND) is Op.SIREN
    with pytest.raises(Refused):
        check_command(msgspec.structs.replace(COMMAND, **wrong))


def test_every_code_of_a_reply_fits_its_column() -> None:
    assert all(len(code) <= 16 for code in REPLY_CODES)
    assert set(ORDERS) == set(Op)
