"""Passwords: hashed with argon2id, checked off the event loop, and as slow for a name that does not exist."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_CHARACTERS_MAX = 256  # Longer input would only buy an attacker our processor time.
CHECKS_AT_ONCE = 2  # Each takes 64 MiB and some 50 ms of a core; alarms share those cores.
GENERATED_GROUPS = 4  # 4 × 5 of 32 letters: 100 bits, still readable over a telephone.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # Without those that look alike (l, o, 0, 1).


class Passwords:
    """Hash and check passwords without ever holding up the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """Hash a password; takes tens of milliseconds, so call it from a thread or a command."""
        return self._hasher.hash(password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Check a password; None (no such user) costs the same time and is always wrong."""
        if len(password) > PASSWORD_CHARACTERS_MAX:
            return False
        async with self._turns:
            right = await asyncio.to_thread(self._verify, password, password_hash or self._nobody)
        return right and password_hash is not None

    def _verify(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def generate_password() -> str:
    """Draw a password nobody has to invent."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(GENERATED_GROUPS))
