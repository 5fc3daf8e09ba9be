"""The MQTT topics of CS1, built and parsed in one place."""

from contract.errors import Reason, Refused
from contract.identity import GatewayId, Lane, parse_gateway_id

ROOT = "cs1"
SERVER_PREFIX = f"{ROOT}/srv"
FROM_GATEWAYS = ("birth", "birth/+", "link", "up/a", "up/t", "now", "hb", "rep")  # Everything that goes up.
TO_GATEWAY = ("rc", "cmd")  # Everything that comes down.


def topic(gateway: GatewayId, leaf: str) -> str:
    """Name the topic `leaf` (such as `up/a`) of one gateway."""
    return f"{ROOT}/{gateway}/{leaf}"


def lane_topic(gateway: GatewayId, lane: Lane) -> str:
    """Name the topic a lane's batches go up by."""
    return f"{ROOT}/{gateway}/up/{lane.value}"


def server_topic(server: str) -> str:
    """Name the retained topic on which one server instance announces itself."""
    return f"{SERVER_PREFIX}/{server}"


def parse_topic(text: str) -> tuple[GatewayId, str]:
    """Split `cs1/{gateway}/{leaf}`; raise `Refused` for anything else."""
    root, _, rest = text.partition("/")
    gateway, _, leaf = rest.partition("/")
    if root != ROOT or not leaf or gateway == "srv":
        raise Refused(Reason.BAD_TOPIC, f"topic {text[:80]!r}; allowed: cs1/<gateway>/<leaf>")
    return parse_gateway_id(gateway), leaf
