"""The real gateways of a fleet: one writer thread, one HTTPS client, one event loop, and an outbox folder for each."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from contract.errors import ConfigurationError
from contract.identity import GatewayId
from gateway.announcement import Description
from gateway.box import Box, BoxPlan, UplinkPlan
from gateway.disk import PosixDisk
from gateway.node_events import PathKind
from gateway.outbox_limits import OutboxLimits
from gateway.uplinks.https import HttpsDoor, HttpsUplink
from gateway.uplinks.mqtt import Broker, MqttUplink
from gateway.uplinks.uplink import Tell, Uplink
from gateway.writer import WriterThread
from simulators.credentials import gateway_key
from simulators.running import MakeBox
from simulators.site import Site

MQTT_PORT = 1_883
OUTBOX_DESCRIPTORS = 4  # The lock, a segment of each lane, and one that is being put in place of another.
CONNECTIONS_EACH = 2  # To each broker: alarms never queue behind telemetry.
HTTPS_CONNECTIONS_MAX = 16  # Of the whole fleet: the simulator is one machine, and a storm of it must not drown a server.
DESCRIPTION = Description(software=f"anxiao {version('anxiao')}", model="simulated", first_hop="confirmed")


@dataclass(frozen=True, slots=True)
class Uplinks:
    """How the gateways of a fleet reach the server: brokers, the HTTPS door if there is one, and the seed of their keys."""

    brokers: tuple[Broker, ...]
    http: str
    seed: int


def parse_broker(text: str) -> Broker:
    """Read `mqtt://host:port` or `host:port`; raise `ConfigurationError` for anything else."""
    url = urlsplit(text if "://" in text else f"mqtt://{text}")
    try:
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if url.scheme != "mqtt" or not host or url.path.strip("/"):
        raise ConfigurationError(f"broker: {text!r} given; allowed: mqtt://host:port")
    return Broker(host, port or MQTT_PORT)


def prepare_folder(folder: Path) -> None:
    """Make the folder of the outboxes, or raise `ConfigurationError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"folder {folder}: {error.strerror}") from None


def descriptors_each(uplinks: Uplinks) -> int:
    """Say how many files and connections one gateway holds."""
    return OUTBOX_DESCRIPTORS + CONNECTIONS_EACH * len(uplinks.brokers)


@contextlib.asynccontextmanager
async def open_boxes(folder: Path, uplinks: Uplinks) -> AsyncIterator[MakeBox]:
    """Give what makes a gateway; what its outbox holds stays in the folder when the fleet ends."""
    writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe, "fleet-outboxes").start()
    async with httpx.AsyncClient(transport=_Patient(), trust_env=False) as client:
        try:
            yield lambda site: _box(site, folder, uplinks, client, writer)
        finally:
            await asyncio.to_thread(writer.stop)


class _Patient(httpx.AsyncBaseTransport):
    """Lets only so many requests at a time into the pool, whose cost for each grows with all that wait in it."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=HTTPS_CONNECTIONS_MAX))
        self._turns = asyncio.Semaphore(HTTPS_CONNECTIONS_MAX)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for a turn, then ask."""
        async with self._turns:
            return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _box(site: Site, folder: Path, uplinks: Uplinks, client: httpx.AsyncClient, writer: WriterThread) -> Box:
    gateway = site.gateway.id
    plans = [_mqtt(f"mqtt-{number}", broker, gateway) for number, broker in enumerate(uplinks.brokers, 1)]
    if uplinks.http:
        plans.append(_https(uplinks, gateway, client))
    return Box(
        BoxPlan(
            gateway,
            # Not synced: what is written survives the end of this process, and nobody's alarm depends on this machine.
            lambda: [PosixDisk(folder / gateway, syncs=False)],
            plans,
            [site.agent],
            OutboxLimits.fleet(),
            DESCRIPTION,
        ),
        writer,
    )


def _mqtt(name: str, broker: Broker, gateway: GatewayId) -> UplinkPlan:
    def make(will: Callable[[], bytes], tell: Tell) -> Uplink:
        return MqttUplink(name, broker, gateway, will, tell)

    return UplinkPlan(name, PathKind.MQTT, make)


def _https(uplinks: Uplinks, gateway: GatewayId, client: httpx.AsyncClient) -> UplinkPlan:
    door = HttpsDoor(uplinks.http.rstrip("/"), lambda: gateway_key(uplinks.seed, gateway))

    def make(_will: Callable[[], bytes], tell: Tell) -> Uplink:
        return HttpsUplink("https", door, client, gateway, tell)

    return UplinkPlan("https", PathKind.HTTPS, make)
