"""Looks at the channel file and tries its channels from the command line, without a server."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from contract.errors import ConfigurationError
from server.channels.channel import Outcome, Receipt
from server.channels.opening import open_channels
from server.notify.composing import trial
from server.notify.sending import SEND_SECONDS
from server.settings import read_settings
from shell.process import one_sentence

NOT_TAKEN = 1

channels = typer.Typer(no_args_is_help=True, help="The channels by which people are told beside the screens.")

Config = Annotated[Path | None, typer.Option(help="A TOML file with settings; see docs/configuration.md.")]


@channels.command("list")
def list_channels(config: Config = None) -> None:
    """List the channels with their kinds, after checking the whole file."""
    with one_sentence():
        for name, opened in open_channels(read_settings(config).channels, time.time).items():
            typer.echo(f"{name}: {opened.kind.name}")


@channels.command("test")
def one_test(
    name: Annotated[str, typer.Argument(help="The channel, as the channel file names it.")],
    to: Annotated[str, typer.Option(help="The number or mailbox; none for a channel that has but one.")] = "",
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    config: Config = None,
) -> None:
    """Send one message that says it is a test, and say what became of it; ends with 1 unless it was taken."""
    with one_sentence():
        receipt = asyncio.run(try_channel(read_settings(config).channels, name, to, language))
        typer.echo(f"{name}: {receipt.outcome.value} {receipt.detail}".rstrip())
    if receipt.outcome not in (Outcome.ACCEPTED, Outcome.DELIVERED):
        raise typer.Exit(NOT_TAKEN)


async def try_channel(path: Path | None, name: str, to: str, language: str) -> Receipt:
    """Send one message that says it is a test. Raises `ConfigurationError`."""
    opened = open_channels(path, time.time)
    if name not in opened:
        there = ", ".join(opened) or "none, for there is no channel file"
        raise ConfigurationError(f"channel: {name[:40]!r}; allowed: {there}")
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return await opened[name].channel.send(trial(to, language, time.time()))
    except TimeoutError:
        return Receipt(Outcome.FAILED, time.time(), detail=f"no answer within {SEND_SECONDS:.0f} s")
    finally:
        for one in opened.values():
            await one.channel.close()
