"""The signature of a command: Ed25519 over the canonical JSON (RFC 8785) of the command without its `sig`.

Commands hold texts, whole numbers, yes or no and objects of these. Fractions are refused: how to write one is the only hard
part of the canonical form, and no order needs one.
"""

import base64
import binascii
import json
from collections.abc import Iterable

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.errors import Reason, Refused
from contract.limits import INTEGER_ABS_MAX
from contract.messages import Command

KEY_PREFIX = "ed25519:"  # Before a public key as people copy it, so that another kind may follow one day.
KEY_BYTES = 32


def canonical(value: object) -> bytes:
    """Write a value as RFC 8785 has it; raise `Refused` for what a command may not hold."""
    try:
        return _written(value).encode()
    except UnicodeEncodeError:
        raise Refused(Reason.BAD_VALUE, "half of a surrogate pair") from None


def sign(command: Command, key: Ed25519PrivateKey) -> Command:
    """Give the command with its signature."""
    unsigned = msgspec.structs.replace(command, sig="")
    signature = key.sign(canonical(msgspec.to_builtins(unsigned)))
    return msgspec.structs.replace(unsigned, sig=base64.b64encode(signature).decode())


def signed_by(payload: bytes, keys: Iterable[bytes]) -> bool:
    """Say whether a command's JSON, as it came, is signed by one of these public keys; keys nobody knows count too."""
    try:
        told = msgspec.json.decode(payload, type=dict[str, object])
        signature = base64.b64decode(str(told.pop("sig", "")), validate=True)
        message = canonical(told)
    except (Refused, msgspec.DecodeError, UnicodeError, binascii.Error, RecursionError):
        return False
    return any(_verifies(key, signature, message) for key in keys)


def public_text(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """Write a public key as a site file holds it."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return KEY_PREFIX + base64.b64encode(public.public_bytes_raw()).decode()


def parse_public(text: str) -> bytes:
    """Read a public key, or raise `Refused`."""
    prefix, given = text[: len(KEY_PREFIX)], text[len(KEY_PREFIX) :]
    try:
        key = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if prefix != KEY_PREFIX or len(key) != KEY_BYTES:
        raise Refused(Reason.BAD_VALUE, f"key {text[:20]!r}; allowed: {KEY_PREFIX} and {KEY_BYTES} bytes in base64")
    return key


def _verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() if abs(value) <= INTEGER_ABS_MAX:
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)  # Its escapes are those of RFC 8785.
        case dict():
            pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
            return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_written(one)}" for key, one in pairs) + "}"
        case _:
            raise Refused(Reason.BAD_VALUE, f"{type(value).__name__} in a command; allowed: text, whole numbers, yes or no")
