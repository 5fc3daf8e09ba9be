"""A roster that is edited in a running engine: the figures are those of an engine that began with it."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contract.identity import DeviceId, UnitId
from server.core.events import RosterEdited
from server.core.indicators import INDICATORS
from server.registrar import affected
from server.registry.changes import TABLES, Edit, apply, put
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.guard import Guard
from tests.core.talking import MONDAY, UNITS, Talk, beijing, city, gateway_of, said, school, talking

NOW = beijing(MONDAY, 9)


def edit(talk: Talk, edits: list[Edit], now: float, pieces: int = 1) -> None:
    """Edit the roster of an engine, as the server's shell does it."""
    old = talk.engine.roster
    index = old.renewed(apply(old.roster, edits))
    schools = list(affected(edits, old, index))
    ledger_only = not any(one.sheet in TABLES for one in edits)
    for start in range(0, max(1, len(schools)), pieces):
        talk.say(RosterEdited(index, schools[start : start + pieces], ledger_only), now)
    for _ in range(3):
        talk.tick(now)


def figures(talk: Talk) -> dict[tuple[str, str], object]:
    """Give every figure of every unit."""
    return {(unit.id, one.name): talk.engine.tally(unit.id, one.name) for unit in UNITS for one in INDICATORS}


def test_a_line_of_the_ledger_turns_a_verdict_and_moves_the_figures() -> None:
    talk = talking(school(1), school(2), now=NOW - 60)
    assert talk.engine.tally("450700", "t5_barrier")[0].met == 0
    line = Declaration(school=school(1).id, id="barrier", in_place=True, dated=MONDAY)

    edit(talk, [put(line)], NOW)

    assert talk.engine.tally("450700", "t5_barrier")[0].met == 1
    edit(talk, [Edit("declaration", (line.school, line.id))], NOW + 1)
    assert talk.engine.tally("450700", "t5_barrier")[0].met == 0


def test_a_school_that_moves_is_counted_in_its_new_county_only() -> None:
    talk = talking(school(1), school(2), now=NOW - 60)
    edit(talk, [put(replace(talk.engine.roster.schools[school(1).id], unit=UnitId("450721")))], NOW)
    assert talk.engine.tally("450721", "t1_networked")[0].required == 1
    assert talk.engine.tally("450702", "t1_networked")[0].required == 1
    assert talk.engine.tally("450700", "t1_networked")[0].required == 2


def test_a_unit_that_moves_takes_its_schools_along() -> None:
    talk = talking(school(1), now=NOW - 60)
    edit(talk, [put(replace(UNITS[2], parent=UnitId("450721")))], NOW)
    assert talk.engine.tally("450721", "t1_networked")[0].required == 1
    assert talk.engine.tally("450702", "t1_networked")[0].required == 0


def test_what_was_heard_of_a_school_stays_when_it_is_edited() -> None:
    talk = talking(school(1), school(2), now=NOW - 60)
    talk.heard(NOW)
    talk.read("bar-1", NOW, position="up", fault_code=0)
    talk.tick(NOW)
    edit(talk, [put(replace(talk.engine.roster.schools[school(1).id], name="新名"))], NOW + 1)
    state = talk.engine.device(gateway_of(1), "bar-1")
    assert state is not None
    assert (state.liveness, state.metrics["position"][0]) == ("live", "up")
    talk.read("bar-1", NOW + 2, position="up", fault_code=9)
    talk.tick(NOW + 2)
    assert talk.engine.verdicts(school(1).id)["t5_barrier"][1].reasons == ("barrier.fault",)


def test_a_device_that_is_taken_out_is_gone_and_one_that_comes_is_heard() -> None:
    talk = talking(school(1), now=NOW - 60)
    talk.heard(NOW)
    device = talk.engine.roster.devices[gateway_of(1), DeviceId("bar-1")]
    edit(talk, [Edit("device", (device.gateway, device.id)), put(replace(device, id=DeviceId("bar-2")))], NOW + 1)
    assert talk.engine.device(gateway_of(1), "bar-1") is None
    talk.read("bar-2", NOW + 2, position="up", fault_code=0)
    talk.tick(NOW + 2)
    assert talk.engine.verdicts(school(1).id)["t5_barrier"][1].judgement.value == "met"


steps = st.lists(
    st.one_of(
        st.tuples(st.just("unit"), st.integers(1, 4), st.sampled_from([unit.id for unit in UNITS])),
        st.tuples(st.just("parent"), st.just(0), st.sampled_from(["450702", "450721", "450700"])),
        st.tuples(st.just("close"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("declare"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("guard"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("drop"), st.integers(1, 4), st.just(None)),
        st.tuples(st.just("hear"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("move"), st.integers(1, 4), st.integers(1, 4)),
    ),
    max_size=8,
)


def made(step: str, number: int, how: object, talk: Talk) -> list[Edit]:  # noqa: PLR0911  # One for each step.
    """Make the edits of one drawn step."""
    id_ = school(number).id
    known = talk.engine.roster.schools.get(id_)
    match step:
        case "unit" if known:
            return [put(replace(known, unit=UnitId(str(how))))]
        case "parent":
            return [put(replace(UNITS[2], parent=UnitId(str(how))))]
        case "close" if known:
            return [put(replace(known, closed=MONDAY if how else None))]
        case "declare" if known:
            return [put(msgspec.structs.replace(said(bool(how), dated=MONDAY), school=id_, id="barrier"))]
        case "guard" if known:
            line = Guard(school=id_, id="g9", certificate="c9")
            return [put(line) if how else Edit("guard", (id_, "g9"))]
        case "drop" if known and len(talk.engine.roster.schools) > 1:
            mine = [Edit("gateway", (gateway,)) for gateway in talk.engine.roster.gateways_of(id_)]
            devices = [
                Edit("device", (device.gateway, device.id))
                for device in talk.engine.roster.roster.devices
                if device.school == id_ or (device.gateway,) in [one.key for one in mine]
            ]
            records = [Edit(one.sheet, (one.home, one.id)) for one in talk.engine.roster.roster.records if one.home == id_]
            return [*records, *devices, *mine, Edit("school", (id_,))]
        case "move" if known:
            gateway = talk.engine.roster.gateways.get(gateway_of(int(str(how))))
            return [put(replace(gateway, school=id_))] if gateway is not None else []
    return []


@given(steps, st.integers(1, 3))
def test_an_edited_engine_has_the_figures_of_one_that_began_so(drawn: list[tuple[str, int, object]], pieces: int) -> None:
    talk, now = talking(roster=city(*(school(number) for number in range(1, 5))), now=NOW - 60), NOW
    for step, number, how in drawn:
        now += 1
        if step == "hear":
            talk.heard(now, school_number=number)
            talk.read("bar-1", now, school_number=number, position="up", fault_code=0)
            talk.read("gate-1", now, school_number=number, open=False)
            talk.tick(now)
        elif edits := made(step, number, how, talk):
            edit(talk, edits, now, pieces)
    edited = figures(talk)
    talk.engine._fleet.load(talk.engine.roster.roster, now)
    talk.engine._coverage.load(now)
    assert edited == figures(talk)
