"""Server-Sent Events on the wire: one event as bytes, ids as `<epoch>-<seq>`.

An id says "everything up to here was told", so what stands in the middle of a catching up bears none: a connection that
breaks there is resumed from where the screen really was.
"""

import msgspec

HEARTBEAT = b": hb\n\n"
RETRY_MS = 1_000  # A browser tries again after this; a restarted server is back in a few seconds.
DIGITS_MAX = 18  # A sequence number stays below 2^63; a longer text is nobody's.
_encoder = msgspec.json.Encoder()


def event(name: str, data: bytes, epoch: str, seq: int) -> bytes:
    """Write one event; JSON holds no raw line break, so one data line is enough."""
    return b"event: %b\nid: %b-%d\ndata: %b\n\n" % (name.encode(), epoch.encode(), seq, data)


def part(name: str, data: bytes) -> bytes:
    """Write one event that moves no id: more of what was missed is still to come."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def hello(data: bytes) -> bytes:
    """Write the first event, with how soon to come back after a loss."""
    return b"retry: %d\n" % RETRY_MS + part("hello", data)


def encode(struct: object) -> bytes:
    """Write a value as JSON."""
    return _encoder.encode(struct)


def parse_event_id(text: str | None) -> tuple[str, int] | None:
    """Read `<epoch>-<seq>`; None when it is missing or not ours."""
    epoch, dash, seq = (text or "").rpartition("-")
    if not dash or not epoch or len(seq) > DIGITS_MAX or not (seq.isascii() and seq.isdigit()):
        return None
    return epoch, int(seq)
