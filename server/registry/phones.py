"""The telephones of guards as small gateways: an id that says school and person without a name, and a key nobody stores.

A phone is in no roster: it comes and goes with its owner, and must not count as equipment, fall silent or be missed.
So its id carries the school, and whoever knows the school's code can place its presses, today and in a replay.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping

from contract.identity import GatewayId, SchoolId
from server.registry.model import Gateway, User
from server.security.tokens import digest

PHONE_MARK = 8  # Characters a phone draws for itself, so that two phones of one person are two gateways.
NO_POST = "sos"  # The device of a press whose phone has no post chosen.
RELOOK_SECONDS = 5.0  # A key of nobody we know makes us look through the accounts again, and no more often than this.
_ID = re.compile(r"ph-([0-9]{10})-([0-9a-f]{10})-([0-9a-z]{8})")
_MARK = re.compile(r"[0-9a-z]{8}")


def is_phone(gateway: str) -> bool:
    """Say whether an id is that of a guard's phone."""
    return _ID.fullmatch(gateway) is not None


def school_of_phone(gateway: str) -> SchoolId | None:
    """Read the school out of a phone's id; None for any other id."""
    found = _ID.fullmatch(gateway)
    return SchoolId(found[1]) if found else None


def is_mark(text: str) -> bool:
    """Say whether a phone's own mark is well formed."""
    return _MARK.fullmatch(text) is not None


def phone_id(school: str, user: str, mark: str) -> GatewayId:
    """Name a person's phone at a school."""
    return GatewayId(f"ph-{school}-{_person(user)}-{mark}")


def phone_key(user: User, gateway: str) -> str:
    """Give the key of a phone: derived, so that it is stored nowhere and ends with the password it was derived from."""
    mac = hmac.digest(user.password_hash.encode(), b"anxiao phone " + gateway.encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


class Phones:
    """Finds the account behind a phone's id. `may` says whether an account may have a phone at a school, now."""

    def __init__(
        self,
        accounts: Callable[[], Mapping[str, User]],
        may: Callable[[User, SchoolId], bool],
        clock: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._may = may
        self._clock = clock
        self._names: dict[str, str] = {}
        self._looked_at = float("-inf")

    def find(self, gateway: str) -> Gateway | None:
        """Give a phone as the door knows gateways; None for no phone, or one whose account may have none any more."""
        found = _ID.fullmatch(gateway)
        if found is None:
            return None
        school, user = SchoolId(found[1]), self._user(found[2])
        if user is None or user.disabled or not user.password_hash or not self._may(user, school):
            return None
        return Gateway(GatewayId(gateway), school, digest(phone_key(user, gateway)))

    def _user(self, person: str) -> User | None:
        name = self._names.get(person)
        now = self._clock()
        if name is None and now - self._looked_at >= RELOOK_SECONDS:
            self._looked_at = now
            self._names = {_person(each): each for each in self._accounts()}
            name = self._names.get(person)
        return None if name is None else self._accounts().get(name)


def _person(user: str) -> str:
    return hashlib.sha256(b"anxiao person " + user.encode()).hexdigest()[:10]
