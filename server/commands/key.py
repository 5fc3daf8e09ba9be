"""The key that commands are signed by: a file in the server's folder that only its owner can read."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import ConfigurationError
from server.registry.accounts import write_secret

CURRENT, NEXT = "command.key", "command-next.key"


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """Give the key in use, drawn at the first start; raise `ConfigurationError` for a file that holds none."""
    return _read(folder / CURRENT) or _draw(folder / CURRENT)


def next_key(folder: Path) -> Ed25519PrivateKey:
    """Give the key that comes next, drawn when first asked for: its public half goes to every site before it is used."""
    return _read(folder / NEXT) or _draw(folder / NEXT)


def switch(folder: Path) -> Ed25519PrivateKey:
    """Make the next key the one in use; the old one is gone. Raise `ConfigurationError` where none was drawn."""
    key = _read(folder / NEXT)
    if key is None:
        raise ConfigurationError(
            f"{folder / NEXT}: there is no next key; draw one with --next and bring it to the sites first"
        )
    (folder / NEXT).replace(folder / CURRENT)
    return key


def _draw(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    write_secret(path, pem)
    return key


def _read(path: Path) -> Ed25519PrivateKey | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; allowed: a readable key file") from None
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(f"{path}: others can read it; allowed: mode 600, and a new key if anybody did")
    try:
        key = serialization.load_pem_private_key(content, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{path}: holds no Ed25519 key")
    return key
