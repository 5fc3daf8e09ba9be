"""How an order stands, and when it needs two people."""

import pytest

from contract.identity import GatewayId, SchoolId, UserName
from contract.orders import FINAL, REPLY_CODES, Op
from server.commands.model import ANSWER_MS, CARRY_OUT_MS, CONFIRM_SECONDS, Answer, Asked, CommandState, Given, needs_second

ASKED = Asked("019cad5e-4ee8-7c3d-9e4f-0123456789ab", GatewayId("gw-1"), "siren-1", SchoolId("3145000001"), Op.SIREN, {})
SENT = Given(ASKED, UserName("m"), 1_000, number=1, issued_ms=1_000, exp_ms=26_000)


def answered(*codes: str) -> Given:
    """Give an order with these replies, one each second."""
    answers = [Answer(code, 0, 2_000 + 1_000 * place, "") for place, code in enumerate(codes)]
    return Given(ASKED, UserName("m"), 1_000, number=1, issued_ms=1_000, exp_ms=26_000, answers=answers)


def test_an_order_that_waits_lapses() -> None:
    waiting = Given(ASKED, UserName("m"), 1_000)
    assert waiting.state(1_000 + CONFIRM_SECONDS * 1_000) is CommandState.WAITING
    assert waiting.state(1_001 + CONFIRM_SECONDS * 1_000) is CommandState.LAPSED


def test_an_order_without_an_answer_is_never_shown_as_done() -> None:
    assert SENT.state(26_000 + ANSWER_MS) is CommandState.SENT
    assert SENT.state(26_001 + ANSWER_MS) is CommandState.UNANSWERED


@pytest.mark.parametrize("code", sorted(FINAL - {"bad_sig"}))
def test_the_end_is_the_gateways_word_and_the_first_one_counts(code: str) -> None:
    assert answered("accepted", code).state(99_999_999) is CommandState(code)
    assert answered(code, "done" if code != "done" else "failed").state(0) is CommandState(code)


def test_accepted_without_an_end_is_not_under_way_for_ever() -> None:
    """The box was put back to an old image, or stolen: whoever ordered must not wait; what it says late still counts."""
    assert answered("accepted").state(26_000 + CARRY_OUT_MS) is CommandState.ACCEPTED
    assert answered("accepted").state(26_001 + CARRY_OUT_MS) is CommandState.UNANSWERED
    assert answered("accepted", "done").state(99_999_999) is CommandState.DONE


def test_a_forgery_under_its_id_says_nothing_of_an_order_that_was_taken() -> None:
    assert answered("bad_sig", "accepted").state(0) is CommandState.ACCEPTED
    assert answered("bad_sig", "accepted", "done").state(0) is CommandState.DONE
    assert answered("bad_sig").state(0) is CommandState.BAD_SIG


def test_every_word_of_a_gateway_is_a_state() -> None:
    assert set(REPLY_CODES) <= {state.value for state in CommandState}


@pytest.mark.parametrize(
    ("op", "kind", "two"),
    [
        (Op.UNLOCK, "alarm_host", True), (Op.UNLOCK, "barrier", True), (Op.SET, "barrier", True), (Op.SET, "gate", True),
        (Op.REBOOT, "barrier", True), (Op.LOCK, "barrier", False), (Op.SIREN, "gate", False), (Op.SET, "camera", False),
        (Op.REBOOT, "", False), (Op.TEST_ALARM, "", False),
    ],
)  # fmt: skip
def test_whatever_may_open_takes_two_people(op: Op, kind: str, two: bool) -> None:
    assert needs_second(op, kind) is two
