"""Makes a bundle: everything is read and hashed first, then put on record, and only then streamed."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.evidence.bundle import contents, path_of
from server.evidence.files import Files
from server.evidence.manifest import FORMAT, NAME, AuditHead, Bundled, Manifest, Missing
from server.evidence.model import Attachment
from server.evidence.timeline import Dossier
from server.evidence.zipping import pieces_of, zipped


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that is ready to be streamed: its manifest, what was made for it, and the attachments on the disk."""

    manifest: Manifest
    made: Sequence[tuple[str, bytes]]
    attached: Sequence[tuple[str, Path]]

    async def stream(self) -> AsyncIterator[bytes]:
        """Give the zip in pieces, each read on a thread."""
        pieces = self.pieces()
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece

    def pieces(self) -> Iterator[bytes]:
        """Give the zip in pieces; none is empty."""
        return (piece for piece in zipped(self._members()) if piece)

    def _members(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        made = dict(self.made)
        attached = dict(self.attached)
        for file in self.manifest.files:
            yield file.path, [made[file.path]] if file.path in made else _read(attached[file.path])
        yield NAME, [self.manifest.encoded()]


def make_bundle(dossier: Dossier, school: str, head: AuditHead, files: Files) -> Bundle:
    """Make it; hashes every attachment again, so that one that is damaged is told of and not handed out. Blocks."""
    made = contents(dossier, school)
    listed = [Bundled(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in made]
    missing: list[Missing] = []
    attached: dict[str, Path] = {}
    for file in dossier.files:
        why = _why_missing(file, dossier.until_ms) or files.holds(file.sha256, file.bytes)
        if why:
            missing.append(Missing(file.id, file.sha256, why))
        elif path_of(file) not in attached:
            attached[path_of(file)] = files.path(file.sha256)
            listed.append(Bundled(path_of(file), file.bytes, file.sha256))
    manifest = Manifest(
        format=FORMAT,
        alert=dossier.alert.id,
        as_of=dossier.until_ms,
        frozen=dossier.frozen,
        audit=head,
        files=sorted(listed, key=lambda one: one.path),
        missing=missing,
    ).sealed()
    return Bundle(manifest, made, list(attached.items()))


def _why_missing(file: Attachment, until_ms: int) -> str:
    if file.expired_ms:
        return "expired"
    return "removed" if 0 < file.removed_ms < until_ms else ""


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from pieces_of(file)
