"""Keeps orders: asked, confirmed and signed in one transaction with their line of the audit log, before anything is sent."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from contract.identity import GatewayId, SchoolId, UserName
from contract.messages import Argument
from contract.orders import Op
from contract.records import Reply
from server.commands.model import CONFIRM_SECONDS, Answer, Asked, Given, NotGiven
from server.commands.tables import command
from server.journal.database import Database
from server.journal.tables import alarm_event
from server.registry.audit import append_to
from server.registry.tables import gateway

SETTLE_MS = 2_000  # Other servers look for declared windows each second.
BUSY_MAX = 8  # Orders of one gateway that have not ended; as many as it carries out at once.

Sign = Callable[[Given], bytes]


class CommandStore:
    """The orders in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, asked: Asked, by: UserName, now_ms: int, sign: Sign | None) -> Given:
        """Keep an order, and sign it at once unless a second person is needed; asking again gives what is on record.

        Raises `NotGiven` for an id that stands for another order, and for a gateway that has too many open.
        """

        def work(connection: Connection) -> Given:
            known = _find(connection, asked.id)
            if known is not None:
                if known.asked != asked or known.asked_by != by:
                    raise NotGiven("invalid", "id: it stands for another order")
                return known
            given = Given(asked, by, now_ms)
            connection.execute(insert(command).values(_row(given)))
            append_to(connection, now_ms, by, "command_asked", _audit_target(asked), _audit_detail(given))
            return given if sign is None else _issue(connection, given, by, now_ms, sign)

        try:
            return await self._database.run(work)
        except IntegrityError:  # Asked twice in the same instant: the other one is on record by now.
            return await self._database.run(work)

    async def confirm(self, id_: str, by: UserName, now_ms: int, sign: Sign) -> Given:
        """Sign an order that waits, in the name of a second person. Raises `NotGiven`."""

        def work(connection: Connection) -> Given:
            given = _find(connection, id_, lock=True)
            if given is None:
                raise NotGiven("not_found", "no such order")
            if given.issued_ms and given.confirmed_by == by:
                return given
            if given.asked_by == by:
                raise NotGiven("second_person_required", "whoever asked cannot confirm")
            if given.issued_ms or now_ms > given.asked_ms + CONFIRM_SECONDS * 1_000:
                raise NotGiven("illegal_move", "it does not wait for anybody")
            return _issue(connection, replace(given, confirmed_by=by), by, now_ms, sign)

        return await self._database.run(work)

    async def find(self, id_: str) -> Given | None:
        """Find one order, with its answers."""

        def work(connection: Connection) -> Given | None:
            given = _find(connection, id_)
            return None if given is None else _with_answers(connection, [given])[0]

        return await self._database.run(work)

    async def page(
        self, schools: Collection[str], of_gateway: str | None, before: tuple[int, str] | None, limit: int
    ) -> Sequence[Given]:
        """Read orders, newest first, with their answers."""

        def work(connection: Connection) -> Sequence[Given]:
            query = select(command).order_by(command.c.asked_ms.desc(), command.c.id.desc()).limit(limit)
            if of_gateway is not None:
                query = query.where(command.c.gateway == of_gateway)
            if before is not None:
                at, id_ = before
                older = (command.c.asked_ms < at) | ((command.c.asked_ms == at) & (command.c.id < id_))
                query = query.where(older)
            query = query.where(command.c.school.in_(schools))
            return _with_answers(connection, [_read(row) for row in connection.execute(query)])

        return await self._database.run(work)

    async def between(self, school: str, from_ms: int, to_ms: int, limit: int) -> Sequence[Given]:
        """Read the orders of one school that were asked for in a span, oldest first, with their answers."""
        query = (
            select(command)
            .where(command.c.school == school, command.c.asked_ms >= from_ms, command.c.asked_ms <= to_ms)
            .order_by(command.c.asked_ms, command.c.id)
            .limit(limit)
        )
        return await self._database.run(
            lambda connection: _with_answers(connection, [_read(row) for row in connection.execute(query)])
        )

    async def pending(self, now_ms: int) -> Sequence[tuple[str, GatewayId, bytes]]:
        """Read what is signed, has not ended and has no answer: id, gateway and what is sent.

        A test alarm is held back until every server has learnt of the window that makes its press a test.
        """

        def work(connection: Connection) -> Sequence[tuple[str, GatewayId, bytes]]:
            query = select(command.c.id, command.c.gateway, command.c.payload).where(
                command.c.exp_ms > now_ms,
                (command.c.op != Op.TEST_ALARM.value) | (command.c.issued_ms <= now_ms - SETTLE_MS),
                ~exists().where(_answers_of_command()),
            )
            return [(id_, GatewayId(whose), bytes(payload)) for id_, whose, payload in connection.execute(query)]

        return await self._database.run(work)


def _issue(connection: Connection, given: Given, by: UserName, now_ms: int, sign: Sign) -> Given:
    """Give an order its number and its signature, and write who ordered what; nothing has been sent before this commits."""
    asked = given.asked
    connection.execute(select(gateway.c.id).where(gateway.c.id == asked.gateway).with_for_update())  # One number at a time.
    busy = select(func.count()).where(
        command.c.gateway == asked.gateway, command.c.exp_ms > now_ms, ~exists().where(_answers_of_command())
    )
    if connection.execute(busy).scalar_one() >= BUSY_MAX:
        raise NotGiven("too_many", f"{BUSY_MAX} orders to this gateway are under way")
    last = connection.execute(select(func.max(command.c.number)).where(command.c.gateway == asked.gateway)).scalar_one()
    issued = replace(given, number=max((last or 0) + 1, now_ms), issued_ms=now_ms)  # The clock outruns a restored backup.
    payload = sign(issued)
    exp_ms = msgspec.json.decode(payload, type=_End).exp
    issued = replace(issued, exp_ms=exp_ms)
    values = _row(issued) | {"payload": payload}
    connection.execute(update(command).where(command.c.id == asked.id).values(values))
    what = "command_confirmed" if given.confirmed_by else "command_given"
    append_to(connection, now_ms, by, what, _audit_target(asked), _audit_detail(issued))
    return issued


class _End(msgspec.Struct):
    exp: int


def _answers_of_command() -> Any:
    return and_(alarm_event.c.id == command.c.id, alarm_event.c.kind == "rep", alarm_event.c.gateway == command.c.gateway)


def _find(connection: Connection, id_: str, *, lock: bool = False) -> Given | None:
    query = select(command).where(command.c.id == id_)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _read(row)


def _with_answers(connection: Connection, given: Sequence[Given]) -> Sequence[Given]:
    """Read the replies that came under the orders' own ids and from their own gateways."""
    ids = [one.asked.id for one in given]
    rows = connection.execute(
        select(alarm_event).where(alarm_event.c.id.in_(ids), alarm_event.c.kind == "rep").order_by(alarm_event.c.rx_ms)
    )
    found: dict[tuple[str, str], list[Answer]] = {}
    for row in rows:
        text = msgspec.json.decode(bytes(row.body), type=Reply).text
        found.setdefault((row.id, row.gateway), []).append(Answer(row.state, row.t_ms, row.rx_ms, text))
    return [replace(one, answers=found.get((one.asked.id, one.asked.gateway), [])) for one in given]


def _read(row: Row[Any]) -> Given:
    arguments = msgspec.json.decode(row.arguments, type=dict[str, Argument])
    asked = Asked(row.id, GatewayId(row.gateway), row.device, SchoolId(row.school), Op(row.op), arguments)
    return Given(asked, UserName(row.asked_by), row.asked_ms, row.confirmed_by, row.number, row.issued_ms, row.exp_ms)


def _row(given: Given) -> dict[str, object]:
    asked = given.asked
    return {
        "id": asked.id,
        "gateway": asked.gateway,
        "device": asked.device,
        "school": asked.school,
        "op": asked.op.value,
        "arguments": msgspec.json.encode(asked.arguments).decode(),
        "asked_by": given.asked_by,
        "asked_ms": given.asked_ms,
        "confirmed_by": given.confirmed_by,
        "number": given.number,
        "issued_ms": given.issued_ms,
        "exp_ms": given.exp_ms,
        "payload": b"",
    }


def _audit_target(asked: Asked) -> str:
    return f"command:{asked.id}"


def _audit_detail(given: Given) -> str:
    asked = given.asked
    arguments = msgspec.json.encode(asked.arguments).decode()
    return f"{asked.op.value} {asked.gateway}/{asked.device or 'gw'} {arguments} n={given.number}"
