"""A process of the audit's own: its computations take the processor only when nobody else wants it.

On a thread they would share the interpreter with the alarm line, and each press could wait some milliseconds for it.
"""

import asyncio
import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from contract.errors import StorageError

T = TypeVar("T")

NICENESS = 19  # For work that nobody waits for.
_PR_SET_PDEATHSIG = 1  # Linux: the process ends with the thread that started it, also when that one is killed.


class OwnProcess:
    """Runs functions in one process that is started with the first and ended by `close`."""

    def __init__(self, niceness: int = NICENESS) -> None:
        self._niceness = niceness
        self._pool: ProcessPoolExecutor | None = None

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """Run a function; raises `StorageError` where the process died of it."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # A copy of the server would hold its files and threads.
            self._pool = ProcessPoolExecutor(1, context, _humbly, (self._niceness,))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        except BrokenProcessPool as error:
            self.close()
            raise StorageError("audit: its process was ended, perhaps for want of memory") from error

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _humbly(niceness: int) -> None:
    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # A terminal tells the whole group; the server ends us in its time.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
