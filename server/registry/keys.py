"""The gateways' HTTPS keys in the roster: drawn here, kept as digests, and not lost when a roster comes without them."""

from dataclasses import replace

from contract.errors import ConfigurationError
from server.registry.model import Roster
from server.security.tokens import digest, draw_token


def keep_keys(new: Roster, old: Roster) -> Roster:
    """Give the new roster with the keys that the old one has, wherever the new one says nothing of a gateway's key."""
    known = {gateway.id: gateway.key_hash for gateway in old.gateways}
    gateways = tuple(
        gateway if gateway.key_hash else replace(gateway, key_hash=known.get(gateway.id, "")) for gateway in new.gateways
    )
    return replace(new, gateways=gateways)


def with_new_key(roster: Roster, name: str) -> tuple[Roster, str]:
    """Draw a key for a gateway; gives the roster that knows it, and the key, which is nowhere else from here on.

    Raises `ConfigurationError` for a gateway that is not in the roster.
    """
    if name not in {gateway.id for gateway in roster.gateways}:
        raise ConfigurationError(f"gateway {name[:40]!r}: not in the roster")
    key = draw_token()
    gateways = tuple(
        replace(gateway, key_hash=digest(key)) if gateway.id == name else gateway for gateway in roster.gateways
    )
    return replace(roster, gateways=gateways), key
