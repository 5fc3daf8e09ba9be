"""The frames of SIA DC-09: written, split out of a stream, checked and read, plain or encrypted. Pure.

    LF  CRC  0LLL  "id" sequence [Rreceiver] Lline #account [ data ] [extended]… _HH:MM:SS,MM-DD-YYYY  CR

CRC and length cover what stands from the first quotation mark up to CR. Encrypted, what follows the opening bracket is
hexadecimal AES-CBC with an initial vector of zeros, and begins with random padding up to a `|`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

FRAME_BYTES_MAX = 2_048
BLOCK = 16
KEY_BYTES = (16, 24, 32)  # AES-128, -192, -256.
STAMP = "%H:%M:%S,%m-%d-%Y"
_HEAD = re.compile(
    r'([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})("(\*?)([A-Z0-9-]{2,10})"(\d{4})(?:R([0-9A-Fa-f]{1,6}))?'
    r"(?:L([0-9A-Fa-f]{1,6}))?(?:#([0-9A-Fa-f]{3,16})|A0)?\[(.*))",
    re.DOTALL,
)
_CONTENT = re.compile(r"([^\[\]]*)\]((?:\[[^\[\]]*\])*)(?:_(\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}))?")
Pad = Callable[[int], str]


class FrameError(ValueError):
    """A frame that is none, or not for us; says what is wrong with it and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `at` is its stamp in seconds UTC; `encrypted` says how it is to go, or how it came."""

    id: str  # ADM-CID, SIA-DCS, NULL; of replies ACK, NAK, DUH, RSP.
    sequence: str
    account: str = ""
    data: str = ""
    extended: tuple[str, ...] = ()
    at: float | None = None
    receiver: str = ""
    line: str = "0"
    encrypted: bool = False


def crc16(data: bytes) -> int:
    """Give the CRC-16 of the standard: reflected polynomial 0xA001, begun with zero."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def encode(frame: Frame, key: bytes = b"", pad: Pad | None = None) -> bytes:
    """Write a frame; `pad` gives so many random letters or digits for an encrypted one."""
    stamp = "" if frame.at is None else "_" + datetime.fromtimestamp(frame.at, UTC).strftime(STAMP)
    rest = f"{frame.data}]{''.join(f'[{one}]' for one in frame.extended)}{stamp}"
    star = ""
    if frame.encrypted:
        assert pad is not None
        star, rest = "*", _encrypted(rest, key, pad)
    receiver = f"R{frame.receiver}" if frame.receiver else ""
    account = f"#{frame.account}" if frame.account else "A0"
    body = f'"{star}{frame.id}"{frame.sequence}{receiver}L{frame.line}{account}[{rest}'.encode("ascii")
    return b"\n%04X%04X%s\r" % (crc16(body), len(body), body)


def decode(raw: bytes, key: bytes = b"") -> Frame:
    """Read what stands between LF and CR. Raises `FrameError`."""
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise FrameError("not ASCII") from None
    head = _HEAD.fullmatch(text)
    if head is None:
        raise FrameError("not a DC-09 frame")
    crc, length, body, star, id_, sequence, receiver, line, account, rest = head.groups()
    if int(length, 16) != len(body):
        raise FrameError("wrong length")
    if int(crc, 16) != crc16(body.encode("ascii")):
        raise FrameError("wrong CRC")
    if star:
        rest = _decrypted(rest, key)
    content = _CONTENT.fullmatch(rest)
    if content is None:
        raise FrameError("wrong key" if star else "no content")
    data, extended, stamp = content.groups()
    return Frame(
        id=id_,
        sequence=sequence,
        account=(account or "").upper(),
        data=data,
        extended=tuple(extended[1:-1].split("][")) if extended else (),
        at=_instant(stamp),
        receiver=receiver or "",
        line=line or "0",
        encrypted=bool(star),
    )


class Splitter:
    """Splits a stream into frames, however the network has cut or joined them; what is between frames is dropped."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Give the frames that are whole by now, each without its LF and CR."""
        found: list[bytes] = []
        self._held += data
        while True:
            begin = self._held.rfind(b"\n", 0, end) if (end := self._held.find(b"\r")) >= 0 else -1
            if end < 0:
                break
            if begin >= 0:
                found.append(bytes(self._held[begin + 1 : end]))
            del self._held[: end + 1]
        if len(self._held) > FRAME_BYTES_MAX:  # No frame is so long: it is noise, or somebody else's protocol.
            del self._held[:-FRAME_BYTES_MAX]
        return found


def _encrypted(rest: str, key: bytes, pad: Pad) -> str:
    length = BLOCK - (len(rest) + 1) % BLOCK
    plain = f"{pad(length)}|{rest}".encode("ascii")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).encryptor()
    return (encryptor.update(plain) + encryptor.finalize()).hex().upper()


def _decrypted(rest: str, key: bytes) -> str:
    try:
        sealed = bytes.fromhex(rest)
    except ValueError:
        raise FrameError("not hexadecimal") from None
    if not key or not sealed or len(sealed) % BLOCK:
        raise FrameError("encrypted, and no key" if not key else "cut short")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).decryptor()
    try:
        plain = (decryptor.update(sealed) + decryptor.finalize()).decode("ascii")
    except UnicodeDecodeError:
        raise FrameError("wrong key") from None
    return plain.partition("|")[2] if "|" in plain else plain[plain.find("]") :]


def _instant(stamp: str | None) -> float | None:
    if stamp is None:
        return None
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise FrameError("no such instant") from None
