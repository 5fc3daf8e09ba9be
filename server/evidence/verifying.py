"""Checks a bundle without the server it came from: every file, the seal, and the container to its last byte."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from contract.errors import ConfigurationError
from server.evidence.manifest import NAME, Bundled, Manifest, differences
from server.evidence.zipping import pieces_of, zipped

MANIFEST_BYTES_MAX = 1024 * 1024
FILES_MAX = 1_000
_ENCRYPTED = 1


def verify(path: Path) -> tuple[Manifest, list[str]]:
    """Give a bundle's manifest and what is wrong with the bundle. Raises `ConfigurationError` for what is none."""
    try:
        with zipfile.ZipFile(path) as bundle:
            infos = bundle.infolist()
            named = [info for info in infos if info.filename == NAME]
            if len(named) != 1 or named[0].file_size > MANIFEST_BYTES_MAX or len(infos) > FILES_MAX:
                raise ConfigurationError(f"{path}: not a bundle of evidence")
            if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & _ENCRYPTED for info in infos):
                raise ConfigurationError(f"{path}: not a bundle as it was written: a member is packed or locked")
            manifest = msgspec.json.decode(bundle.read(NAME), type=Manifest)
            found = [_read(bundle, info) for info in infos if info.filename != NAME]
            wrong = differences(manifest, found)
            if not wrong and not _same_container(path, bundle, manifest):
                wrong.append("the container is not the one that was written")
            return manifest, wrong
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, msgspec.DecodeError, NotImplementedError, EOFError, ValueError) as error:
        raise ConfigurationError(f"{path}: damaged, or not a bundle of evidence: {error}") from None


def _read(bundle: zipfile.ZipFile, info: zipfile.ZipInfo) -> Bundled:
    digest, size = hashlib.sha256(), 0
    with bundle.open(info) as file:
        for piece in pieces_of(file):
            digest.update(piece)
            size += len(piece)
    return Bundled(info.filename, size, digest.hexdigest())


def _same_container(path: Path, bundle: zipfile.ZipFile, manifest: Manifest) -> bool:
    """Write the bundle again from what it holds and compare: what no hash covers is covered by that."""
    names = [*(one.path for one in manifest.files), NAME]
    again = zipped((name, _pieces(bundle, name, manifest)) for name in names)
    with path.open("rb") as file:
        for piece in again:
            if file.read(len(piece)) != piece:
                return False
        return not file.read(1)


def _pieces(bundle: zipfile.ZipFile, name: str, manifest: Manifest) -> Iterator[bytes]:
    if name == NAME:
        yield manifest.encoded()
        return
    with bundle.open(name) as file:
        yield from pieces_of(file)
