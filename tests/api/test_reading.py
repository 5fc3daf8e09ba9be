"""What the API reads: the first paint, coverage and gaps, a school's page, history, kinds, stats."""

import csv
import io
from dataclasses import replace

import msgspec
import pytest

from contract.kinds import KINDS
from server.api import views
from server.api.routes.coverage import CSV_COLUMNS
from server.core.roster import RosterIndex
from server.core.verdict import Judgement
from server.registry.sheets.scope import IndicatorScope
from tests.api.conftest import House
from tests.api.engine import press, verdict
from tests.registry.city import CITY, FIRST, NORTH, SECOND, SOUTH, THIRD, TOWN


def judge(house: House) -> None:
    """Let the engine have verdicts: the second indicator does not ask about the third school."""
    met, unknown = verdict(Judgement.MET, proof_at=500.0), verdict(Judgement.UNKNOWN, "no_telemetry")
    not_met, exempt = verdict(Judgement.NOT_MET, "no_barrier", "expired"), verdict(Judgement.EXEMPT)
    house.engine.judged = {
        FIRST: {"t1": (met, unknown), "t2": (not_met, not_met)},
        SECOND: {"t1": (met, met), "t2": (exempt, exempt)},
        THIRD: {"t1": (not_met, unknown)},
    }


async def test_first_paint_is_of_one_instant_and_by_columns(house: House) -> None:
    """Schools by columns, letters row by row, liveness beside them, and the place in the stream to go on from."""
    judge(house)
    client = await house.sign_in("chief")

    answer = await client.get("/api/v1/bootstrap")
    seen = msgspec.json.decode(answer.content, type=views.Bootstrap)

    assert (seen.epoch, seen.seq, seen.server_ms) == ("e1", house.hub.seq, 1_000_000)
    assert seen.schools.id == [FIRST, SECOND, THIRD]
    assert seen.schools.gateway == ["gw-first", "gw-second", "gw-third"]
    assert seen.liveness == ["live", "unknown", "unknown"]
    assert [one.id for one in seen.indicators] == ["t1", "t2"]
    assert seen.coverage == views.CoverageLetters(ledger="mnmen-", live="unmeu-")
    assert [unit.id for unit in seen.units] == [CITY, NORTH, SOUTH, TOWN]
    assert seen.summary.schools == 3
    assert answer.headers["cache-control"] == "no-store"


async def test_places_of_schools_are_those_of_the_own_branch(house: House) -> None:
    """An index of the stream points into the list that this user got."""
    judge(house)
    client = await house.sign_in("bureau")
    whole = (await client.get("/api/v1/bootstrap")).json()
    county = (await (await house.sign_in("education_officer")).get("/api/v1/bootstrap")).json()

    assert whole["schools"]["id"] == [FIRST, SECOND, THIRD]
    assert county["schools"]["id"] == [FIRST, SECOND]
    assert county["coverage"]["ledger"] == "mnme"


async def test_coverage_counts_and_never_averages(house: House) -> None:
    """Met + not met + unknown + exempt is what is required; the rate leaves the exempt out and is rounded down."""
    judge(house)
    client = await house.sign_in("bureau")

    seen = msgspec.json.decode((await client.get("/api/v1/coverage")).content, type=views.Coverage)
    rows = {row.id: row for row in seen.rows}

    assert (seen.parent, seen.indicators, list(rows)) == (CITY, ["t1", "t2"], [CITY, NORTH, SOUTH])
    assert rows[CITY].cells[0].ledger == views.Counts(met=2, not_met=1, unknown=0, exempt=0, bp=6666)
    assert rows[CITY].cells[0].live == views.Counts(met=1, not_met=0, unknown=2, exempt=0, bp=3333)
    assert rows[CITY].cells[1].ledger == views.Counts(met=0, not_met=1, unknown=0, exempt=1, bp=0)
    assert rows[SOUTH].cells[1].ledger == views.Counts(met=0, not_met=0, unknown=0, exempt=0, bp=None)


async def test_coverage_goes_down_to_the_school_with_its_proof(house: House) -> None:
    """Under a county stand its towns and the schools that report to it directly; a school's row has the newest proof."""
    judge(house)
    client = await house.sign_in("education_officer")

    seen = msgspec.json.decode((await client.get("/api/v1/coverage")).content, type=views.Coverage)
    town = msgspec.json.decode((await client.get(f"/api/v1/coverage?parent={TOWN}")).content, type=views.Coverage)

    assert [(row.kind, row.id) for row in seen.rows] == [("unit", NORTH), ("unit", TOWN), ("school", SECOND)]
    assert [(row.kind, row.id) for row in town.rows] == [("unit", TOWN), ("school", FIRST)]
    assert town.rows[1].cells[0].proof_at == 500_000
    assert town.rows[1].cells[0].ledger == views.Counts(met=1, not_met=0, unknown=0, exempt=0, bp=10_000)


async def test_each_figure_says_whom_it_asks_about_who_said_so_and_whether_units_below_differ(house: House) -> None:
    """A county's line stands beside its own figures and those of its towns; above it only that something differs."""
    known = house.engine.roster.roster
    line = IndicatorScope(unit=NORTH, id="t1", kindergartens=False)
    house.engine.roster = RosterIndex(replace(known, records=(*known.records, line)))
    client = await house.sign_in("bureau")

    found = {}
    for unit in (CITY, NORTH, TOWN, SOUTH):
        answer = await client.get(f"/api/v1/coverage?parent={unit}")
        found[unit] = msgspec.json.decode(answer.content, type=views.Coverage).scopes

    plain = views.IndicatorScopeView(kindergartens=True, urban_only=False, said_by=None, differs=False)
    told = views.IndicatorScopeView(kindergartens=False, urban_only=False, said_by=NORTH, differs=False)
    assert found == {
        CITY: [msgspec.structs.replace(plain, differs=True), plain],
        NORTH: [told, plain],
        TOWN: [told, plain],
        SOUTH: [plain, plain],
    }


async def test_coverage_of_a_police_scope_counts_only_its_territory(house: House) -> None:
    """The city's row of a station holds the station's schools, not the city's."""
    judge(house)
    client = await house.sign_in("police_liaison")

    seen = msgspec.json.decode((await client.get("/api/v1/coverage")).content, type=views.Coverage)

    assert [row.id for row in seen.rows] == [CITY, NORTH]
    assert seen.rows[0].cells[0].ledger == views.Counts(met=2, not_met=0, unknown=0, exempt=0, bp=10_000)


async def test_every_number_opens_its_list(house: House) -> None:
    """The gaps of a cell are as many as the cell says, page by page."""
    judge(house)
    client = await house.sign_in("bureau")

    async def gaps(query: str) -> list[tuple[str, str, str, str]]:
        page = msgspec.json.decode((await client.get(f"/api/v1/coverage/gaps{query}")).content, type=views.GapPage)
        assert page.total == len(page.items)
        return [(one.school, one.indicator, one.figure, one.judgement) for one in page.items]

    assert await gaps("?indicator=t1&figure=live&judgement=unknown") == [
        (FIRST, "t1", "live", "unknown"),
        (THIRD, "t1", "live", "unknown"),
    ]
    assert await gaps(f"?unit={SOUTH}&figure=ledger") == [(THIRD, "t1", "ledger", "not_met")]
    assert len(await gaps("")) == 5
    first = (await client.get("/api/v1/coverage/gaps?limit=3")).json()
    rest = (await client.get(f"/api/v1/coverage/gaps?limit=3&cursor={first['next']}")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)


async def test_gaps_open_in_a_spreadsheet_without_running_anything(house: House) -> None:
    """The file starts with the mark spreadsheets need, and no name can act as a formula."""
    evil = replace(house.registry.roster.schools[0], name="=cmd|' /C calc'!A0")
    await house.registry.replace(replace(house.registry.roster, schools=(evil, *house.registry.roster.schools[1:])))
    judge(house)
    client = await house.sign_in("bureau")

    answer = await client.get("/api/v1/coverage/gaps.csv?figure=ledger")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert rows[0] == list(CSV_COLUMNS)
    assert rows[1][:2] == [FIRST, "'=cmd|' /C calc'!A0"]
    assert rows[1][7] == "no_barrier expired"


async def test_school_page_tells_everything_about_a_school(house: House) -> None:
    """Registry, box, devices in use with their metrics, verdicts with reasons, open alerts."""
    judge(house)
    house.engine.alerts = {"a": press("a"), "b": press("b", school=SECOND)}
    client = await house.sign_in("education_officer")

    page = msgspec.json.decode((await client.get(f"/api/v1/schools/{FIRST}")).content, type=views.SchoolPage)

    assert page.school.declared["one_key_alarm"].expires == "2027-01-02"
    assert page.school.exemptions[0].until == "2027-07-01"
    assert page.station is not None
    assert page.gateway is not None
    assert (page.gateway.liveness, page.gateway.last_heard) == ("live", 995_000)
    assert [device.id for device in page.devices] == ["button-1", "cam-1", "post-1"]
    assert page.devices[0].metrics == {"online": views.MetricView(value=True, t=989_500)}
    assert page.coverage[1].live == views.VerdictView(
        judgement=Judgement.NOT_MET, reasons=["no_barrier", "expired"], proof_at=None
    )
    assert [alert.id for alert in page.alerts] == ["a"]


async def test_indicator_that_does_not_ask_is_not_a_verdict(house: House) -> None:
    """Neither good nor bad: there is no judgement."""
    judge(house)
    client = await house.sign_in("bureau")

    page = msgspec.json.decode((await client.get(f"/api/v1/schools/{THIRD}")).content, type=views.SchoolPage)

    assert page.coverage[1].ledger == views.VerdictView(judgement=None, reasons=[], proof_at=None)
    assert page.devices[0].liveness == "unknown"


async def test_history_is_read_for_a_device_of_the_school(house: House) -> None:
    """Gateway, device, metric and span reach the store; the unit comes from the device's kind."""
    client = await house.sign_in("education_officer")

    answer = await client.get(f"/api/v1/schools/{FIRST}/history?device=cam-1&metric=online&from=10&to=5000&points=50")

    assert answer.json() == {"unit": "1", "points": [[1000, 1.0], [2000, 0.0]]}
    assert house.history.asked == [("gw-first", "cam-1", "online", 10, 5000, 50)]


@pytest.mark.parametrize("query", ["from=9&to=9", "from=9&to=1", "from=0&to=99999999999", "from=a&to=1", "from=1", "to=2"])
async def test_history_of_no_span_or_too_long_a_span_is_refused(house: House, query: str) -> None:
    """The store is not asked for what nobody can read."""
    client = await house.sign_in("education_officer")

    answer = await client.get(f"/api/v1/schools/{FIRST}/history?device=cam-1&metric=online&{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert house.history.asked == []


async def test_history_that_is_down_is_said_to_be_down(house: House) -> None:
    """A store that does not answer is an error, never an empty chart."""
    house.history.broken = True
    client = await house.sign_in("education_officer")

    answer = await client.get(f"/api/v1/schools/{FIRST}/history?device=cam-1&metric=online&from=1&to=2")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_kinds_are_all_there(house: House) -> None:
    """Screens need no table of their own."""
    client = await house.sign_in("guard")

    kinds = msgspec.json.decode((await client.get("/api/v1/kinds")).content, type=views.Kinds)

    assert {kind.name for kind in kinds.items} == set(KINDS)
    assert all(kind.label and kind.label_en and kind.metrics for kind in kinds.items)


async def test_stats_tell_how_the_server_does(house: House) -> None:
    """Ingest, stream and history in one answer."""
    client = await house.sign_in("maintainer")

    stats = msgspec.json.decode((await client.get("/api/v1/stats")).content, type=views.Stats)

    assert (stats.history.store, stats.build, stats.streams.clients) == ("fake", "test", 0)
