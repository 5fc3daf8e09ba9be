"""One way to call somebody else's HTTP service: bounded in time and size, and never a secret in what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from contract.errors import ConfigurationError

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 6.0  # Below the time that a try has as a whole.
ANSWER_BYTES_MAX = 65_536
RETRY_SECONDS_MAX = 600.0
NOT_NOW = frozenset({408, 425, 429, 500, 502, 503, 504})  # The same again may be taken later.


class Reach(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a channel reaches the network; part of the options of every channel by HTTP."""

    proxy: str = ""
    ca_file: str = ""  # Certificates to trust instead of the system's, for a service inside the city's own network.


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status with its body, or why nothing did."""

    status: int = 0
    body: bytes = b""
    trouble: str = ""  # Why there was no answer; then `status` is 0.
    retry_seconds: float | None = None

    @property
    def good(self) -> bool:
        """Say whether it was taken, as far as HTTP can say so."""
        return 200 <= self.status < 300  # noqa: PLR2004  # The statuses of success.

    @property
    def may_come_again(self) -> bool:
        """Say whether the same may be taken later."""
        return not self.status or self.status in NOT_NOW

    @property
    def said(self) -> str:
        """Say what went wrong, without any address."""
        return self.trouble or f"HTTP {self.status}"

    def read(self) -> Any:
        """Give the body as JSON; None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


class Caller:
    """Calls one service. Redirects are not followed: they would carry a secret to somebody else."""

    def __init__(self, proxy: str = "", ca_file: str = "") -> None:
        try:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
                proxy=proxy or None,
                verify=_trusting(ca_file),
                trust_env=False,
                limits=httpx.Limits(max_connections=8, keepalive_expiry=30.0),
            )
        except (ValueError, OSError, httpx.InvalidURL) as error:
            raise ConfigurationError(f"proxy, ca_file: {type(error).__name__}") from None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], params: Mapping[str, str] | None = None
    ) -> Answer:
        """Post; never raises for what the other side or the network does."""
        try:
            async with self._client.stream("POST", url, content=body, headers=headers, params=params) as response:
                return Answer(response.status_code, await _bounded(response), retry_seconds=_retry(response))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(trouble=_name(error))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _bounded(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= ANSWER_BYTES_MAX:
            break
    return body[:ANSWER_BYTES_MAX]


def _retry(response: httpx.Response) -> float | None:
    asked = response.headers.get("retry-after", "")
    return min(float(asked), RETRY_SECONDS_MAX) if asked.isdecimal() else None


def _trusting(ca_file: str) -> Any:
    return httpx.create_ssl_context(verify=ca_file) if ca_file else True


def _name(error: Exception) -> str:
    """Name a trouble by its kind alone: its text may hold the whole address."""
    known = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.ReadTimeout: "no answer in time",
        httpx.ConnectError: "no connection",
        httpx.RemoteProtocolError: "the answer broke off",
    }
    return next((words for kind, words in known.items() if isinstance(error, kind)), type(error).__name__)
