"""Says what a file is by its own bytes; what somebody calls it counts for nothing. Pure."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024
HEAD_BYTES = 4_096
# kind -> the most bytes of one file.
LIMITS = {
    "photo": 20 * MEGABYTE,
    "document": 50 * MEGABYTE,
    "audio": 50 * MEGABYTE,
    "video": 200 * MEGABYTE,
    "text": 2 * MEGABYTE,
}
BYTES_MAX = max(LIMITS.values())
SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "text/plain": "txt",
}
_STARTS = (
    (b"\xff\xd8\xff", "photo", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "photo", "image/png"),
    (b"%PDF-", "document", "application/pdf"),
    (b"ID3", "audio", "audio/mpeg"),
    (b"\xff\xfb", "audio", "audio/mpeg"),
    (b"\xff\xf3", "audio", "audio/mpeg"),
    (b"OggS", "audio", "audio/ogg"),
    (b"#!AMR", "audio", "audio/amr"),
    (b"\x1a\x45\xdf\xa3", "video", "video/webm"),
)
_RIFF = {b"WEBP": ("photo", "image/webp"), b"WAVE": ("audio", "audio/wav")}
_BOXES = {
    b"heic": ("photo", "image/heic"),
    b"heix": ("photo", "image/heic"),
    b"mif1": ("photo", "image/heic"),
    b"M4A ": ("audio", "audio/mp4"),
    b"qt  ": ("video", "video/quicktime"),
}
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f")


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is."""

    kind: str
    media_type: str


def sniff(head: bytes) -> Found | None:
    """Tell by the first bytes; None for whatever is not taken."""
    for start, kind, media_type in _STARTS:
        if head.startswith(start):
            return Found(kind, media_type)
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return Found(*_RIFF[head[8:12]])
    if head[4:8] == b"ftyp":
        return Found(*_BOXES.get(head[8:12], ("video", "video/mp4")))
    return Found("text", "text/plain") if head and is_text(head, cut=len(head) >= HEAD_BYTES) else None


def is_text(data: bytes, *, cut: bool = False) -> bool:
    """Say whether bytes are UTF-8 without control characters; where they are `cut`, the last letter may be broken."""
    if len(data.translate(None, _CONTROLS)) != len(data):
        return False
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return cut and error.start >= len(data) - 3
    return True
