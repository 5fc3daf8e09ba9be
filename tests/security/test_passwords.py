"""Passwords: the cost of guessing, the same for whoever does not exist, and never on the event loop."""

import asyncio
import threading
import time

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from server.security.passwords import CHECKS_AT_ONCE, PASSWORD_CHARACTERS_MAX, Passwords, generate_password

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_hash_costs_at_least_what_rfc_9106_asks_for() -> None:
    """Argon2id with 64 MiB and three passes, a salt of 16 bytes: its second recommended choice."""
    found = extract_parameters(Passwords().hash("right-horse"))

    assert found.type is Type.ID
    assert found.memory_cost >= 64 * 1024
    assert found.time_cost >= 3
    assert found.salt_len >= 16
    assert found.hash_len >= 32


def test_same_password_is_never_stored_the_same() -> None:
    assert Passwords(QUICK).hash("a") != Passwords(QUICK).hash("a")


@pytest.mark.parametrize(
    ("given", "stored", "right"),
    [
        ("right", QUICK.hash("right"), True),
        ("wrong", QUICK.hash("right"), False),
        ("right ", QUICK.hash("right"), False),
        ("", QUICK.hash("right"), False),
        ("校门", QUICK.hash("校门"), True),
        ("right", "", False),
        ("right", "no hash at all", False),
        ("right", None, False),
        ("x" * (PASSWORD_CHARACTERS_MAX + 1), QUICK.hash("x" * (PASSWORD_CHARACTERS_MAX + 1)), False),
    ],
)
async def test_only_the_right_password_matches(given: str, stored: str | None, right: bool) -> None:
    """A broken hash in the database is a wrong password, never an error that tells of it."""
    assert await Passwords(QUICK).matches(given, stored) is right


class Counting(PasswordHasher):
    """Counts checks, and how many run at once, and on which threads."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.checks = self.running = self.most = 0
        self.threads: set[int] = set()
        self._lock = threading.Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        """Check, noting who else is at it."""
        with self._lock:
            self.checks += 1
            self.running += 1
            self.most = max(self.most, self.running)
            self.threads.add(threading.get_ident())
        time.sleep(0.01)  # On a worker thread: long enough for others to come in beside it.
        try:
            return bool(super().verify(hash, password))
        finally:
            with self._lock:
                self.running -= 1


async def test_name_that_does_not_exist_is_checked_all_the_same() -> None:
    """A quicker answer would tell which names exist."""
    hasher = Counting()
    passwords = Passwords(hasher)

    await passwords.matches("a", None)
    await passwords.matches("a", "")

    assert hasher.checks == 2


async def test_checks_leave_cores_to_the_alarms() -> None:
    """However many sign in at once, few are checked at a time, and none on the event loop."""
    hasher = Counting()
    passwords, stored = Passwords(hasher), QUICK.hash("a")

    assert all(await asyncio.gather(*(passwords.matches("a", stored) for _ in range(8))))

    assert hasher.most <= CHECKS_AT_ONCE
    assert threading.get_ident() not in hasher.threads


def test_drawn_password_cannot_be_guessed_and_can_be_read_out() -> None:
    """A hundred bits, without letters that look alike."""
    drawn = {generate_password() for _ in range(200)}

    assert len(drawn) == 200
    for one in drawn:
        assert len(one) == 23
        assert not set(one) & set("l01oOI")
