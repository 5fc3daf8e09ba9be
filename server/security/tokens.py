"""Tokens: drawn at random, given once, kept only as their SHA-256; and what is derived from them."""

import base64
import hashlib
import hmac
import secrets

TOKEN_BYTES = 32  # 256 random bits cannot be guessed, so a plain digest is enough to keep.


def draw_token() -> str:
    """Draw a token for a session or a gateway's key."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """Give what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def matches(token: str, stored: str) -> bool:
    """Check a token against its stored digest in constant time; nothing matches an empty digest."""
    return bool(stored) and hmac.compare_digest(digest(token), stored)


def csrf_token(session_token: str) -> str:
    """Derive the CSRF token of a session: a page of ours is told it, a foreign page can neither read nor compute it."""
    mac = hmac.digest(session_token.encode(), b"anxiao csrf", "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def csrf_matches(session_token: str, given: str) -> bool:
    """Check the value of `X-CSRF-Token` in constant time."""
    return hmac.compare_digest(csrf_token(session_token).encode(), given.encode())
