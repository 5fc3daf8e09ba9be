"""The meddler passes whole packets on: none is lost or torn, some come twice, some one place later."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from simulators.chaos.packets import Meddler


def publish(body: bytes, flags: int = 0x02) -> bytes:
    """Write a PUBLISH packet."""
    length = bytearray()
    left = len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes((0x30 | flags,)) + bytes(length) + body


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(0, 2**32), st.data())
def test_everything_goes_on_however_the_bytes_are_cut(bodies: list[bytes], seed: int, data: st.DataObject) -> None:
    stream = b"".join(publish(body) for body in bodies)
    meddler = Meddler(random.Random(seed), twice=0.0, swapped=0.5)
    out = bytearray()
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        out += meddler.feed(stream[:cut])
        stream = stream[cut:]
    out += meddler.rest()

    assert Counter(_split(bytes(out))) == Counter(publish(body) for body in bodies)


def test_a_message_told_twice_says_so() -> None:
    meddler = Meddler(random.Random(1), twice=1.0, swapped=0.0)

    assert meddler.feed(publish(b"ab")) == publish(b"ab") + publish(b"ab", 0x0A)
    assert meddler.doubled == 1


def test_a_message_is_overtaken_by_the_next() -> None:
    chance = random.Random(1)
    meddler = Meddler(chance, twice=0.0, swapped=1.0)

    assert meddler.feed(publish(b"one")) == b""
    assert meddler.holds
    assert meddler.feed(publish(b"two")) == publish(b"two") + publish(b"one")
    assert not meddler.holds


def test_without_orders_it_changes_nothing() -> None:
    meddler = Meddler(random.Random(1), twice=0.0, swapped=0.0)
    stream = publish(b"x" * 200) + b"\xc0\x00" + publish(b"y")

    assert meddler.feed(stream[:150]) + meddler.feed(stream[150:]) == stream


def _split(stream: bytes) -> list[bytes]:
    whole = Meddler(random.Random(0), twice=0.0, swapped=0.0)
    return [packet for byte in stream if (packet := whole.feed(bytes((byte,))))]
