"""A zip whose bytes follow from its contents alone: stored, in order, all of one date. Made in pieces. Pure."""

import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

PIECE_BYTES = 256 * 1024
_DATE = (1980, 1, 1, 0, 0, 0)  # The earliest that a zip knows.


class _Sink:
    """Takes what the writer writes, and gives it in pieces."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        """Have nothing to flush."""

    def taken(self) -> bytes:
        data = bytes(self.waiting)
        self.waiting.clear()
        return data


def zipped(members: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """Write members, each a path and its bytes in pieces, in the order given."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as file:  # type: ignore[call-overload]  # It only writes to it.
        for path, pieces in members:
            info = zipfile.ZipInfo(path, _DATE)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            with file.open(info, "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    if len(sink.waiting) >= PIECE_BYTES:
                        yield sink.taken()
            yield sink.taken()
    yield sink.taken()


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file in pieces."""
    while piece := file.read(PIECE_BYTES):
        yield piece
