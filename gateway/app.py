"""The gateway's command line and composition: from a site file to a running box."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import httpx
import msgspec
import structlog
import typer

from contract.errors import ConfigurationError, Unreachable
from edge.agent import Agent
from edge.lan.http_door import bind
from gateway.announcement import Description
from gateway.box import Box, BoxPlan, UplinkPlan
from gateway.disk import Disk, PosixDisk
from gateway.node_events import PathKind
from gateway.own_health import OwnHealth
from gateway.settings import HttpsSettings, MqttSettings, Settings, check_files, read_secret, read_settings
from gateway.status import Status, take_status
from gateway.status_page import lines, serve_page
from gateway.uplinks.https import HttpsDoor, HttpsUplink
from gateway.uplinks.mqtt import MqttUplink
from gateway.uplinks.uplink import Tell, Uplink
from gateway.writer import WriterThread
from shell.logs import set_up_logs
from shell.process import one_sentence, stop_on_signals

ANSWER_SECONDS = 3.0  # Of our own status page on this machine.

log = structlog.get_logger("gateway.app")
main = typer.Typer(add_completion=False, help="The Anxiao school gateway.")

Config = Annotated[Path, typer.Option(help="The site file; see docs/configuration.md and docs/site.example.toml.")]


@main.callback(invoke_without_command=True)
def default(
    context: typer.Context, config: Annotated[Path | None, typer.Option(help="Run with this site file.")] = None
) -> None:
    """Run the gateway of one school; `--config` alone is the same as `run --config`."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)
    run(config)


@main.command()
def run(config: Config) -> None:
    """Serve until SIGINT or SIGTERM."""
    with one_sentence():
        settings = read_settings(config)
        check_files(settings)
        set_up_logs(settings.log_level)
        asyncio.run(_until_told(settings))


@main.command()
def check(config: Config) -> None:
    """Say whether a site file can be used, with the line of what cannot; nothing is started."""
    with one_sentence():
        settings = read_settings(config)
        check_files(settings)
        devices = sum(len(agent.devices()) for agent in settings.agents)
        typer.echo(
            f"{settings.gateway}: {len(settings.uplinks)} uplinks, {len(settings.agents)} interfaces, {devices} devices"
        )


@main.command()
def status(config: Config) -> None:
    """Print how the running gateway of this machine does; ends with 1 when it does not answer."""
    with one_sentence():
        settings = read_settings(config)
        if settings.status is None:
            raise ConfigurationError("status: off in the site file; allowed: a loopback address such as 127.0.0.1:8090")
        try:
            found = _ask(*settings.status)
        except Unreachable as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        for line in lines(found):
            typer.echo(line)


async def serve(settings: Settings, stop: asyncio.Event, open_: Callable[[Box], None] = lambda _box: None) -> None:
    """Run one gateway until `stop` is set, then end with everything on disk. `open_` is given the box at the start."""
    async with _box(settings, stop.set) as box:
        open_(box)
        async with asyncio.TaskGroup() as group:
            serving = [group.create_task(box.run(), name="box")]
            if settings.status is not None:
                listening = _bind(*settings.status)
                serving.append(group.create_task(serve_page(lambda: take_status(box), listening), name="status"))
            log.info("gateway_started", gateway=settings.gateway, uplinks=len(settings.uplinks), agents=len(settings.agents))
            await stop.wait()
            log.info("gateway_stopping", gateway=settings.gateway)
            for task in serving:
                task.cancel()


async def _until_told(settings: Settings) -> None:
    await serve(settings, stop_on_signals())


@contextlib.asynccontextmanager
async def _box(settings: Settings, reboot: Callable[[], None]) -> AsyncIterator[Box]:
    async with contextlib.AsyncExitStack() as stack:
        writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe).start()
        stack.push_async_callback(asyncio.to_thread, writer.stop)
        plans = []
        for uplink in settings.uplinks:
            if isinstance(uplink, MqttSettings):
                plans.append(_mqtt(uplink, settings))
            else:
                plans.append(_https(uplink, settings, await stack.enter_async_context(_client(uplink))))
        plan = BoxPlan(
            settings.gateway,
            lambda: _disks(settings),
            plans,
            settings.agents,
            settings.limits,
            _description(settings),
            settings.rights,
            settings.lamp_seconds,
            reboot,
        )
        yield Box(plan, writer, OwnHealth(settings.folder))


def _disks(settings: Settings) -> list[Disk]:
    folders = [settings.folder] + ([settings.second_folder] if settings.second_folder else [])
    return [PosixDisk(folder) for folder in folders]


def _mqtt(uplink: MqttSettings, settings: Settings) -> UplinkPlan:
    def make(will: Callable[[], bytes], tell: Tell) -> Uplink:
        return MqttUplink(uplink.name, uplink.broker, settings.gateway, will, tell)

    return UplinkPlan(uplink.name, PathKind.MQTT, make)


def _https(uplink: HttpsSettings, settings: Settings, client: httpx.AsyncClient) -> UplinkPlan:
    door = HttpsDoor(uplink.url, lambda: read_secret(uplink.key_file, f"uplink {uplink.name}, key_file"))

    def make(_will: Callable[[], bytes], tell: Tell) -> Uplink:
        return HttpsUplink(uplink.name, door, client, settings.gateway, tell)

    return UplinkPlan(uplink.name, PathKind.HTTPS, make)


def _client(uplink: HttpsSettings) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=uplink.ca_file) if uplink.ca_file else ssl.create_default_context()
    return httpx.AsyncClient(verify=context, trust_env=False)


def _description(settings: Settings) -> Description:
    try:
        software = f"anxiao {version('anxiao')}"
    except PackageNotFoundError:
        software = "anxiao"
    return Description(software, settings.model, _first_hop(settings.agents))


def _first_hop(agents: tuple[Agent, ...]) -> str:
    """Name the weakest first hop that any device has: the box promises no more than that."""
    found = {device.first_hop for agent in agents for device in agent.devices()}
    return next((word for word in ("best_effort", "latched", "confirmed") if word in found), "best_effort")


def _bind(host: str, port: int) -> socket.socket:
    try:
        return bind(host, port)
    except OSError as error:
        raise ConfigurationError(
            f"status: {host}:{port} given; allowed: a free address of this machine ({error.strerror})"
        ) from None


def _ask(host: str, port: int) -> Status:
    address = f"http://{host}:{port}/status.json"
    try:
        answer = httpx.get(address, timeout=ANSWER_SECONDS, trust_env=False)
        return msgspec.json.decode(answer.raise_for_status().content, type=Status)
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        raise Unreachable(f"{address}: no gateway answers ({type(error).__name__})") from None


if __name__ == "__main__":
    main()
