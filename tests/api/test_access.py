"""The matrix of access: every route, asked by every role and by nobody, inside and outside of one's own branch."""

import itertools
from datetime import date

import httpx
import pytest
from sqlalchemy import Connection, delete

from contract.identity import DeviceId, GatewayId, SchoolId
from server.core.alert import Alert
from server.core.events import WindowDeclared
from server.core.verdict import Judgement, Verdict
from server.drills.round import Round
from server.drills.tables import declared_window, round_move, test_round, window_move
from server.gaps import tables
from server.gaps.cells import FIGURES, Cell
from server.gaps.visits import Visit, VisitState
from server.registry.model import Role
from server.security.access import GRANTS, ROUTES, Permission
from tests.api.conftest import AUDIT, House
from tests.api.engine import fault, press
from tests.registry.city import FIRST, SOUTH, THIRD, TOWN

OWN, FOREIGN = "own", "foreign"
KEY = "0191d3f4-aaaa-7bbb-8ccc-000000000001"
PLACES = {OWN: (FIRST, "gw-first", TOWN), FOREIGN: (THIRD, "gw-third", SOUTH)}
GOOD = {200, 201, 202, 204}
# What each role may do, written out a second time on purpose: a change of the table has to be made twice to be meant.
EXPECTED: dict[str, set[Role]] = {
    "watch": set(Role),
    "signed_in": set(Role),
    "coverage": set(Role) - {Role.GUARD},
    "act": {
        Role.POLICE_LIAISON,
        Role.COMMAND_CENTRE,
        Role.EDUCATION_OFFICER,
        Role.SCHOOL_DIRECTOR,
        Role.MAINTAINER,
    },
    "shelve": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE, Role.EDUCATION_OFFICER},
    "evidence": {
        Role.POLICE_LIAISON,
        Role.COMMAND_CENTRE,
        Role.EDUCATION_OFFICER,
        Role.SCHOOL_DIRECTOR,
        Role.SUPERVISOR,
    },
    "take_evidence": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE, Role.SUPERVISOR},
    "hold_evidence": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE},
    "report": set(Role) - {Role.GUARD, Role.WALL, Role.MAINTAINER},
    "windows": set(Role) - {Role.GUARD, Role.WALL},
    "declare": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE},
    "rehearse": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE, Role.SCHOOL_DIRECTOR},
    "witness": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE},
    "check_in": {Role.GUARD},
    "stats": {
        Role.POLICE_LIAISON,
        Role.COMMAND_CENTRE,
        Role.EDUCATION_OFFICER,
        Role.MAINTAINER,
        Role.ADMINISTRATOR,
        Role.SUPERVISOR,
    },
    "audit": {Role.ADMINISTRATOR, Role.SUPERVISOR},
    "metrics": {Role.ADMINISTRATOR},
    "export": {Role.ADMINISTRATOR},
    "notified": set(Role) - {Role.GUARD, Role.WALL, Role.MAINTAINER},
    "try_channel": {Role.ADMINISTRATOR},
    "handover": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE},
    "command": {Role.POLICE_LIAISON, Role.COMMAND_CENTRE, Role.MAINTAINER, Role.ADMINISTRATOR},
    "ledger": set(Role) - {Role.GUARD, Role.WALL},
    "edit_ledger": {Role.ADMINISTRATOR, Role.EDUCATION_OFFICER, Role.SCHOOL_DIRECTOR},
    "try_rules": {Role.ADMINISTRATOR, Role.EDUCATION_OFFICER},
    "prove": {Role.ADMINISTRATOR},
    "visit": {Role.EDUCATION_OFFICER},
    "planned": {Role.EDUCATION_OFFICER, Role.SUPERVISOR},
    "rectify": {
        Role.POLICE_LIAISON,
        Role.EDUCATION_OFFICER,
        Role.SCHOOL_DIRECTOR,
        Role.MAINTAINER,
    },
}
# Routes that name a place: the answer for one outside of the branch is 404 for whoever may use the route at all.
PLACED = {
    "/api/v1/alerts/{alert_id}",
    "/api/v1/alerts/{alert_id}/acts",
    "/api/v1/alerts/{alert_id}/evidence",
    "/api/v1/alerts/{alert_id}/evidence.zip",
    "/api/v1/alerts/{alert_id}/hold",
    "/api/v1/alerts/{alert_id}/shelf",
    "/api/v1/alerts/{alert_id}/notifications",
    "/api/v1/alerts/{alert_id}/police",
    "/api/v1/notifications",
    "/api/v1/schools/{school_id}",
    "/api/v1/schools/{school_id}/history",
    "/api/v1/coverage",
    "/api/v1/coverage/changes",
    "/api/v1/coverage/gaps",
    "/api/v1/coverage/gaps.csv",
    "/api/v1/coverage/items",
    "/api/v1/coverage/pace",
    "/api/v1/export/readings",
    "/api/v1/export/incidents",
    "/api/v1/gaps",
    "/api/v1/gaps.csv",
    "/api/v1/gaps/summary",
    "/api/v1/gaps/{gap_id}",
    "/api/v1/gaps/{gap_id}/moves",
    "/api/v1/reports/{report}",
    "/api/v1/rules",
    "/api/v1/rules/{rule}/whatif",
    "/api/v1/test-plan",
    "/api/v1/test-plan/moves",
    "/api/v1/tests",
    "/api/v1/visits/{visit_id}",
    "/api/v1/visits/{visit_id}/findings",
    "/api/v1/windows/{window_id}",
    "/api/v1/windows/{window_id}/moves",
}
FOREIGN_STATUS = {("POST", f"/api/v1/{name}"): 404 for name in ("windows", "commands", "visits")} | {
    (method, path): 404 for method, path in ROUTES if path in PLACED
}


def request(method: str, path: str, where: str) -> httpx.Request:
    """Make a request that would be granted but for the role and the place."""
    school, gateway, unit = PLACES[where]
    named = {
        "alert_id": f"fault-{where}",
        "school_id": school,
        "audit_id": AUDIT,
        "sheet": "kit",
        "report": "gaps",
        "rule": "gate_open",
        "channel": "sms",
    }
    address = path.format(**named, gap_id=f"{school}.t1.ledger", visit_id=f"visit-{where}", window_id=f"window-{where}")
    query = {
        "/api/v1/coverage": f"?parent={unit}",
        "/api/v1/sheets/{sheet}/lines": f"?school={school}" if method == "GET" else "",
        "/api/v1/sheets/{sheet}/history": f"?key={school}&key=k1",
        "/api/v1/ledger/template": "?sheet=kit&form=csv",
        "/api/v1/ledger/export": "?sheet=kit&form=csv",
        "/api/v1/coverage/changes": f"?from=1969-12-30&to=1969-12-31&unit={unit}",
        "/api/v1/coverage/pace": f"?unit={unit}",
        "/api/v1/coverage/items": f"?indicator=t2_closed&unit={unit}",
        "/api/v1/coverage/gaps": f"?unit={unit}",
        "/api/v1/gaps": f"?unit={unit}",
        "/api/v1/rules": f"?unit={unit}",
        "/api/v1/notifications": f"?school={school}",
        "/api/v1/league": "?indicator=t1",
        "/api/v1/test-plan": f"?unit={unit}",
        "/api/v1/tests": f"?school={school}",
        "/api/v1/reports/{report}": f"?unit={unit}",
        "/api/v1/gaps.csv": f"?school={school}",
        "/api/v1/gaps/summary": f"?unit={unit}",
        "/api/v1/coverage/gaps.csv": f"?unit={unit}",
        "/api/v1/export/readings": f"?from=0&to=5&school={school}",
        "/api/v1/export/incidents": f"?from=0&to=5&gateway={gateway}",
        "/api/v1/schools/{school_id}/history": "?device=cam-1&metric=online&from=0&to=5",
    }.get(path, "")
    bodies: dict[str, object] = {
        "/api/v1/alerts/{alert_id}/acts": {"act": "acknowledge"},
        "/api/v1/alerts/{alert_id}/shelf": {"until": 2_000_000, "reason": "parts ordered"},
        "/api/v1/visits": {"id": KEY, "school": school, "day": "2027-01-01"},
        "/api/v1/visits/{visit_id}/findings": {"number": 1, "words": "w", "severity": "minor"},
        "/api/v1/alerts/{alert_id}/hold": {"move": "place", "reason": "an inquiry"},
        "/api/v1/gaps/{gap_id}/moves": {"move": "note", "version": 1, "note": "w"},
        "/api/v1/sheets/{sheet}/lines": {
            "values": {"school": school, "id": "new", "item": "helmet"},
            "reason": "r",
            "effective": "1970-01-01",
        },
        "/api/v1/sheets/{sheet}/retire": {"key": [school, "k1"], "reason": "r"},
        "/api/v1/rules/{rule}/whatif": {"unit": unit, "values": {"person": 60}, "days": 1},
        "/api/v1/audits": {"start": "2026-09-01"},
        "/api/v1/windows": {
            "mode": "test",
            "school": school,
            "devices": [[gateway, "button-1"]],
            "start": 1_000_000,
            "end": 1_600_000,
        },
        "/api/v1/test-plan/moves": {"move": "confirm", "rounds": [f"{school}.1970Q1.1"]},
        "/api/v1/windows/{window_id}/moves": {"move": "withdraw", "version": 1},
        "/api/v1/checkins": {
            "items": [{"id": KEY, "post": {"gateway": gateway, "device": "post-1"}, "act": "in", "t": 1_000_000}]
        },
        "/api/v1/phone": {"mark": "0a1b2c3d"},
        "/api/v1/commands": {"id": KEY, "gateway": gateway, "device": "button-1", "op": "siren"},
        "/api/v1/screens/shown": {"items": [{"alert": f"fault-{where}", "count": 1}]},
        "/api/v1/channels/{channel}/try": {"address": "13800000001"},
        "/api/v1/screens/health": {"audio": "on", "visible": True, "stream_age_ms": 1},
        "/api/v1/logout": {},
    }
    headers = {"If-Match": '"3"', "Idempotency-Key": KEY}
    return httpx.Request(method, f"http://campus{address}{query}", headers=headers, json=bodies.get(path))


# Which sheets and places each role edits is more than one table says: tests/api/test_roster.py.
EDITS = (
    *(path for _, path in ROUTES if path.startswith("/api/v1/imports")),
    "/api/v1/schools/{school_id}/reorganise",
    "/api/v1/calendar",
    *(path for _, path in ROUTES if path.startswith("/api/v1/whatif")),  # Its asker's alone: tests/api/test_rules.py.
)


def askable() -> list[tuple[str, str]]:
    """List the routes that answer and end; streams, draws and second persons have tests of their own."""
    others = {"/api/v1/stream", "/api/v1/login", "/api/v1/commands/{command_id}/confirm", *EDITS}
    others |= {path for _, path in ROUTES if "/attachments" in path}  # tests/api/test_evidence.py.
    others |= {"/api/v1/handovers"}  # Taking over needs a colleague of the same post: tests/api/test_handovers.py.
    others |= {"/api/v1/visits/{visit_id}/acts", "/api/v1/visits/draws"}
    return [route for route in ROUTES if route[1] not in others]


async def answers(house: House, client: httpx.AsyncClient, where: str) -> dict[tuple[str, str], int]:
    """Ask every route, signing out last."""
    await with_gaps(house)
    await with_visits(house)
    await with_windows(house)
    found = {}
    for method, path in sorted(askable(), key=lambda route: route[1] == "/api/v1/logout"):
        house.engine.alerts = {alert.id: alert for alert in _alerts()}
        asked = request(method, path, where)
        asked.headers.update(client.headers)
        asked = client.build_request(method, asked.url, headers=asked.headers, content=asked.content)
        found[method, path] = (await client.send(asked)).status_code
    return found


async def with_gaps(house: House) -> None:
    """Have a gap in the ledger of either branch."""
    cells = [Cell(SchoolId(school), "t1", "ledger", Verdict(Judgement.UNKNOWN), "c") for school in (FIRST, THIRD)]
    await house.parts.gaps.compare([FIRST, THIRD], cells, 1, FIGURES)


async def with_visits(house: House) -> None:
    """Have a visit that has begun in either branch, as if none had been asked for before."""
    for table in (tables.visit, tables.visit_draw):
        await house.database.run(lambda connection, table=table: connection.execute(delete(table)))  # type: ignore[misc]
    day = date(2027, 1, 1)
    await house.parts.visits.plan(
        [
            Visit(f"visit-{where}", SchoolId(school), day, VisitState.BEGUN, "bureau", 1, begun_ms=1)
            for where, (school, _, _) in PLACES.items()
        ]
    )


async def with_windows(house: House) -> None:
    """Have a drill that stands in either branch, as if nobody had moved one before."""

    def forget(connection: Connection) -> None:
        connection.exec_driver_sql("drop trigger if exists window_move_refuses_delete")
        connection.exec_driver_sql("drop trigger if exists round_move_refuses_delete")
        for table in (declared_window, window_move, test_round, round_move):
            connection.execute(delete(table))

    await house.database.run(forget)
    for where, (school, gateway, _) in PLACES.items():
        button = frozenset({(GatewayId(gateway), DeviceId("button-2"))})
        window = WindowDeclared(f"window-{where}", "drill", school, button, 9_000.0, 9_600.0, "chief")
        await house.parts.windows.declare(window, 900.0)
        planned = Round(f"{school}.1970Q1.1", school, "P", "1970Q1", 1, 9_000_000, 9_600_000, button, announced=True)
        await house.parts.rounds.add([planned], 900_000)


def _alerts() -> list[Alert]:
    return [press("own"), fault("fault-own"), fault("fault-foreign", school=THIRD, gateway="gw-third")]


@pytest.mark.parametrize("role", Role)
async def test_role_gets_its_own_branch_and_nothing_else(house: House, role: Role) -> None:
    """For each route: granted, forbidden or not found, exactly as the second table says."""
    own = await answers(house, await house.sign_in(role.value), OWN)
    foreign = await answers(house, await house.sign_in(role.value), FOREIGN)

    for route in askable():
        needed = ROUTES[route]
        if needed is Permission.MACHINE:
            assert own[route] == foreign[route] == 401, (role, route)  # No person's session opens it.
            continue
        granted = needed is Permission.PUBLIC or role in EXPECTED[needed.value]
        assert (own[route] in GOOD) is granted, (role, route, own[route])
        if not granted:
            assert own[route] == foreign[route] == 403, (role, route, foreign[route])
        elif route in FOREIGN_STATUS:
            assert foreign[route] == FOREIGN_STATUS[route], (role, route, foreign[route])


async def test_nobody_gets_only_what_is_public(house: House) -> None:
    """Without a session every route but the public ones answers 401, in either branch."""
    async with house.client() as client:
        for where in (OWN, FOREIGN):
            for route, status in (await answers(house, client, where)).items():
                expected = 200 if ROUTES[route] is Permission.PUBLIC else 401
                assert status == expected, (where, route, status)
        assert (await client.get("/api/v1/stream")).status_code == 401


async def test_check_in_elsewhere_is_refused_and_kept_nowhere(house: House) -> None:
    """A guard cannot stand at another school's post."""
    client = await house.sign_in("guard")

    answer = await client.send(_with(client, request("POST", "/api/v1/checkins", FOREIGN)))

    assert [(item["status"], item["reason"]) for item in answer.json()["items"]] == [("refused", "unknown_post")]
    assert house.check_ins == []


async def test_bootstrap_and_lists_hold_nothing_of_the_other_branch(house: House) -> None:
    """Not one byte about the south reaches any role of the north."""
    house.engine.alerts = {alert.id: alert for alert in _alerts()}
    paths = (
        "bootstrap",
        "alerts?state=all",
        "coverage",
        "coverage/gaps",
        "coverage/gaps.csv",
        "coverage/pace",
        "coverage/items?indicator=t2_closed",
        "days",
        "windows",
        "me",
        "gaps",
        "gaps.csv",
        "gaps/summary",
        "visits",
        "evidence/holds",
    )
    await with_gaps(house)
    await house.parts.windows.declare(_window(), 900.0)

    for role, path in itertools.product(Role, paths):
        client = await house.sign_in(role.value)
        text = (await client.get(f"/api/v1/{path}")).text
        for foreign in (THIRD, "gw-third", SOUTH, "P2-1", "fault-foreign"):
            assert foreign not in text, (role, path, foreign)


async def test_every_acts_grant_is_also_a_permission() -> None:
    """A role that may move alerts or gaps can reach the route, and one that cannot has no moves."""
    for role, grant in GRANTS.items():
        assert bool(grant.acts) == (Permission.ACT in grant.permissions), role
        assert bool(grant.gaps) == (Permission.RECTIFY in grant.permissions), role


def _with(client: httpx.AsyncClient, asked: httpx.Request) -> httpx.Request:
    asked.headers.update(client.headers)
    return client.build_request(asked.method, asked.url, headers=asked.headers, content=asked.content)


def _window() -> WindowDeclared:
    return WindowDeclared(
        "w", "test", THIRD, frozenset({(GatewayId("gw-third"), DeviceId("cam-1"))}), 900.0, 2000.0, "chief"
    )
