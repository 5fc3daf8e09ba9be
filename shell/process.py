"""How a process is told to stop, how a command ends, and how a large memory is kept out of the garbage collector's way."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Iterator
from typing import NoReturn

import typer

from contract.errors import AnxiaoError

YOUNG_OBJECTS_MAX = 50_000  # A second of a city under load; fewer would search for garbage in the midst of it.


def stop_on_signals() -> asyncio.Event:
    """Give an event that is set when the process is asked to end, by SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


@contextlib.contextmanager
def one_sentence(code: int = 2) -> Iterator[None]:
    """End a command with one sentence for every expected trouble; our own mistakes keep their trace."""
    try:
        yield
    except AnxiaoError as error:
        _end(error, code)
    except BaseExceptionGroup as group:
        expected = group.subgroup(AnxiaoError)
        if expected is None:
            raise
        _end(_first(expected), code)


def hold_the_collector() -> None:
    """Let nothing be searched for garbage while a city is read in: nearly all of it stays. `spare_the_collector` follows."""
    gc.disable()


def spare_the_collector() -> None:
    """Take what was built so far out of the collector's sight, so that no alarm waits for it to walk a whole city."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, 20, 100)


@contextlib.contextmanager
def collector_held() -> Iterator[None]:
    """Search for no garbage while much is built that stays, and leave all of it out of the collector's sight afterwards.

    Walking a city stops every thread for half a second. What was garbage in a circle by then stays with the process.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _end(error: BaseException, code: int) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(code) from None
