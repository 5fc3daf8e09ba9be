"""The one thread that touches the outbox's files, shared by as many outboxes as a process has.

Jobs are plain calls. What they have to tell goes back to the loop through `deliver`, all of one round in one piece,
so that a thousand simulated schools wake the loop once and not a thousand times.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

Job = Callable[[], None]

_log = structlog.get_logger("gateway.writer")


class Writer(Protocol):
    """Runs jobs one after the other, urgent ones first, and carries their answers back."""

    def submit(self, job: Job, *, urgent: bool = False) -> None:
        """Have a job run on the writer's side."""
        ...

    def deliver(self, answer: Job) -> None:
        """Have an answer run on the caller's side; called by jobs."""
        ...


class WriterThread:
    """A `Writer` on a thread of its own. `to_loop` is usually `loop.call_soon_threadsafe`."""

    def __init__(self, to_loop: Callable[[Job], object], name: str = "outbox-writer") -> None:
        self._to_loop = to_loop
        self._urgent: deque[Job] = deque()
        self._usual: deque[Job] = deque()
        self._answers: list[Job] = []
        self._wake = threading.Semaphore(0)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.rounds = 0
        self.failures = 0  # Jobs that ended in an exception nobody expected.

    def start(self) -> "WriterThread":
        """Begin to work."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Work off what was submitted, then end. Blocks until then."""
        self._stopping = True
        self._wake.release()
        self._thread.join()

    def submit(self, job: Job, *, urgent: bool = False) -> None:
        """Have a job run on the thread."""
        (self._urgent if urgent else self._usual).append(job)
        self._wake.release()

    def deliver(self, answer: Job) -> None:
        """Collect an answer for the end of this round."""
        self._answers.append(answer)

    def _run(self) -> None:
        while True:
            self._wake.acquire()
            while self._urgent or self._usual:
                self._round()
            if self._stopping:
                return

    def _round(self) -> None:
        """Run every urgent job and one usual one, then answer: an alarm never waits for more than one other job."""
        while self._urgent:
            self._attempt(self._urgent.popleft())
        if not self._answers and self._usual:
            self._attempt(self._usual.popleft())
            while self._usual and not self._urgent and len(self._answers) < _ANSWERS_PER_ROUND:
                self._attempt(self._usual.popleft())
        self.rounds += 1
        if self._answers:
            answers, self._answers = self._answers, []
            try:
                self._to_loop(lambda: _run_all(answers))
            except RuntimeError:  # The loop is closed: the process is ending and nobody waits for answers.
                _log.debug("answers_dropped", answers=len(answers))

    def _attempt(self, job: Job) -> None:
        try:
            job()
        except Exception:  # noqa: BLE001  # The top of a long-running task: one outbox's fault must not stop the others.
            self.failures += 1
            _log.exception("outbox_job_failed")


class QueuedWriter:
    """A `Writer` without a thread: jobs wait until `drain` is called. For tests and the deterministic world."""

    def __init__(self) -> None:
        self._urgent: deque[Job] = deque()
        self._usual: deque[Job] = deque()
        self._answers: deque[Job] = deque()

    def submit(self, job: Job, *, urgent: bool = False) -> None:
        """Keep a job for `drain`."""
        (self._urgent if urgent else self._usual).append(job)

    def deliver(self, answer: Job) -> None:
        """Keep an answer for the end of the job."""
        self._answers.append(answer)

    def step(self) -> bool:
        """Run one job and its answers; say whether there was one."""
        if not (self._urgent or self._usual):
            return False
        try:
            (self._urgent or self._usual).popleft()()
        finally:
            while self._answers:
                self._answers.popleft()()
        return True

    def drain(self) -> None:
        """Run jobs until none is left."""
        while self.step():
            pass


_ANSWERS_PER_ROUND = 64  # Enough to spare the loop its wakings, few enough to answer within milliseconds.


def _run_all(answers: list[Job]) -> None:
    for answer in answers:
        answer()
