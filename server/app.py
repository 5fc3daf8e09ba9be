"""The server's command line."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from contract.errors import ConfigurationError
from contract.identity import UnitId, UserName
from contract.signing import public_text
from server.audit import commands
from server.commands.key import next_key, signing_key, switch
from server.evidence.verifying import verify
from server.export.command import export_to
from server.export.lines import Wanted
from server.export.times import parse_instant
from server.journal.database import Database, open_database
from server.notify.command import channels
from server.outside import SOURCE_NAME
from server.registry.accounts import write_logins, write_secret
from server.registry.changes import Edit, put
from server.registry.keys import keep_keys, with_new_key
from server.registry.model import Role, Scope, User
from server.registry.roster_file import check_roster, read_roster
from server.registry.sheets.outside_source import OutsideSource
from server.registry.store import Registry
from server.security.passwords import Passwords, generate_password
from server.security.sessions import Sessions
from server.security.tokens import digest, draw_token
from server.service import database_address, give_demo_logins, open_service, serve
from server.settings import Settings, archive_folder, read_settings
from shell.logs import set_up_logs
from shell.process import hold_the_collector, one_sentence, spare_the_collector, stop_on_signals


class ExportWhat(StrEnum):
    """What can be taken out of the journal."""

    READINGS = "readings"
    INCIDENTS = "incidents"


SCOPES = ("unit", "station", "school")

main = typer.Typer(no_args_is_help=True, add_completion=False, help="The Anxiao server.")
accounts = typer.Typer(no_args_is_help=True, help="Accounts, while the server is stopped or on PostgreSQL.")
main.add_typer(accounts, name="user")
main.add_typer(channels, name="channel")

evidence = typer.Typer(no_args_is_help=True, help="Bundles of evidence.")
main.add_typer(evidence, name="evidence")

Config = Annotated[Path | None, typer.Option(help="A TOML file with settings; see docs/configuration.md.")]
Folder = Annotated[Path | None, typer.Option(help="Where the server keeps its data.")]


@main.command()
def run(
    config: Config = None,
    folder: Folder = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of dashboard, API and HTTPS door.")] = None,
    broker: Annotated[list[str] | None, typer.Option(help="mqtt://host:port; may be given several times.")] = None,
    roster: Annotated[Path | None, typer.Option(help="A roster to take over before serving.")] = None,
    channel_file: Annotated[
        Path | None, typer.Option("--channels", help="The channel file; see docs/notifications.md.")
    ] = None,
    demo_logins: Annotated[
        Path | None, typer.Option(help="Make demonstration accounts and write their passwords to this file.")
    ] = None,
) -> None:
    """Serve until SIGINT or SIGTERM."""
    with one_sentence():
        brokers = tuple(broker) if broker else None
        settings = read_settings(config, folder=folder, host=host, port=port, brokers=brokers, channels=channel_file)
        set_up_logs(settings.log_level)
        uvloop.run(_serve(settings, roster, demo_logins))


@main.command()
def import_roster(
    file: Annotated[Path, typer.Argument(help="The roster as JSON.")], config: Config = None, folder: Folder = None
) -> None:
    """Make the registry hold exactly this roster; a running server takes it over at its next start."""

    async def work(registry: Registry, _database: Database) -> None:
        roster = keep_keys(read_roster(file), registry.roster)
        await registry.replace(roster)
        typer.echo(f"{len(roster.schools)} schools, {len(roster.gateways)} gateways, {len(roster.devices)} devices")

    _on_registry(config, folder, work)


@main.command()
def gateway_key(
    gateway: Annotated[str, typer.Argument(help="The gateway's id.")],
    out: Annotated[Path, typer.Option(help="A file only you can read, to which the key is written; bring it to the box.")],
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Draw a new HTTPS key for a gateway; the old one is refused from the server's next start."""

    async def work(registry: Registry, _database: Database) -> None:
        roster, key = with_new_key(registry.roster, gateway)
        await registry.replace(roster)
        write_secret(out, key + "\n")
        typer.echo(f"{gateway}: the key is in {out}")

    _on_registry(config, folder, work)


@main.command()
def outside_key(
    source: Annotated[str, typer.Argument(help="A name for the service, such as weather-bureau.")],
    unit: Annotated[str, typer.Option(help="The unit that it may tell of, with everything below.")],
    out: Annotated[Path, typer.Option(help="A file only you can read, to which the key is written, for the service.")],
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Draw a new key for a service that tells of outside events; the old one is refused from the server's next start."""

    async def work(registry: Registry, _database: Database) -> None:
        if not SOURCE_NAME.fullmatch(source):
            raise ConfigurationError(f"source: {source[:40]!r}; allowed: up to 20 of a-z, 0-9 and -")
        if unit not in registry.tree.units:
            raise ConfigurationError(f"unit: {unit[:40]!r} is not in the roster; allowed: the id of an education unit")
        key = draw_token()
        known = [line for line in registry.roster.records if isinstance(line, OutsideSource) and line.id == source]
        moved = [Edit("outside_source", (line.unit, line.id)) for line in known if line.unit != unit]
        line = OutsideSource(unit=UnitId(unit), id=source, note=known[0].note if known else "", key_hash=digest(key))
        edits = [*moved, put(line)]
        await registry.edit(edits, by="command", reason="outside-key", now=time.time(), checked=check_roster)
        write_secret(out, key + "\n")
        typer.echo(f"{source}: the key is in {out}")

    _on_registry(config, folder, work)


@main.command()
def audit(
    from_day: Annotated[
        str, typer.Option("--from", help="The first day, such as 2026-09-01; as far back as possible.")
    ] = "",
    to_day: Annotated[str, typer.Option("--to", help="The last day; up to now if left out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result for machines.")] = False,
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Compare everything derived with the journal; ends with 1 on a difference. The server is stopped meanwhile."""
    with one_sentence():
        settings = read_settings(config, folder=folder)
        report = asyncio.run(commands.audit(settings, database_address(settings), from_day, to_day))
        commands.write_report(report, as_json=as_json)


@main.command()
def rebuild(
    history: Annotated[bool, typer.Option("--history", help="Drop the history and build it again.")] = False,
    state: Annotated[
        bool, typer.Option("--state", help="Mend rows of alarms, gaps, cursors and missing incidents.")
    ] = False,
    forget_older: Annotated[
        bool, typer.Option("--forget-older", help="History older than journal and archive may be lost.")
    ] = False,
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Build what is derived anew from journal and archive. The server is stopped meanwhile."""
    with one_sentence():
        settings = read_settings(config, folder=folder)
        asyncio.run(
            commands.rebuild(settings, database_address(settings), history=history, state=state, forget_older=forget_older)
        )


@main.command()
def command_key(
    config: Config = None,
    folder: Folder = None,
    next_: Annotated[bool, typer.Option("--next", help="Draw the key that comes next, beside the one in use.")] = False,
    switch_: Annotated[bool, typer.Option("--switch", help="Use the next key from the next start on.")] = False,
) -> None:
    """Print the public key that gateways obey, for `server_keys` of their site files; it is drawn when there is none."""
    with one_sentence():
        if next_ and switch_:
            raise ConfigurationError("--next, --switch: one after the other; the sites have to know the next key in between")
        settings = read_settings(config, folder=folder)
        settings.folder.mkdir(parents=True, exist_ok=True)
        key = next_key if next_ else switch if switch_ else signing_key
        typer.echo(public_text(key(settings.folder)))


@evidence.command("verify")
def verify_evidence(file: Annotated[Path, typer.Argument(help="A bundle, as it was exported.")]) -> None:
    """Check a bundle without any server: each file, the seal, the container to its last byte; ends with 1 if it differs."""
    with one_sentence():
        manifest, wrong = verify(file)
        typer.echo(f"alert {manifest.alert}, as of {manifest.as_of} ms UTC, {len(manifest.files)} files")
        typer.echo(f"seal {manifest.seal}, on line {manifest.audit.sequence} of the audit log: {manifest.audit.hash}")
        for one in manifest.missing:
            typer.echo(f"not in the bundle: attachment {one.id}: {one.why}")
        for line in wrong:
            typer.echo(f"DIFFERS: {line}", err=True)
        if wrong:
            raise typer.Exit(1)
        typer.echo("whole: every byte is as it was sealed")


@accounts.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="What the person signs in with.")],
    role: Annotated[Role, typer.Option(help="What the account may do.")],
    scope: Annotated[str, typer.Option(help="unit:ID, station:ID or school:ID: the branch it sees.")],
    logins: Annotated[Path, typer.Option(help="A file only you can read, to which the first password is written.")],
    display: Annotated[str, typer.Option(help="A post to show instead of the name.")] = "",
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Add an account, or give one a new password; whoever was signed in by it is so no longer."""
    kind, _, place = scope.partition(":")

    async def work(registry: Registry, database: Database) -> None:
        tree = registry.tree
        known = {"unit": set(tree.units), "station": set(tree.stations), "school": set(tree.schools)}
        if place not in known.get(kind, ()):
            raise ConfigurationError(f"scope: {scope!r} is not in the roster; allowed: {', '.join(SCOPES)} with its id")
        password = generate_password()
        user = User(UserName(name), display or name, role, Scope(kind, place), Passwords().hash(password))
        await registry.accounts.put([user])
        await _end_sessions(database, name)
        write_logins(logins, {user.name: password}, {user.name: user})
        typer.echo(f"{name}: the first password is in {logins}")

    _on_registry(config, folder, work)


@accounts.command("disable")
def disable_user(
    name: Annotated[str, typer.Argument(help="The account.")], config: Config = None, folder: Folder = None
) -> None:
    """Refuse an account from now on; what it did keeps its name."""

    async def work(registry: Registry, database: Database) -> None:
        if registry.accounts.find(name) is None:
            raise ConfigurationError(f"{name}: no such account, or disabled already")
        await registry.accounts.disable(name)
        await _end_sessions(database, name)

    _on_registry(config, folder, work)


@main.command()
def export(
    what: Annotated[ExportWhat, typer.Argument(help="What to take out.")],
    start: Annotated[str, typer.Option("--from", help="From when, in the city's time: 2026-11-24 or 2026-11-24T08:00.")],
    end: Annotated[str, typer.Option("--to", help="Until when; that instant itself is left out.")],
    school: Annotated[str, typer.Option(help="Of one school alone, by its 10-digit code.")] = "",
    gateway: Annotated[str, typer.Option(help="Of one gateway alone.")] = "",
    out: Annotated[Path | None, typer.Option(help="A file only you can read; else the standard output.")] = None,
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Write readings or incidents as JSON lines; by their time of receipt. See docs/operating.md."""
    with one_sentence():
        settings = read_settings(config, folder=folder)
        wanted = Wanted(parse_instant(start), parse_instant(end), school, gateway)
        written = asyncio.run(export_to(database_address(settings), archive_folder(settings), what.value, wanted, out))
        typer.echo(f"{what.value}: {written} bytes", err=True)


async def _serve(settings: Settings, roster: Path | None, demo_logins: Path | None) -> None:
    stop = stop_on_signals()
    hold_the_collector()
    service = await open_service(settings, roster)
    spare_the_collector()
    if demo_logins is not None:
        await give_demo_logins(service, demo_logins)
    await serve(service, stop)


def _on_registry(
    config: Path | None, folder: Path | None, work: Callable[[Registry, Database], Coroutine[object, object, None]]
) -> None:
    async def whole(settings: Settings) -> None:
        database = open_database(database_address(settings))
        try:
            registry = Registry(database)
            await registry.load()
            await work(registry, database)
        finally:
            await database.close()

    with one_sentence():
        asyncio.run(whole(read_settings(config, folder=folder)))


async def _end_sessions(database: Database, user: str) -> None:
    sessions = Sessions(database)
    await sessions.load(time.time())
    await sessions.close_user(user)


if __name__ == "__main__":
    main()
