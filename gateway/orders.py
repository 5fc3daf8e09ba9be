"""Carries commands out: the core decides, the note reaches the disk, then an agent or the box itself acts, once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from contract.errors import AnxiaoError, Refused, StorageError
from contract.identity import DeviceId, EpochId, Lane
from contract.messages import Command
from contract.orders import Op
from contract.records import Reply
from edge.agent import Agent, Obeys, Order
from gateway.commands import Again, Begun, Circumstances, Commands, Ignored, Turned
from gateway.hub import OWN_DEVICE, Hub
from gateway.node import Node
from gateway.node_events import BirthAsked, Commanded, Event, ReplayAsked
from gateway.outbox import Outbox

NOTE = "commands.json"
ORDER_SECONDS_MAX = 30.0  # A device that takes longer has failed, as far as anybody waiting can tell.
RESET = "test command"  # Who cleared the press of a test alarm.

log = structlog.get_logger("gateway.orders")


class Answer(Protocol):
    """Sends a reply that is on record already once more, by the path its question came by."""

    def __call__(self, path: str, reply: Reply) -> None:
        """Send it without waiting."""
        ...


class Orders:
    """One for each box. `restore` before the first command."""

    def __init__(
        self,
        commands: Commands,
        agents: Callable[[], Sequence[Agent]],
        outbox: Outbox,
        hub: Hub,
        node: Node,
        tell: Callable[[Event], None],
        answer: Answer,
        reboot: Callable[[], None] | None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.monotonic: Callable[[], float] = time.monotonic  # The clock by which the node was told everything else.
        self._commands = commands
        self._agents = agents
        self._outbox = outbox
        self._hub = hub
        self._node = node
        self._tell = tell
        self._answer = answer
        self._reboot = reboot
        self._running: set[asyncio.Task[None]] = set()

    def restore(self, notes: list[bytes]) -> None:
        """Take up what earlier starts noted, and record the answers that they may not have recorded."""
        unsaid = self._commands.load(notes, self._server_ms())
        if unsaid:
            self._note(lambda _error: None)
        for reply in unsaid:
            self._record(reply)

    def take(self, effect: Commanded) -> None:
        """Decide about a command, and see to what follows."""
        now = Circumstances(
            self._server_ms(),
            self._node.clock.quality(self.monotonic()),
            self._node.clone_suspected,
            {
                device: ops
                for agent in self._agents()
                if isinstance(agent, Obeys)
                for device, ops in agent.abilities().items()
            },
        )
        judgement = self._commands.judge(effect.command, effect.payload, now)
        self.counts[f"commands_{type(judgement).__name__.lower()}"] += 1
        match judgement:
            case Ignored():
                pass
            case Again():
                self._answer(effect.path, judgement.reply)
            case Turned():
                log.warning("command_turned", id=effect.command.id, op=effect.command.op[:40], code=judgement.reply.code)
                self._note(lambda _error: None)
                self._record(judgement.reply)
            case Begun():
                self._begin(judgement)

    async def close(self) -> None:
        """Break off what is being carried out; the next start says so."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _begin(self, begun: Begun) -> None:
        """Obey only after the note is on disk: whatever is killed from here on, it is not begun a second time."""
        id_ = begun.command.id

        def noted(error: StorageError | None) -> None:
            if error is not None:
                self._end(id_, "failed", f"not begun: {error}")
            elif not self._commands.still_wanted(id_, self._server_ms()):
                self._end(id_, "expired", "while it was being noted on disk")
            else:
                log.info("command_begins", id=id_, op=begun.op.value, device=begun.command.d, by=begun.command.by)
                self._record(Reply(id_, ok=True, code="accepted", t=self._server_ms()))
                task = asyncio.get_running_loop().create_task(self._obey(begun.op, begun.command), name=f"order:{id_}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)

        self._note(noted)

    async def _obey(self, op: Op, command: Command) -> None:
        code, text = "done", ""
        try:
            async with asyncio.timeout(ORDER_SECONDS_MAX):
                text = await (self._order(op, command) if command.d else self._by_the_box(op, command))
        except Refused as refusal:
            code, text = "refused", refusal.detail
        except TimeoutError:
            code, text = "failed", f"no answer within {ORDER_SECONDS_MAX:.0f} s; whether it was done is not known"
        except AnxiaoError as error:
            code, text = "failed", str(error)
        except Exception as error:  # The top of a task: an interface's fault ends here, and whoever ordered is told.
            self.counts["command_faults"] += 1
            log.exception("command_fell", id=command.id, op=op.value)
            code, text = "failed", f"a fault of the interface: {type(error).__name__}"
        if op is Op.REBOOT and not command.d and code == "done":
            return  # The next start says so: only then is it true.
        self._end(command.id, code, text)

    async def _order(self, op: Op, command: Command) -> str:
        for agent in self._agents():
            if isinstance(agent, Obeys) and op in agent.abilities().get(DeviceId(command.d), frozenset()):
                return await agent.carry_out(Order(command.id, DeviceId(command.d), op.value, command.a))
        raise AnxiaoError("the interface stopped meanwhile")

    async def _by_the_box(self, op: Op, command: Command) -> str:
        if op is Op.RESEND_BIRTH:
            self._tell(BirthAsked())
        elif op is Op.REPLAY_FROM:
            self._tell(ReplayAsked(EpochId(str(command.a["ep"])), Lane(str(command.a["x"])), int(command.a["pos"])))
        elif op is Op.TEST_ALARM:
            press = await self._hub.press(OWN_DEVICE, press="test", mode="test")
            await self._hub.clear(OWN_DEVICE, by=RESET)
            return press
        elif self._reboot is None:
            raise AnxiaoError("nobody would start this gateway again")
        else:
            self._reboot()
        return ""

    def _end(self, id_: str, code: str, text: str) -> None:
        reply = self._commands.ended(id_, code, text, self._server_ms())
        self.counts[f"commands_{code}"] += 1
        self._note(lambda _error: None)
        self._record(reply)

    def _record(self, reply: Reply) -> None:
        """Put a reply on the alarm lane; once it is on disk there, no later start says it again."""

        def durable(error: StorageError | None) -> None:
            if error is None:
                self._commands.told(reply.id, reply.code)
                self._note(lambda _error: None)

        self._hub.reply(reply, durable)

    def _note(self, done: Callable[[StorageError | None], None]) -> None:
        """Note everything on disk. All notes go by one queue, so that an older one never replaces a newer one."""
        self._outbox.keep_vital_note(NOTE, self._commands.dump(), done)

    def _server_ms(self) -> int:
        """Give the server's clock as far as it is known: stamps may still be on their way towards it."""
        now = self.monotonic()
        return self._node.clock.utc_ms(now) + self._node.clock.offset_ms(now)
