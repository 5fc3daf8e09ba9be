"""What really happened, written down beside the world by whoever did it; the checker compares the server with it."""

from dataclasses import dataclass, field

from contract.identity import EpochId, GatewayId, Lane, PressId

Place = tuple[GatewayId, EpochId, Lane, int]


@dataclass
class Ghost:
    """The log of truth. Nothing in the cores can read it."""

    pressed: dict[PressId, GatewayId] = field(default_factory=dict)  # Every press somebody made, answered or not.
    answered: set[PressId] = field(default_factory=set)  # Those whose button was told "on disk".
    durable: dict[Place, bytes] = field(default_factory=dict)  # Records that were on a gateway's disk, as they were.
    receipts: list[tuple[GatewayId, EpochId, Lane, int]] = field(default_factory=list)
    receipted: dict[tuple[GatewayId, EpochId, Lane], int] = field(default_factory=dict)  # The highest of them.
    faults: list[str] = field(default_factory=list)  # What the world did to its inhabitants, for a reader of a failure.
    broken: list[str] = field(default_factory=list)  # Promises seen broken while the world ran.
