"""Opens the history store that the settings name."""

from pathlib import Path

from contract.errors import ConfigurationError
from server.history.content import AuditedStore
from server.history.duckdb_store import DuckDbStore
from server.history.influx1_store import Influx1Store
from server.history.influx_store import InfluxStore
from server.history.victoria_store import VictoriaStore
from server.settings import Settings


def history_of(settings: Settings) -> AuditedStore | None:
    """Give the store of a server with these settings; see `open_history`."""
    return open_history(
        settings.history,
        settings.folder,
        url=settings.history_url,
        token=settings.history_token.get_secret_value(),
        org=settings.history_org,
        bucket=settings.history_bucket,
    )


def open_history(
    kind: str, folder: Path, *, url: str = "", token: str = "", org: str = "anxiao", bucket: str = "anxiao"
) -> AuditedStore | None:
    """Give the store, or None for `none`. Nothing is connected yet: a store that is down never keeps the server down."""
    if kind == "none":
        return None
    if kind == "duckdb":
        return DuckDbStore(folder / "history.duckdb")
    if not url:
        raise ConfigurationError(
            f"history_url: missing; history={kind} needs the store's address, e.g. http://127.0.0.1:8086"
        )
    if kind == "influx":
        return InfluxStore(url, token, org, bucket)
    if kind == "influx1":
        return Influx1Store(url, bucket, token)
    if kind == "victoria":
        return VictoriaStore(url, token)
    raise ConfigurationError(f"history: {kind!r}; allowed: duckdb, influx, influx1, victoria, none")
