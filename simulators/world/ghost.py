"""What really happened, written down beside the world by whoever did it; the judges compare the product with it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contract.identity import EpochId, GatewayId, Lane, PressId
from contract.messages import Argument
from server.commands.model import Asked
from simulators.world.wheel import Wheel

Stream = tuple[GatewayId, EpochId, Lane]
Place = tuple[GatewayId, EpochId, Lane, int]

LATE_MS = 1_000  # How much later than its end a command may begin: a box knows the server's clock only so well.
BROKEN_MAX = 200  # Lines kept of one world; what breaks once usually breaks again and again.


@dataclass
class Push:
    """Somebody pushed a button once, however often the button repeated it by radio."""

    gateway: GatewayId
    device: str
    at: float
    ids: list[PressId] = field(default_factory=list)  # One for each time the box had forgotten it.
    answered: PressId | None = None


@dataclass
class Ordered:
    """Somebody gave an order; what he was told of it."""

    asked: Asked
    answered: bool = False  # With success: it is on record.
    refused: str = ""
    confirmed: bool = False


@dataclass
class Ghost:
    """The log of truth. Nothing in the cores can read it."""

    wheel: Wheel
    pushes: list[Push] = field(default_factory=list)
    made: dict[PressId, GatewayId] = field(default_factory=dict)  # Every press a box gave an identity.
    alarms: set[str] = field(default_factory=set)  # The ids of everything else a box told on its alarm lane.
    answered: set[PressId] = field(default_factory=set)  # Those whose button was told "on disk".
    durable: dict[Place, bytes] = field(default_factory=dict)  # Records that were on a box's disk, as they were.
    sampled: dict[tuple[GatewayId, str], tuple[EpochId, int, object]] = field(default_factory=dict)  # The last of each.
    receipted: dict[Stream, int] = field(default_factory=dict)  # The highest position of any receipt.
    receipts: int = 0
    damaged: set[GatewayId] = field(default_factory=set)  # Boxes whose files were spoilt or put back.
    cloned: set[GatewayId] = field(default_factory=set)
    crowded: set[GatewayId] = field(default_factory=set)  # Boxes that had no room, or no disk.
    orders: dict[str, Ordered] = field(default_factory=dict)
    signed: dict[str, int] = field(default_factory=dict)  # Each order's end, ms UTC, by its latest signature.
    begun: dict[str, list[float]] = field(default_factory=dict)
    clocks_agree: bool = True  # Of the servers: where they do not, nobody can say when an order has ended.
    on_record: Callable[[str], bool] = lambda _order: True
    rubbish: int = 0
    delays: list[float] = field(default_factory=list)  # From press to screen, where everything it needs was well.
    delays_behind: list[float] = field(default_factory=list)  # The same, where the school was catching up.
    told: list[str] = field(default_factory=list)  # What happened, for a reader of a failure.
    broken: list[str] = field(default_factory=list)  # Promises seen broken while the world ran.
    on_made: Callable[[PressId, GatewayId], None] = lambda _press, _gateway: None
    counts: Counter[str] = field(default_factory=Counter)

    def begins(self, gateway: GatewayId, id_: str, op: str, device: str, arguments: Mapping[str, Argument]) -> None:
        """See a box begin to do as it was ordered, and hold that to what was ordered."""
        ordered = self.orders.get(id_)
        if ordered is None:
            self.breaks("I15", f"{gateway} begins {op} {device} by {id_}, which nobody ordered")
            return
        asked = ordered.asked
        if (asked.gateway, asked.op, asked.device, dict(asked.arguments)) != (gateway, op, device, dict(arguments)):
            self.breaks("I15", f"{gateway} begins {op} {device} by {id_}, which was {asked}")
        if not self.on_record(id_):
            self.breaks("I15", f"{gateway} begins {op} {device} by {id_}, which is on no record yet")
        began = self.begun.setdefault(id_, [])
        began.append(self.wheel.now)
        if len(began) > 1 and gateway not in self.damaged | self.cloned:
            self.breaks("I15", f"{gateway} begins {op} {device} by {id_} for the {len(began)}. time")
        late_ms = round(self.wheel.now * 1_000) - self.signed.get(id_, 0)
        if late_ms > LATE_MS and self.clocks_agree:
            self.breaks("I15", f"{gateway} begins {op} {device} by {id_} {late_ms} ms after its end")

    def note(self, text: str) -> None:
        """Write down what happened."""
        self.told.append(f"{self.wheel.elapsed:9.3f} {text}")

    def breaks(self, invariant: str, text: str) -> None:
        """Write down that a promise is broken."""
        line = f"{invariant}: {text}"
        self.counts[f"broken {invariant}"] += 1
        if line not in self.broken and len(self.broken) < BROKEN_MAX:
            self.broken.append(line)
