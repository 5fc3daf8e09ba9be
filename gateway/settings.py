"""The site file of one gateway, read once into frozen settings; whatever cannot be used is named with its file and line."""

import ipaddress
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from contract.errors import ConfigurationError, Refused
from contract.identity import DeviceId, GatewayId, parse_gateway_id
from contract.limits import DEVICES_PER_GATEWAY_MAX
from contract.orders import ORDERS, Op
from contract.signing import parse_public
from edge.agent import Agent
from edge.agents import AGENTS
from edge.table import Table
from gateway.commands import HARMLESS, Rights
from gateway.hub import OWN_DEVICE
from gateway.lamps import LAMP_SECONDS
from gateway.outbox_limits import OutboxLimits
from gateway.site_lines import line_of
from gateway.uplinks.mqtt import Broker

UPLINKS_MAX = 8
AGENTS_MAX = 32
KEYS_MAX = 4  # Of the server: the one in use, the next, and room to spare.
LAMP_SECONDS_MAX = 3_600
SITE_BYTES_MAX = 1 << 20
STATUS_ADDRESS = "127.0.0.1:8090"
LOG_LEVELS = ("debug", "info", "warning", "error")
MEGABYTE = 1 << 20
TERABYTE_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """One broker."""

    name: str
    broker: Broker


@dataclass(frozen=True, slots=True)
class HttpsSettings:
    """The server's HTTPS door."""

    name: str
    url: str
    key_file: Path
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything one gateway is told; each key has its line in docs/configuration.md."""

    gateway: GatewayId
    folder: Path
    second_folder: Path | None
    model: str
    log_level: str
    status: tuple[str, int] | None
    limits: OutboxLimits
    uplinks: tuple[MqttSettings | HttpsSettings, ...]
    agents: tuple[Agent, ...]
    rights: Rights
    lamp_seconds: int


def read_settings(path: Path) -> Settings:
    """Read a site file, or raise `ConfigurationError` with the file, the line, what was given and what is allowed."""
    try:
        with path.open("rb") as file:
            content = file.read(SITE_BYTES_MAX + 1)
        text = content.decode()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; allowed: a readable TOML file") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: {error.reason} at byte {error.start}; allowed: UTF-8") from None
    if len(content) > SITE_BYTES_MAX:
        raise ConfigurationError(f"{path}: larger than {SITE_BYTES_MAX} bytes")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from None
    try:
        return parse_site(values, path.parent)
    except ConfigurationError as error:
        place, _, _ = str(error).partition(": ")
        line = line_of(text, place)
        where = f"{path}, line {line}" if line else str(path)
        raise ConfigurationError(f"{where}: {error}") from None


def parse_site(values: Mapping[str, object], base: Path) -> Settings:
    """Make settings of a site's tables; relative paths of the gateway's own files start at `base`."""
    table = Table(values)
    gateway = _gateway(table)
    settings = Settings(
        gateway=gateway,
        folder=base / table.text("folder"),
        second_folder=_path(table, "second_folder", base),
        model=table.text("model", "", most=80),
        log_level=table.text("log_level", "info", words=LOG_LEVELS),
        status=_status(table),
        limits=_limits(table.table("outbox")),
        uplinks=_uplinks(table, gateway, base),
        agents=(agents := _agents(table)),
        rights=_rights(table.table("commands"), {DeviceId(device.d) for agent in agents for device in agent.devices()}),
        lamp_seconds=table.integer("lamp_seconds", LAMP_SECONDS, low=5, high=LAMP_SECONDS_MAX),
    )
    table.finish()
    if settings.second_folder == settings.folder:
        raise table.wrong("second_folder", str(settings.folder), "another folder than the first, best on another disk")
    return settings


def read_secret(path: Path, what: str) -> str:
    """Read a secret from its file; the message of a failure names the file and never what is in it."""
    try:
        secret = path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{what}: {path} cannot be read; allowed: a readable text file") from None
    if not secret or not secret.isprintable():
        raise ConfigurationError(f"{what}: {path} holds no secret; allowed: one line of printable characters")
    return secret


def check_files(settings: Settings) -> None:
    """Raise `ConfigurationError` for the first file that the settings name and that cannot be read."""
    for uplink in settings.uplinks:
        named = f"uplink {uplink.name}"
        if isinstance(uplink, HttpsSettings):
            read_secret(uplink.key_file, f"{named}, key_file")
            _check_readable(uplink.ca_file, f"{named}, ca_file")
            continue
        if uplink.broker.password_file is not None:
            read_secret(uplink.broker.password_file, f"{named}, password_file")
        for key in ("ca_file", "cert_file", "private_key_file"):
            _check_readable(getattr(uplink.broker, key), f"{named}, {key}")


def _check_readable(path: Path | None, what: str) -> None:
    if path is None:
        return
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigurationError(f"{what}: {path}: {error.strerror}; allowed: a readable file") from None


def _gateway(table: Table) -> GatewayId:
    given = table.text("gateway")
    try:
        return parse_gateway_id(given)
    except Refused:
        raise table.wrong("gateway", given, "3 to 40 of a-z, 0-9 and '-'") from None


def _status(table: Table) -> tuple[str, int] | None:
    """Give where the status page listens: loopback only, for it asks nobody who they are."""
    given = table.text("status", STATUS_ADDRESS)
    if given == "off":
        return None
    host, port = Table({"status": given}).address("status") or ("", 0)
    if not _loopback(host) or ":" in host:
        raise table.wrong("status", given, "a loopback address such as 127.0.0.1:8090, or off")
    return host, port


def _limits(table: Table) -> OutboxLimits:
    usual = OutboxLimits()
    limits = OutboxLimits(
        budget_bytes=MEGABYTE * table.integer("budget_mb", usual.budget_bytes // MEGABYTE, low=4, high=TERABYTE_MB),
        alarm_reserve_bytes=MEGABYTE
        * table.integer("alarm_reserve_mb", usual.alarm_reserve_bytes // MEGABYTE, low=1, high=1_024),
        keep_days=table.integer("keep_days", usual.keep_days, low=1, high=3_650),
        keep_bytes=MEGABYTE * table.integer("keep_mb", usual.keep_bytes // MEGABYTE, low=1, high=1_024),
    )
    table.finish()
    return limits


def _uplinks(table: Table, gateway: GatewayId, base: Path) -> tuple[MqttSettings | HttpsSettings, ...]:
    made: list[MqttSettings | HttpsSettings] = []
    for entry in table.tables("uplinks", most=UPLINKS_MAX):
        kind = entry.text("kind", words=("mqtt", "https"))
        name = entry.text("name", f"{kind}-{len(made) + 1}", most=20)
        if not name.replace("-", "").isalnum() or not name.isascii() or name in [other.name for other in made]:
            raise entry.wrong("name", name, "a name of its own of letters, digits and '-'")
        made.append(_mqtt(entry, name, gateway, base) if kind == "mqtt" else _https(entry, name, base))
        entry.finish()
    return tuple(made)


def _mqtt(table: Table, name: str, gateway: GatewayId, base: Path) -> MqttSettings:
    tls = table.flag("tls", True)
    address = table.address("broker")
    if address is None:
        raise table.wrong("broker", None, "host:port, such as broker.example:8883")
    host, port = address
    password_file = _path(table, "password_file", base)
    broker = Broker(
        host,
        port,
        tls=tls,
        ca_file=_path(table, "ca_file", base),
        cert_file=_path(table, "cert_file", base),
        private_key_file=_path(table, "private_key_file", base),
        username=table.text("username", gateway if password_file else "", most=80),
        password_file=password_file,
    )
    if not tls and broker.password_file is not None and not _loopback(host):
        raise table.wrong("tls", tls, "true where a password goes to another machine")
    if (broker.cert_file is None) is not (broker.private_key_file is None):
        raise table.wrong("cert_file", None, "cert_file and private_key_file together, or neither", secret=True)
    return MqttSettings(name, broker)


def _https(table: Table, name: str, base: Path) -> HttpsSettings:
    given = table.text("url")
    url = urlsplit(given)
    plain = url.scheme == "http" and _loopback(url.hostname or "")
    if not url.hostname or (url.scheme != "https" and not plain) or url.username or url.query or url.fragment:
        raise table.wrong("url", f"{url.scheme}://{url.hostname}", "https://host[:port], or http:// to this machine itself")
    key_file = _path(table, "key_file", base)
    if key_file is None:
        raise table.wrong("key_file", None, "the file with this gateway's key")
    return HttpsSettings(name, given.rstrip("/"), key_file, _path(table, "ca_file", base))


def _agents(table: Table) -> tuple[Agent, ...]:
    """Build the agents; a box without any only tells of itself, which is the first step of an installation."""
    agents = []
    for entry in table.tables("agents", most=AGENTS_MAX, least=0):
        interface = entry.text("interface", words=sorted(AGENTS))
        try:
            agents.append(AGENTS[interface](entry.rest()))
        except ConfigurationError as error:
            raise ConfigurationError(f"{entry.place}{error}") from None
    _check_devices(agents)
    return tuple(agents)


def _check_devices(agents: list[Agent]) -> None:
    ids = Counter(DeviceId(device.d) for agent in agents for device in agent.devices())
    twice = [device for device, number in ids.items() if number > 1]
    if twice:
        raise ConfigurationError(f"agents: device {twice[0]!r} given twice; allowed: each id once in the whole file")
    if OWN_DEVICE in ids:
        raise ConfigurationError(
            f"agents: device {OWN_DEVICE!r} given; allowed: any other id, this one is the gateway's own"
        )
    if ids.total() >= DEVICES_PER_GATEWAY_MAX:
        raise ConfigurationError(f"agents: {ids.total()} devices given; allowed: fewer than {DEVICES_PER_GATEWAY_MAX}")
    names = Counter(agent.name for agent in agents)
    if names and names.most_common(1)[0][1] > 1:
        raise ConfigurationError(f"agents: name {names.most_common(1)[0][0]!r} given twice; allowed: each name once")


def _rights(table: Table, known: set[DeviceId]) -> Rights:
    """Read whom the box obeys and in what: nobody without a key, and nothing that moves without its device being named."""
    keys = []
    for text in table.texts("server_keys", (), most=KEYS_MAX):
        try:
            keys.append(parse_public(text))
        except Refused as refusal:
            raise table.wrong("server_keys", text, refusal.detail.partition("allowed: ")[2]) from None
    box = table.texts("allow", sorted(HARMLESS), words=[op for op, meaning in ORDERS.items() if meaning.box], most=len(Op))
    devices: dict[DeviceId, frozenset[Op]] = {}
    for entry in table.tables("devices", most=DEVICES_PER_GATEWAY_MAX, least=0):
        device = entry.device("id")
        if device not in known or device in devices:
            raise entry.wrong("id", device, "a device of [[agents.devices]], each once")
        ops = entry.texts("allow", words=[op for op, meaning in ORDERS.items() if meaning.device], most=len(Op))
        devices[device] = frozenset(map(Op, ops))
        entry.finish()
    table.finish()
    return Rights(tuple(keys), frozenset(map(Op, box)), devices)


def _path(table: Table, key: str, base: Path) -> Path | None:
    given = table.text(key, "", most=4_096)
    return base / given if given else None


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
