"""Keys of simulated gateways, derived from the seed so that no file has to hold them; only their hashes enter a roster."""

import hashlib

from contract.identity import GatewayId


def gateway_key(seed: int, gateway: GatewayId) -> str:
    """Give the HTTPS key of a simulated gateway; worthless outside a demo, because anybody can derive it."""
    return hashlib.sha256(f"anxiao-sim:{seed}:{gateway}".encode()).hexdigest()[:32]


def key_hash(key: str) -> str:
    """Hash a key as the registry keeps it: random keys of this length need no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()
