"""Orders to gateways."""

from contract.messages import Argument
from contract.orders import Op
from server.api.views.common import View
from server.commands.model import CommandState


class CommandAnswer(View, frozen=True, kw_only=True):
    """One reply of a gateway to an order; codes are those of the wire."""

    code: str
    t: int
    rx: int
    text: str


class CommandView(View, frozen=True, kw_only=True):
    """An order to a gateway, and how it stands."""

    id: str
    op: Op
    gateway: str
    device: str
    device_name: str
    school: str
    arguments: dict[str, Argument]
    state: CommandState
    asked_by: str
    asked_by_display: str
    asked: int
    confirmed_by: str
    confirmed_by_display: str
    issued: int | None
    ends: int | None
    answers: list[CommandAnswer]


class Commands(View, frozen=True, kw_only=True):
    """Orders, newest first."""

    items: list[CommandView]
    next: str | None
