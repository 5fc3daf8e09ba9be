"""A process in the world: an event loop under the virtual clock, which can be killed, stopped for a while, and has a clock.

The shells of gateway and server are coroutines; here they run on a loop that takes its time from the wheel, so that one
seed is one world. A killed process is simply never stepped again; a stopped one (SIGSTOP) finds everything waiting for it.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any

from simulators.world.wheel import Wheel

Work = Callable[[], object]
_Loop: Any = asyncio.AbstractEventLoop  # Only what is used of one is there: no files, sockets, signals or subprocesses.


class Killed(BaseException):
    """The process ends at this very line. Not an `Exception`, so that nobody on the way catches it."""


class AtOnce(Executor):
    """An executor without threads: the work is done when it is given."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Do it."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # Whoever waits for the result gets it, as with any executor.
            future.set_exception(error)
        return future


class Process(_Loop):  # type: ignore[misc]  # Typed as a whole loop it would have to have sockets.
    """An event loop on the wheel. `pace` is how fast its monotonic clock runs; it counts from the start of the machine."""

    def __init__(self, wheel: Wheel, name: str, *, booted: float | None = None, pace: float = 1.0) -> None:
        self.name = name
        self.dead = False
        self.faults: list[str] = []  # What nobody caught.
        self._wheel = wheel
        self._booted = wheel.now if booted is None else booted
        self._pace = pace
        self._ready: deque[asyncio.Handle] = deque()
        self._due = False
        self._stopped = 0
        self._buried = False
        self._tasks: set[asyncio.Task[Any]] = set()

    # ---------------------------------------------------------------- its life

    @property
    def acts(self) -> bool:
        """Say whether what it does reaches anybody."""
        return not (self.dead or self._buried)

    @property
    def stopped(self) -> bool:
        """Say whether it stands still."""
        return self._stopped > 0

    def kill(self) -> None:
        """End it without a word."""
        self.dead = True

    def die_here(self) -> None:
        """End it at this very line."""
        self.kill()
        raise Killed

    def stop_for_a_while(self) -> None:
        """Stand still, as after SIGSTOP."""
        self._stopped += 1

    def go_on(self) -> None:
        """Go on, as after SIGCONT."""
        self._stopped -= 1
        self._soon()

    def hear(self, work: Work) -> None:
        """Let something from outside happen in the process; while it stands still it waits at the door."""
        if not self.dead:
            self.call_soon(work)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str = "") -> None:
        """Run a coroutine as a part of the process; what it raises is a fault of ours."""
        task = self.create_task(coroutine, name=name or None)
        task.add_done_callback(self._ended)

    def bury(self) -> None:
        """Let go of the coroutines of an ended world without a word from them."""
        self._buried = True
        self.dead = False
        self._stopped = 0
        for _ in range(20):
            for task in list(self._tasks):
                task.cancel()
            self._turn()
            if not self._tasks:
                break
        self.dead = True

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Killed):
            self.faults.append(f"{self.name}: {task.get_name()} ended with {_root(error)!r}")

    # ---------------------------------------------------------------- the loop

    def time(self) -> float:
        """Give the monotonic clock of the machine."""
        return (self._wheel.now - self._booted) * self._pace

    def call_soon(self, callback: Any, *args: Any, context: contextvars.Context | None = None) -> asyncio.Handle:
        """Have something called in this very instant, after what is being called now."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        self._soon()
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Have something called after a span of the machine's own clock."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Have something called at an instant of the machine's own clock."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)

        def due() -> None:
            if not self.dead and not handle.cancelled():
                self._ready.append(handle)
                self._turn()

        self._wheel.later((when - self.time()) / self._pace + RESOLUTION_SECONDS, due)
        return handle

    def create_future(self) -> "asyncio.Future[Any]":
        """Make a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: contextvars.Context | None = None
    ) -> "asyncio.Task[Any]":
        """Make a task of this loop."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # Killed ones never end.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Do the work at once: there are no threads here."""
        assert isinstance(executor, AtOnce), "a thread would bring another order each time"
        return asyncio.wrap_future(executor.submit(func, *args), loop=self)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Remember what nobody caught."""
        if not isinstance(context.get("exception"), Killed):
            self.faults.append(f"{self.name}: {context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        """Say no."""
        return False

    def is_running(self) -> bool:
        """Say yes: it runs as long as the world does."""
        return True

    def is_closed(self) -> bool:
        """Say no."""
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        del handle  # It is passed over when its time comes.

    def _soon(self) -> None:
        if not self._due and not self.dead:
            self._due = True
            self._wheel.later(0.0, self._turn)

    def _turn(self) -> None:
        """Call everything that is ready, and what becomes so meanwhile."""
        self._due = False
        if self.dead or self._stopped:
            return
        outer = asyncio._get_running_loop()  # noqa: SLF001  # As the loops of asyncio do.
        asyncio._set_running_loop(self)  # noqa: SLF001
        try:
            count = 0
            while self._ready and not self.dead and not self._stopped:
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()  # noqa: SLF001
                count += 1
                assert count < TURN_MAX, f"{self.name} never rests"
        finally:
            asyncio._set_running_loop(outer)  # noqa: SLF001


TURN_MAX = 200_000
RESOLUTION_SECONDS = 1e-6  # A timer is never early by the rounding of a clock that runs at another pace.


def _root(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
