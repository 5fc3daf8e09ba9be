"""The shares of the gateways that several servers divide among themselves."""

import zlib
from functools import lru_cache

from contract.identity import GatewayId
from server.journal.leases import SHARES


@lru_cache(maxsize=65_536)
def share_of(gateway: GatewayId) -> int:
    """Name the share a gateway belongs to; it never changes."""
    return zlib.crc32(gateway.encode()) % SHARES
