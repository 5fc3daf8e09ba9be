"""The moves of a hold: one person places it, two lift it. Pure."""

from dataclasses import replace

from contract.errors import AnxiaoError
from server.evidence.model import Hold

MOVES = ("place", "ask_lift", "refuse_lift", "lift")


class NotDone(AnxiaoError):
    """What is not done with evidence; `code` is the API's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def stands(hold: Hold | None) -> bool:
    """Say whether a hold keeps what it is of."""
    return hold is not None and not hold.lifted_ms


def moved(hold: Hold | None, move: str, by: str, why: str, now_ms: int) -> Hold:
    """Give the hold after a move that is not `place`. Raises `NotDone`."""
    if hold is None or hold.lifted_ms:
        raise NotDone("illegal_move", "nothing is held")
    if move == "ask_lift":
        if hold.asked_ms:
            raise NotDone("illegal_move", "somebody has asked already")
        return replace(hold, asked_ms=now_ms, asked_by=by, asked_why=why)
    if not hold.asked_ms:
        raise NotDone("illegal_move", "nobody has asked to lift it")
    if move == "refuse_lift":
        return replace(hold, asked_ms=0, asked_by="", asked_why="")
    if hold.asked_by == by:
        raise NotDone("second_person_required", "whoever asked cannot lift it")
    return replace(hold, lifted_ms=now_ms, lifted_by=by)
