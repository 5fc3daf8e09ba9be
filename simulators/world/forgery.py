"""Commands of somebody who can write where servers write: made up, altered, played again, and sent to another box."""

import random
import uuid
from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.identity import GatewayId
from contract.messages import Command, encode_message
from contract.signing import sign

Overheard = Sequence[tuple[str, bytes]]  # What went to which gateway.


def forged(chance: random.Random, now: float, gateway: GatewayId, devices: Sequence[str], overheard: Overheard) -> bytes:
    """Make one command that no box may obey, or that it has had."""
    now_ms = round(now * 1_000)
    mine = [payload for whose, payload in overheard if whose == gateway]
    others = [payload for whose, payload in overheard if whose != gateway]
    ways = (
        ["unsigned", "thief"] + ["altered", "replayed", "replayed"] * bool(mine) + ["misdirected", "renamed"] * bool(others)
    )
    way = chance.choice(ways)
    if way == "replayed":
        return chance.choice(mine)
    if way == "misdirected":
        return chance.choice(others)
    if way in ("altered", "renamed"):
        told = msgspec.json.decode(chance.choice(mine if way == "altered" else others))
        if way == "renamed":
            told["g"] = gateway
        else:
            told |= chance.choice(
                (
                    {"d": chance.choice(devices), "op": "unlock", "a": {}},
                    {"exp": now_ms + 20_000, "n": now_ms},
                    {"id": str(uuid.UUID(int=chance.getrandbits(128), version=4)), "n": now_ms + 1_000},
                )
            )
        return msgspec.json.encode(told)
    command = Command(
        v=1,
        id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        op=chance.choice(("unlock", "lock", "reboot")),
        exp=now_ms + 20_000,
        n=now_ms,
        by="user:duty-1",
        d=chance.choice(devices),
        g=gateway,
    )
    thief = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return encode_message(command if way == "unsigned" else sign(command, thief))
