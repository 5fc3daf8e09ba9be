"""From what is known of tests to what the API says of each button."""

from collections.abc import Iterable

from server.api import views
from server.api.seams import EngineLike
from server.api.show import ms, ms_or_none
from server.api.views.tests import TestState
from server.core.proof import ButtonTests, Proof
from server.core.requirements import alarm_test
from server.core.rules.test_failed import POLICE_SECONDS, SERVER_SECONDS
from server.core.schedule import DAY_SECONDS, local_date
from server.drills.buttons import buttons_of
from server.drills.round import AHEAD, Result, Round, RoundMove, RoundState
from server.registry.accounts import Accounts
from server.registry.model import Device, User
from server.registry.tree import Tree
from server.security.access import Permission, may


def tests_of(engine: EngineLike, tree: Tree, schools: Iterable[str], now: float) -> list[views.ButtonTestView]:
    """Show the buttons of some schools, those first that need a test most: failed, overdue the longest, never tested."""
    order = {state: place for place, state in enumerate(TestState)}
    today = local_date(now)
    found = []
    for school in schools:
        period = alarm_test.RULE.of(engine.roster.dossier(school), today).days * DAY_SECONDS
        known = engine.tests(school)
        found += [_button(engine, one, known.get((one.gateway, one.id)), period, now) for one in buttons_of(tree, school)]
    return sorted(found, key=lambda one: (order[one.state], one.due or 0, one.school, one.gateway, one.device))


def round_view(one: Round, accounts: Accounts, user: User, now_ms: int) -> views.RoundView:
    """Show a planned test, with what this user may ask for now."""
    ahead = one.state in AHEAD and one.end_ms > now_ms and may(user, Permission.DECLARE)
    waits = not one.approved_by or (one.state is RoundState.NOTICED and not one.receipted_ms)
    moves = [*([RoundMove.CONFIRM] if waits else []), RoundMove.REFUSE] if ahead else []
    return views.RoundView(
        id=one.id,
        school=one.school,
        station=one.station,
        period=one.period,
        number=one.number,
        start=one.start_ms,
        end=one.end_ms,
        buttons=len(one.devices),
        announced=one.announced,
        state=one.state,
        noticed=one.noticed_ms or None,
        receipted=one.receipted_ms or None,
        receipted_by=accounts.display(one.receipted_by) if one.receipted_by else "",
        approved=one.approved_ms or None,
        approved_by=accounts.display(one.approved_by) if one.approved_by else "",
        window=one.window,
        reason=one.reason,
        results=[_result(key, result) for key, result in sorted(one.results.items())],
        moves=moves,
    )


def _result(key: str, result: Result) -> views.RoundResult:
    gateway, _, device = key.partition("/")
    return views.RoundResult(
        gateway=gateway, device=device, outcome=result.outcome, press=result.press, pressed=result.pressed_ms or None
    )


def _button(
    engine: EngineLike, device: Device, tests: ButtonTests | None, period: float, now: float
) -> views.ButtonTestView:
    due = tests.proven.pressed + period if tests is not None and tests.proven is not None else None
    return views.ButtonTestView(
        school=device.school,
        gateway=device.gateway,
        device=device.id,
        name=device.name,
        place=device.place,
        state=_state(tests, due, now),
        due=ms_or_none(due),
        last=_proof(engine, tests.last, now) if tests is not None else None,
        proven=_proof(engine, tests.proven, now) if tests is not None and tests.proven is not None else None,
    )


def _state(tests: ButtonTests | None, due: float | None, now: float) -> TestState:
    if tests is None:
        return TestState.NEVER
    if _lacking(tests.last, now):
        return TestState.FAILED
    if not tests.last.complete():
        return TestState.UNDER_WAY
    if due is None:
        return TestState.NEVER
    return TestState.OVERDUE if now >= due else TestState.PROVEN


def _lacking(proof: Proof, now: float) -> str:
    return proof.lacking(SERVER_SECONDS, POLICE_SECONDS, now) or ""


def _proof(engine: EngineLike, proof: Proof, now: float) -> views.ProofView:
    alert = engine.alert_of(proof.press)
    return views.ProofView(
        press=proof.press,
        alert=alert.id if alert is not None else "",
        pressed=ms(proof.pressed),
        received=ms(proof.received),
        stored=ms_or_none(proof.stored),
        shown=ms_or_none(proof.shown),
        receipted=ms_or_none(proof.receipted),
        lacking=_lacking(proof, now),
    )
