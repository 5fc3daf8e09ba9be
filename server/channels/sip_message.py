"""As much of SIP (RFC 3261) as GB/T 28181 needs here: requests and responses written, split out of a stream and read. Pure.

The digest is that of RFC 2617 and RFC 7616: MD5, or SHA-256 where the other side asks for it, with or without `qop=auth`.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

MESSAGE_BYTES_MAX = 65_536
HEADERS_MAX = 100
COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type"}
ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}
_STATUS = re.compile(r"SIP/2\.0 (\d{3}) ?(.*)")
_REQUEST = re.compile(r"([A-Z]{2,20}) (\S{1,300}) SIP/2\.0")
_PARAM = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^",\s]+))')
Header = tuple[str, str]


class SipError(ValueError):
    """Bytes that are no SIP message; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Sip:
    """One message: a request where `method` is set, else a response with its `status`."""

    headers: tuple[Header, ...]
    body: bytes = b""
    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""

    def header(self, name: str) -> str:
        """Give the first header of a name in small letters; empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Give every header of a name, in order."""
        return [value for key, value in self.headers if key == name]

    @property
    def branch(self) -> str:
        """Give the transaction by which a response finds its request."""
        found = re.search(r"branch=([^;,\s]+)", self.header("via"))
        return found.group(1) if found else ""


def write(start: str, headers: Sequence[Header], body: bytes = b"") -> bytes:
    """Write a message; its length is added."""
    lines = [start, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def respond(request: Sip, status: int, reason: str, more: Sequence[Header] = (), tag: str = "") -> bytes:
    """Write the response to a request."""
    to = request.header("to")
    headers = [("Via", via) for via in request.all("via")]
    headers += [
        ("From", request.header("from")),
        ("To", f"{to};tag={tag}" if tag and "tag=" not in to else to),
        ("Call-ID", request.header("call-id")),
        ("CSeq", request.header("cseq")),
        *more,
    ]
    return write(f"SIP/2.0 {status} {reason}", headers)


def read(raw: bytes) -> Sip:
    """Read one whole message. Raises `SipError`."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    if not gap:
        raise SipError("no end of headers")
    try:
        start, *lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise SipError("headers are not UTF-8") from None
    if len(lines) > HEADERS_MAX:
        raise SipError("too many headers")
    headers: list[Header] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise SipError("a header without a colon")
        key = name.strip().lower()
        headers.append((COMPACT.get(key, key), value.strip()))
    if (response := _STATUS.fullmatch(start)) is not None:
        return Sip(tuple(headers), body, status=int(response.group(1)), reason=response.group(2)[:80])
    if (request := _REQUEST.fullmatch(start)) is not None:
        return Sip(tuple(headers), body, method=request.group(1), uri=request.group(2))
    raise SipError("neither a request nor a response")


class Splitter:
    """Splits a TCP stream into messages by their lengths. Raises `SipError` where the stream can never be read again."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Give the messages that are whole by now; empty lines between them keep the line alive and are dropped."""
        found: list[bytes] = []
        self._held += data
        while True:
            self._held = self._held.lstrip(b"\r\n")
            end = self._held.find(b"\r\n\r\n")
            if end < 0:
                break
            length = _length(self._held[:end])
            whole = end + 4 + length
            if whole > MESSAGE_BYTES_MAX:
                raise SipError("too long")
            if len(self._held) < whole:
                break
            found.append(self._held[:whole])
            self._held = self._held[whole:]
        if len(self._held) > MESSAGE_BYTES_MAX:
            raise SipError("too long")
        return found


def authorise(challenge: str, method: str, uri: str, user: str, password: str, cnonce: str) -> str:
    """Answer a digest challenge. Raises `SipError` for one that we do not know."""
    scheme, _, rest = challenge.partition(" ")
    params = {name.lower(): quoted or bare for name, quoted, bare in _PARAM.findall(rest)}
    algorithm = params.get("algorithm", "MD5").upper()
    qops = [one.strip() for one in params.get("qop", "").split(",") if one.strip()]
    if scheme.lower() != "digest" or algorithm not in ALGORITHMS or "nonce" not in params or (qops and "auth" not in qops):
        raise SipError("a challenge that we do not know")
    realm, nonce = params.get("realm", ""), params["nonce"]
    said = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    proof = response(algorithm, user, realm, password, method, uri, nonce, cnonce if qops else "")
    said += [f'response="{proof}"', f"algorithm={algorithm}"]
    if "opaque" in params:
        said.append(f'opaque="{params["opaque"]}"')
    if qops:
        said += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(said)


def response(  # As the digest has it.
    algorithm: str, user: str, realm: str, password: str, method: str, uri: str, nonce: str, cnonce: str
) -> str:
    """Compute the digest's response; with a `cnonce` as `qop=auth` has it."""

    def hashed(text: str) -> str:
        return hashlib.new(ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()

    secret, what = hashed(f"{user}:{realm}:{password}"), hashed(f"{method}:{uri}")
    middle = f"{nonce}:00000001:{cnonce}:auth" if cnonce else nonce
    return hashed(f"{secret}:{middle}:{what}")


def _length(head: bytes) -> int:
    found = re.search(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})[ \t]*(?:\r\n|$)", head, re.IGNORECASE)
    if found is None:
        raise SipError("no length")  # On a stream nobody knows where the next message begins.
    return int(found.group(1))
