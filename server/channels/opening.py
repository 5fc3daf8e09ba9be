"""Opens the channels of the channel file: the one place, beside the server's settings, that holds their secrets.

The file is TOML, one table for each channel, and belongs to the server alone (mode 0600).
"""

import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import ConfigurationError
from server.channels import KINDS
from server.channels.channel import Channel
from server.channels.kind import ChannelKind, Clock, Options

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
CHANNELS_MAX = 100
FILE_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """One channel with what people call it; its options hold secrets and are never shown."""

    channel: Channel
    kind: ChannelKind
    label: str
    report_key: str
    reports: Callable[[Any], list[dict[str, Any]]] | None = None  # Reads the other side's own form of reports.


def open_channels(path: Path | None, clock: Clock) -> Mapping[str, Opened]:
    """Open every channel of a file; none without a file. Raises `ConfigurationError`, which names no value of the file."""
    if path is None:
        return {}
    return {name: _opened(name, table, clock) for name, table in _read(path).items()}


def _read(path: Path) -> Mapping[str, object]:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(f"channels: others may read {path}; allowed: chmod 600")
        text = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"channels: {path}: {error.strerror}") from None
    if len(text) > FILE_BYTES_MAX:
        raise ConfigurationError(f"channels: {path}: at most {FILE_BYTES_MAX} bytes")
    try:
        tables = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigurationError(f"channels: {path} is not TOML") from None  # Its own words would show the line.
    if len(tables) > CHANNELS_MAX:
        raise ConfigurationError(f"channels: {path}: at most {CHANNELS_MAX} channels")
    return tables


def _opened(name: str, table: object, clock: Clock) -> Opened:
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"channels: {name[:40]!r}; allowed: up to 32 of a-z, 0-9 and -")
    kind = KINDS.get(str(table.get("kind", ""))) if isinstance(table, dict) else None
    if kind is None:
        raise ConfigurationError(f"channels: {name}: kind; allowed: {', '.join(KINDS)}")
    options: Options
    try:
        options = msgspec.convert(table, kind.options)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"channels: {name}: {_without_values(error)}") from None
    reports = partial(kind.reports, options) if kind.reports is not None else None
    return Opened(kind.open(name, options, clock), kind, options.label or name, options.report_key, reports)


def _without_values(error: msgspec.ValidationError) -> str:
    """Say what is wrong; the words of msgspec name types and fields, those of our own checks name what is allowed."""
    return str(error)[:200]
