"""Tells the engine, as long as this server leads, which steps reached nobody and which channels are dead."""

import asyncio
from collections.abc import Callable, Container

import structlog

from contract.errors import StorageError
from server.core.alert import Alert, Severity
from server.core.escalation import UNTOLD_RULES
from server.core.events import NotificationsJudged, ServiceJudged, StepUnreached
from server.core.rules import dead_channel
from server.notify.health import Healths
from server.notify.model import Due
from server.notify.reading import NotificationLog
from server.notify.rings import still_wanted

JUDGE_SECONDS = 3.0
SINCE_SECONDS = 86_400.0  # A step that reached nobody a day ago is history; its alert has told others since.
STEPS_MAX = 1_000

log = structlog.get_logger("notify")


class Judging:
    """One per server; `run` until cancelled. `rotas` says whether there is any rota: without one nobody expects a word."""

    def __init__(  # One for each neighbour.
        self,
        log_: NotificationLog,
        healths: Healths,
        channels: Container[str],
        alert: Callable[[str], Alert | None],
        rotas: Callable[[], bool],
        tell: Callable[[NotificationsJudged | ServiceJudged], None],
        leads: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._log = log_
        self._healths = healths
        self._channels = channels
        self._alert = alert
        self._rotas = rotas
        self._tell = tell
        self._leads = leads
        self._clock = clock

    async def judge(self) -> None:
        """Tell what stands, if this server leads. Raises `StorageError`."""
        if not self._leads():
            return
        now = self._clock()
        now_ms = round(now * 1_000)
        steps: list[StepUnreached] = []
        if self._rotas():
            dead = await self._log.dead(now_ms - round(SINCE_SECONDS * 1_000), STEPS_MAX)
            steps = [_step(due) for due in dead if self._matters(due)]
        healths = await self._healths.all()
        self._tell(NotificationsJudged(steps, now))
        for one in healths:
            if one.name in self._channels:
                detail = (("channel", one.name), ("failures", str(one.failures)), ("why", one.detail))
                self._tell(ServiceJudged(dead_channel.RULE.name, one.name, one.dead(now_ms), now, detail=detail))

    def _matters(self, due: Due) -> bool:
        """Say whether a dead step is worth an alert: not of a rehearsal, of what nobody waits for, or of such an alert."""
        alert = self._alert(due.alert)
        return due.mode == "real" and due.rule not in UNTOLD_RULES and alert is not None and still_wanted(due, alert)

    async def run(self) -> None:
        """Judge until cancelled; a database that is away is asked again."""
        while True:
            try:
                await self.judge()
            except StorageError as error:
                log.warning("notifications_not_judged", error=str(error))
            except Exception:  # The top of a long-running task: our mistake must not end the server.
                self.faults += 1
                log.exception("notifications_not_judged")
            await asyncio.sleep(JUDGE_SECONDS)


def _step(due: Due) -> StepUnreached:
    severity = Severity(due.severity)
    return StepUnreached(due.alert, due.school, due.rule, severity, due.step, due.audience, due.why, due.updated_ms / 1_000)
