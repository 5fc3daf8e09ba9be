"""The HTTPS keys of gateways and of outside sources: kept as digests, and not lost when a roster comes without them."""

from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from contract.errors import ConfigurationError
from server.registry.model import Roster
from server.registry.record import Record
from server.registry.sheets import in_order
from server.registry.sheets.outside_source import OutsideSource
from server.security.tokens import digest, draw_token


def keep_keys(new: Roster, old: Roster) -> Roster:
    """Give the new roster with the keys that the old one has, wherever the new one says nothing of them.

    An outside source with a key, which only a command makes, stays as long as its unit does, even where the new roster
    does not know it: who is to tell nothing more is taken out of the sheet.
    """
    known = {gateway.id: gateway.key_hash for gateway in old.gateways}
    gateways = tuple(
        gateway if gateway.key_hash else replace(gateway, key_hash=known.get(gateway.id, "")) for gateway in new.gateways
    )
    return replace(new, gateways=gateways, records=in_order(_sources_kept(new, old)))


def _sources_kept(new: Roster, old: Roster) -> Iterator[Record]:
    units = {unit.id for unit in new.units}
    keyed = {
        (one.unit, one.id): one
        for one in old.records
        if isinstance(one, OutsideSource) and one.key_hash and one.unit in units
    }
    for record in new.records:
        if isinstance(record, OutsideSource):
            known = keyed.pop((record.unit, record.id), None)
            if known is not None and not record.key_hash:
                yield structs.replace(record, key_hash=known.key_hash)
                continue
        yield record
    yield from keyed.values()


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
