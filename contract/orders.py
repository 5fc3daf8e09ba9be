"""What a gateway can be ordered to do, which arguments that takes, and the codes of its replies."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contract.errors import Reason, Refused
from contract.identity import Lane, parse_device_id, parse_epoch_id, parse_gateway_id, parse_metric_name, parse_press_id
from contract.limits import COMMAND_ARGUMENTS_MAX, INTEGER_ABS_MAX, TEXT_BYTES_MAX
from contract.messages import Argument, Command

SIREN_SECONDS = 30  # Where an order does not say how long.
SIREN_SECONDS_MAX = 300  # Longer is no alarm but a nuisance; whoever wants more orders again.


class Op(StrEnum):
    """The orders. Those of a device go to one; the others are for the gateway itself."""

    SIREN = "siren"
    LOCK = "lock"
    UNLOCK = "unlock"
    SET = "set"
    REBOOT = "reboot"
    RESEND_BIRTH = "resend_birth"
    TEST_ALARM = "test_alarm"
    REPLAY_FROM = "replay_from"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an order means."""

    text: str
    device: bool = False  # It goes to a device.
    box: bool = False  # It is for the gateway itself.
    harmless: bool = False  # Allowed without being named in a site file.
    two_people: bool = False  # One asks, another confirms.


ORDERS: Mapping[Op, Meaning] = {
    Op.SIREN: Meaning("sound for `seconds` (30; at most 300), or with 0 be silent", device=True),
    Op.LOCK: Meaning("close: a gate, a door, a barrier", device=True),
    Op.UNLOCK: Meaning("open: a gate, a door, a barrier", device=True, two_people=True),
    Op.SET: Meaning("change settings of the device; the arguments are its own", device=True),
    Op.REBOOT: Meaning("start again", device=True, box=True),
    Op.RESEND_BIRTH: Meaning("tell the birth again", box=True, harmless=True),
    Op.TEST_ALARM: Meaning("send a test press of the gateway itself, and clear it", box=True, harmless=True),
    Op.REPLAY_FROM: Meaning(
        "offer what had its receipt again, from position `pos` of lane `x` in epoch `ep`", box=True, harmless=True
    ),
}

REPLY_CODES: Mapping[str, str] = {
    "accepted": "it is authorised and noted on disk, and is being carried out",
    "done": "it was carried out",
    "failed": "it was begun and not carried out, or nobody knows: the gateway was killed meanwhile",
    "refused": "not enabled at this site, not above the last number, another box may bear the name, or wrong arguments",
    "expired": "it came after its end",
    "unknown_device": "no such device here, or none that can do this",
    "bad_sig": "not signed by a key of the site file",
    "no_clock": "the gateway has not learnt the server's time yet, so it cannot tell whether the order is still wanted",
}
FINAL = frozenset(REPLY_CODES) - {"accepted"}


def check_command(command: Command) -> Op:
    """Give what is ordered, or raise `Refused` for an order nobody could carry out as it stands."""
    parse_press_id(command.id)
    parse_gateway_id(command.g)
    try:
        op = Op(command.op)
    except ValueError:
        raise Refused(Reason.BAD_VALUE, f"op {command.op[:40]!r}; allowed: {', '.join(Op)}") from None
    meaning = ORDERS[op]
    if command.d:
        parse_device_id(command.d)
    if not (meaning.device if command.d else meaning.box):
        raise Refused(Reason.BAD_VALUE, f"{op.value} {'of a device' if command.d else 'without a device'}")
    if not 1 <= command.n <= INTEGER_ABS_MAX or not 0 <= command.exp <= INTEGER_ABS_MAX:
        raise Refused(Reason.OUT_OF_RANGE, "n or exp; allowed: 1 to 2^53")
    if len(command.by.encode()) > TEXT_BYTES_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"by: over {TEXT_BYTES_MAX} bytes")
    _check_arguments(op, command.a)
    return op


def _check_arguments(op: Op, arguments: Mapping[str, Argument]) -> None:
    if len(arguments) > COMMAND_ARGUMENTS_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"{len(arguments)} arguments; allowed: {COMMAND_ARGUMENTS_MAX}")
    for name, value in arguments.items():
        parse_metric_name(name)
        if isinstance(value, str) and len(value.encode()) > TEXT_BYTES_MAX:
            raise Refused(Reason.OUT_OF_RANGE, f"{name}: over {TEXT_BYTES_MAX} bytes")
        if isinstance(value, int) and abs(value) > INTEGER_ABS_MAX:
            raise Refused(Reason.OUT_OF_RANGE, f"{name}: beyond 2^53")
    if op is Op.SIREN:
        _check_number(arguments, "seconds", SIREN_SECONDS, 0, SIREN_SECONDS_MAX)
    elif op is Op.REPLAY_FROM:
        parse_epoch_id(str(arguments.get("ep", "")))
        if arguments.get("x") not in list(Lane):
            raise Refused(Reason.BAD_VALUE, "x; allowed: a, t")
        _check_number(arguments, "pos", 0, 1, INTEGER_ABS_MAX)
    known = {Op.SIREN: {"seconds"}, Op.REPLAY_FROM: {"ep", "x", "pos"}, Op.SET: set(arguments)}.get(op, set())
    if strange := sorted(arguments.keys() - known):
        raise Refused(Reason.BAD_VALUE, f"argument {strange[0]!r} of {op.value}")
    if op is Op.SET and not arguments:
        raise Refused(Reason.BAD_VALUE, "set without an argument")


def _check_number(arguments: Mapping[str, Argument], name: str, default: int, low: int, high: int) -> None:
    value = arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refused(Reason.OUT_OF_RANGE, f"{name} {str(value)[:20]!r}; allowed: {low} to {high}")
