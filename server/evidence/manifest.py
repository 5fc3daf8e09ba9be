"""The manifest of a bundle: the hash of every file, sealed by a hash that is bound to the audit log. Pure."""

import hashlib
from collections.abc import Sequence

import msgspec

FORMAT = "anxiao-evidence/1"
NAME = "manifest.json"


class Bundled(msgspec.Struct, frozen=True):
    """One file of a bundle."""

    path: str
    bytes: int
    sha256: str


class Missing(msgspec.Struct, frozen=True):
    """An attachment that could not be put in, with why; a bundle says so instead of being silent."""

    id: str
    sha256: str
    why: str  # missing, damaged, expired, removed


class AuditHead(msgspec.Struct, frozen=True):
    """The line of the audit log that stood last before the bundle's instant."""

    sequence: int
    hash: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle holds. `seal` is over all the rest and the audit log's head; the log's line of the export bears it."""

    format: str
    alert: str
    as_of: int
    frozen: bool  # The trace is the one kept with the incident; else it was read at that instant and may grow yet.
    audit: AuditHead
    files: list[Bundled]
    missing: list[Missing]
    seal: str = ""

    def sealed(self) -> "Manifest":
        """Give the manifest with its seal."""
        content = hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, seal=""))).hexdigest()
        seal = hashlib.sha256(f"{self.audit.hash}{content}".encode()).hexdigest()
        return msgspec.structs.replace(self, seal=seal)

    def encoded(self) -> bytes:
        """Write it, the same each time."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


def differences(manifest: Manifest, found: Sequence[Bundled]) -> list[str]:
    """Say where files differ from a manifest, and whether the manifest itself does from its seal."""
    wrong: list[str] = []
    if manifest.format != FORMAT:
        wrong.append(f"{NAME}: format {manifest.format[:40]!r}; known: {FORMAT}")
    if manifest.sealed().seal != manifest.seal:
        wrong.append(f"{NAME}: it is not what was sealed")
    told, there = {one.path: one for one in manifest.files}, {one.path: one for one in found}
    wrong += [f"{path}: is missing" for path in told if path not in there]
    wrong += [f"{path}: is not in the manifest" for path in there if path not in told]
    wrong += [f"{path}: is not the file that was sealed" for path, one in told.items() if there.get(path, one) != one]
    return wrong
