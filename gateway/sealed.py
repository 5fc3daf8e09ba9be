"""Small files beside the segments that prove themselves: a changed bit makes them worth nothing instead of a lie."""

import zlib

_CRC_CHARACTERS = 8


def seal(content: bytes) -> bytes:
    """Put the checksum of a content before it."""
    return b"%08x\n" % zlib.crc32(content) + content


def unseal(sealed: bytes | None) -> bytes | None:
    """Give the content when its checksum is right."""
    if sealed is None or len(sealed) <= _CRC_CHARACTERS:
        return None
    content = sealed[_CRC_CHARACTERS + 1 :]
    return content if seal(content) == sealed else None
