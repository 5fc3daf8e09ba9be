"""Which command is obeyed, at most once, and what is answered. Pure: instants are arguments, and the shell does as it says.

The promise: a command is begun only when it is signed by the server, meant for this box, within its time, newer than every
one before it and enabled by the site; and it is begun at most once, whatever is killed, because the note that it was begun
is on disk before anything moves. The price is that a box killed between the note and the deed has not done it and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from contract.errors import Refused
from contract.identity import DeviceId, GatewayId, parse_press_id
from contract.limits import COMMAND_SECONDS_MAX, RESULT_KEPT_SECONDS, TEXT_BYTES_MAX
from contract.messages import Command
from contract.orders import FINAL, ORDERS, Op, check_command
from contract.records import Reply
from contract.signing import signed_by

RESULTS_MAX = 128  # Beyond it the oldest is forgotten; its number still keeps it from being obeyed again.
RUNNING_MAX = 8  # Orders being carried out; a person gives one at a time.
STRANGERS_PER_MINUTE = 6  # Answers to commands that anybody may have sent: they must not fill the alarm lane.
HARMLESS = frozenset(op for op, meaning in ORDERS.items() if meaning.harmless)
INTERRUPTED = "the gateway was stopped meanwhile; whether it was carried out is not known"

Abilities = Mapping[DeviceId, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Rights:
    """What the site file allows. Without a key of the server nothing is obeyed at all."""

    keys: tuple[bytes, ...] = ()
    box: frozenset[Op] = HARMLESS
    devices: Mapping[DeviceId, frozenset[Op]] = field(default_factory=dict)

    def allow(self, op: Op, device: str) -> bool:
        """Say whether the site lets this be done to a device, or by the box itself."""
        return op in (self.devices.get(DeviceId(device), frozenset()) if device else self.box)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the box knows at the instant a command comes: all of it decides."""

    server_ms: int  # The server's clock, as far as it is known.
    quality: int  # Of that knowledge: 3 synced, 2 the box's own clock alone, 1 synced long ago, 0 none.
    clone_suspected: bool
    abilities: Abilities  # What the agents that run can do to which device.

    @property
    def clock_known(self) -> bool:
        """Say whether the server's time was learnt from it."""
        return self.quality in (1, 3)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is answered: it bears no id, or too many like it have been answered lately."""


@dataclass(frozen=True, slots=True)
class Again:
    """It came before: answer the same as then, without a new record."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Turned:
    """It is not obeyed: record this answer."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Begun:
    """It may be obeyed once the note is on disk; then `still_wanted` is asked, and `ended` told what became of it."""

    op: Op
    command: Command


Judgement = Ignored | Again | Turned | Begun


class _Result(msgspec.Struct):
    id: str
    n: int
    at_ms: int
    op: str
    device: str
    code: str = "accepted"
    text: str = ""
    exp: int = 0
    told: bool = False  # Its last answer is on disk in the alarm lane.

    def reply(self) -> Reply:
        return Reply(self.id, ok=self.code in ("accepted", "done"), code=self.code, t=self.at_ms, text=self.text)


class _Note(msgspec.Struct):
    n: int = 0
    results: list[_Result] = []


class Commands:
    """The memory of one gateway. `load` what earlier starts noted before the first command."""

    def __init__(self, gateway: GatewayId, rights: Rights) -> None:
        self.rights = rights
        self._gateway = gateway
        self._last = 0
        self._results: dict[str, _Result] = {}
        self._answered_at: list[float] = []  # Of strangers, within the last minute.

    def judge(  # noqa: PLR0911  # One line for each judgement, read top-down.
        self, command: Command, payload: bytes, now: Circumstances
    ) -> Judgement:
        """Decide about one command; `payload` is its JSON as it came, which is what was signed."""
        try:
            parse_press_id(command.id)
        except Refused:
            return Ignored()  # An answer under no id answers nobody.
        if not self.rights.keys:
            return self._stranger(command, "refused", "commands are not enabled", now)
        if not signed_by(payload, self.rights.keys):
            return self._stranger(command, "bad_sig", "", now)
        if command.g != self._gateway:
            return self._stranger(command, "refused", f"it is for gateway {command.g[:40]!r}", now)
        known = self._results.get(command.id)
        if known is not None:
            return Again(known.reply())
        turned = self._turned(command, now)
        if turned is not None:
            return Turned(self._remember(command, *turned, now).reply())
        self._last = command.n
        self._remember(command, "accepted", "", now)
        return Begun(Op(command.op), command)

    def still_wanted(self, id_: str, server_ms: int) -> bool:
        """Say whether the note reached the disk within the command's time."""
        return server_ms < self._results[id_].exp

    def ended(self, id_: str, code: str, text: str, at_ms: int) -> Reply:
        """Note what became of a command that was begun."""
        result = self._results[id_]
        result.code, result.text, result.at_ms, result.told = code, _short(text), at_ms, False
        return result.reply()

    def told(self, id_: str, code: str) -> None:
        """Note that this answer is on disk, so that no later start has to give it again."""
        result = self._results.get(id_)
        if result is not None and result.code == code and code in FINAL:
            result.told = True

    @property
    def results(self) -> list[Reply]:
        """Every remembered answer, oldest first; for the status page."""
        return [result.reply() for result in self._results.values()]

    def dump(self) -> bytes:
        """Write what has to survive."""
        return msgspec.json.encode(_Note(self._last, list(self._results.values())))

    def load(self, notes: list[bytes], now_ms: int) -> list[Reply]:
        """Take what earlier starts noted, on whichever disk; gives the answers that may never have been recorded.

        What was begun and has no end was interrupted. Only a restart of the box itself is done by that.
        """
        for content in notes:
            try:
                note = msgspec.json.decode(content, type=_Note)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            self._last = max(self._last, note.n)
            for result in note.results:
                older = self._results.get(result.id)
                if older is None or older.code not in FINAL:
                    self._results[result.id] = result
        self._results = dict(sorted(self._results.items(), key=lambda pair: max(pair[1].at_ms, pair[1].exp)))
        self._forget()
        for result in self._results.values():
            if result.code not in FINAL:
                done = result.op == Op.REBOOT and not result.device
                self.ended(result.id, "done" if done else "failed", "" if done else INTERRUPTED, now_ms)
        return [result.reply() for result in self._results.values() if not result.told]

    def _turned(  # noqa: PLR0911  # One line for each reason, read top-down.
        self, command: Command, now: Circumstances
    ) -> tuple[str, str] | None:
        """Give why a signed command is not obeyed; None when it is."""
        try:
            op = check_command(command)
        except Refused as refusal:
            return "refused", refusal.detail
        if now.clone_suspected:
            return "refused", "another box seems to bear this name"
        if not now.clock_known:
            return "no_clock", "the server's time is not known yet"
        if command.exp <= now.server_ms:
            return "expired", f"by {now.server_ms - command.exp} ms"
        if command.exp > now.server_ms + COMMAND_SECONDS_MAX * 1_000:
            return "refused", f"exp is {command.exp - now.server_ms} ms ahead; allowed: {COMMAND_SECONDS_MAX} s"
        if command.n <= self._last:
            return "refused", f"n is {command.n} after {self._last}"
        if not self.rights.allow(op, command.d):
            return "refused", "not enabled at this site"
        if command.d and op not in now.abilities.get(DeviceId(command.d), frozenset()):
            return "unknown_device", "no running interface can do this to it"
        if sum(result.code not in FINAL for result in self._results.values()) >= RUNNING_MAX:
            return "refused", f"{RUNNING_MAX} orders are being carried out"
        return None

    def _stranger(self, command: Command, code: str, text: str, now: Circumstances) -> Judgement:
        """Answer somebody who may be anybody, and not too often. Nothing of it is remembered."""
        minute = now.server_ms / 60_000
        self._answered_at = [at for at in self._answered_at if abs(minute - at) < 1]
        if len(self._answered_at) >= STRANGERS_PER_MINUTE:
            return Ignored()
        self._answered_at.append(minute)
        return Turned(Reply(command.id, ok=False, code=code, t=now.server_ms, text=text))

    def _remember(self, command: Command, code: str, text: str, now: Circumstances) -> _Result:
        at_ms = now.server_ms
        result = _Result(command.id, command.n, at_ms, command.op[:16], command.d, code, _short(text), command.exp)
        self._results[command.id] = result
        self._forget(at_ms if now.clock_known else None)
        return result

    def _forget(self, now_ms: int | None = None) -> None:
        """Drop what is over and old, or too much; what is being carried out stays.

        Without a clock nothing is old: an order that was turned down would be obeyed when it comes again. An answer that
        was given without a clock is as old as its order, which bears the server's time.
        """
        over = [id_ for id_, result in self._results.items() if result.code in FINAL]
        excess = len(self._results) - RESULTS_MAX
        for place, id_ in enumerate(over):
            since = max(self._results[id_].at_ms, self._results[id_].exp)
            if place < excess or (now_ms is not None and now_ms - since > RESULT_KEPT_SECONDS * 1_000):
                del self._results[id_]


def _short(text: str) -> str:
    return text.encode()[:TEXT_BYTES_MAX].decode(errors="ignore")
