"""Runs what blocks beside the event loop, in few threads that nobody waits for when they never come back."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

THREADS_MAX = 4  # Of one channel. A library that hangs in all of them makes its channel busy, and no other.


class AllBusyError(Exception):
    """Every thread is at work; what is asked now is not done."""


class Threads:
    """Some threads of one channel. They are daemons: one that hangs does not keep the process from ending."""

    def __init__(self, name: str, most: int = THREADS_MAX) -> None:
        self._name = name
        self._free = most

    async def run(self, work: Callable[[], T]) -> T:
        """Run a piece of work; raises `AllBusyError`, or what the work raises. Cancelled, its thread goes on to the end."""
        if not self._free:
            raise AllBusyError
        self._free -= 1
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def end(result: T | None, error: BaseException | None) -> None:
            self._free += 1
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]  # What the work gave.

        def serve() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:  # noqa: BLE001  # Whatever it is belongs to the one who asked.
                error = raised
            with contextlib.suppress(RuntimeError):  # The loop may have ended meanwhile.
                loop.call_soon_threadsafe(end, result, error)

        threading.Thread(target=serve, name=f"channel-{self._name}", daemon=True).start()
        return await done
