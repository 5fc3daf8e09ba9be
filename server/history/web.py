"""HTTP to a history store: one client with limits, and every trouble as `StorageError`."""

from collections.abc import Mapping

import httpx

from contract.errors import StorageError

TIMEOUT_SECONDS = 30.0  # A store that takes longer for 10,000 rows is as good as down; the projector tries again.
DETAIL_CHARACTERS = 500


class StoreClient:
    """Asks one store. Never by a proxy: history goes to a server of ours, whatever the environment says."""

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Token {token}"} if token else {}
        self.url = url
        self._client = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=httpx.Timeout(TIMEOUT_SECONDS), trust_env=False
        )

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Read; raise `StorageError` unless it was answered with success."""
        return await self._ask("GET", path, params or {}, None)

    async def post(self, path: str, body: bytes | None, params: Mapping[str, str]) -> bytes:
        """Write or command; raise `StorageError` unless it was answered with success."""
        return await self._ask("POST", path, params, body)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, params: Mapping[str, str], body: bytes | None) -> bytes:
        try:
            answer = await self._client.request(method, path, params=params, content=body)
        except httpx.HTTPError as error:
            raise StorageError(f"{self.url}{path}: {type(error).__name__} {error}") from error
        if answer.is_success:
            return answer.content
        raise NotAccepted(answer.status_code, f"{self.url}{path}: {answer.status_code} {answer.text[:DETAIL_CHARACTERS]}")


class NotAccepted(StorageError):
    """The store answered, and the answer was no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def final(self) -> bool:
        """Say whether asking again cannot help: the rows themselves are refused, not us and not now."""
        return self.status in (400, 413, 422)
