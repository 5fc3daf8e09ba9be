"""Whatever was edited and read, the day judged anew from registry and journal has the figures that were frozen."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.records import CheckIn, Reading, Record, Value, encode_record
from server.core.engine import Engine
from server.core.events import (
    CheckInArrived,
    GatewayHeard,
    GuardsRestored,
    ReadingsArrived,
    RosterEdited,
    RosterLoaded,
    Ticked,
)
from server.core.roster import RosterIndex
from server.journal.raw import RawBatch
from server.registrar import affected
from server.registry.changes import TABLES, Edit, apply, difference, encode_line, put
from server.registry.model import Roster
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.guard import Guard
from server.snapshots.frozen import Basis, Frozen, FrozenDay, freeze, judged_at
from server.snapshots.replay import Replay
from tests.audit.town import CITY
from tests.snapshots.night import MIDNIGHT, TODAY

EPOCH = EpochId("000001abcd")
BEAT = 30.0
BOXES = [gateway.id for gateway in CITY.roster.gateways]
SCHOOLS = [school.id for school in CITY.roster.schools]
TOLD: dict[str, dict[str, Value | str]] = {
    "alarm_host": {"police_ack": "ms", "armed": True},
    "camera": {"stream": True, "online": True},
    "recorder": {"police_pull": "ms", "online": True},
    "barrier": {"position": "up", "fault_code": 0},
    "gate": {"open": False, "online": True},
    "guard_post": {"on_duty": 1},
}
DAY_BEFORE = date(2026, 11, 23)


@dataclass
class World:
    """An engine that lives through an evening, and what registry and journal keep of it."""

    now: float = MIDNIGHT - 3 * 3_600
    silent: set[str] = field(default_factory=set)
    raws: list[RawBatch] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    roster: Roster = CITY.roster
    number: int = 0

    def __post_init__(self) -> None:
        self.engine = Engine()
        self.engine.step(RosterLoaded(self.roster), self.now)
        self.engine.step(GuardsRestored([], MIDNIGHT - 9 * 86_400), self.now)
        self.edits += difference(Roster(), self.roster)
        for box in BOXES:
            self.send(box, Reading(d="gw", t=self.ms(), m={"cpu": 1.0}))

    def ms(self) -> int:
        """Give the instant in milliseconds."""
        return round(self.now * 1_000)

    def send(self, box: GatewayId, *records: Record) -> None:
        """Let a batch arrive and be committed."""
        first = self.positions.get(box, 1)
        self.positions[box] = first + len(records)
        body = encode_batch(box, EPOCH, Lane.TELEMETRY, first, self.ms(), [encode_record(record) for record in records])
        last = first + len(records) - 1
        self.raws.append(RawBatch(len(self.raws) + 1, box, EPOCH, "t", first, first, last, self.ms(), b"", body))
        readings = [(first + at, record) for at, record in enumerate(records) if isinstance(record, Reading)]
        if readings:
            told = ReadingsArrived(box, EPOCH, self.now, [at for at, _ in readings], [record for _, record in readings])
            self.engine.step(told, self.now)
        for record in records:
            if isinstance(record, CheckIn):
                came = CheckInArrived(record.id, box, record.d, record.t / 1_000, self.now, record.guard, record.act)  # type: ignore[arg-type]
                self.engine.step(came, self.now)

    def live(self, seconds: float) -> None:
        """Let time pass: boxes that are not silent beat, and record each minute that they are there."""
        for beat in range(round(seconds / BEAT)):
            self.now += BEAT
            for box in BOXES:
                if box not in self.silent:
                    self.engine.step(GatewayHeard(box, self.now, "mqtt-a"), self.now)
                    if beat % 2:
                        self.send(box, Reading(d="gw", t=self.ms(), m={"cpu": float(beat)}))
            self.tick()

    def tick(self) -> None:
        """Let everything that is due be judged."""
        self.engine.step(Ticked(), self.now)
        while self.engine.behind(self.now):
            self.engine.step(Ticked(), self.now)

    def edit(self, edit: Edit) -> None:
        """Edit the registry as a running server does."""
        roster = apply(self.roster, [edit])
        old, index = self.engine.roster, RosterIndex(roster)
        self.roster = roster
        self.edits.append(edit)
        self.engine.step(RosterEdited(index, list(affected([edit], old, index)), edit.sheet not in TABLES), self.now)

    def frozen(self) -> Frozen:
        """Freeze as the keeper does."""
        verdicts = {school: self.engine.judged(school, judged_at(TODAY)) for school in self.engine.roster.schools}
        return freeze(TODAY, self.engine.roster, self.engine.indicators, verdicts, self.basis())

    def basis(self) -> Basis:
        """Say what is known."""
        return Basis(self.ms(), "engine", round((MIDNIGHT - 9 * 86_400) * 1_000), len(self.edits), len(self.raws))

    def again(self) -> Frozen:
        """Judge anew from what registry and journal keep."""
        replay = Replay(TODAY, self.now, late=False)
        replay.registry.learn(
            (one.sheet, msgspec.json.encode(one.key).decode(), None if one.line is None else encode_line(one.line))
            for one in self.edits
        )
        replay.take(self.raws)
        return replay.end((), self.basis())


def device(box: str, kind: str) -> str | None:
    return next((one.id for one in CITY.roster.devices if (one.gateway, one.kind) == (box, kind)), None)


def told(world: World, box: GatewayId, kind: str, turned: bool) -> None:
    found = device(box, kind)
    if found is None or box in world.silent:
        return
    metrics = {name: world.ms() if value == "ms" else value for name, value in TOLD[kind].items()}
    if turned:
        metrics = {name: not value if isinstance(value, bool) else value for name, value in metrics.items()}
    world.send(box, Reading(d=found, t=world.ms() - 200, m=metrics))


def checked_in(world: World, box: GatewayId, guard: str) -> None:
    found = device(box, "guard_post")
    if found is not None and box not in world.silent:
        world.number += 1
        world.send(box, CheckIn(f"00000000-0000-7000-8000-{world.number:012d}", found, world.ms(), guard, "in"))


def edited(world: World, school: str, what: str) -> None:
    match what:
        case "in_place" | "missing":
            line = Declaration(school=school, id="barrier", in_place=what == "in_place", dated=DAY_BEFORE)  # type: ignore[arg-type]
            world.edit(put(line))
        case "gone":
            if any(one.sheet == "declaration" and (one.home, one.id) == (school, "barrier") for one in world.roster.records):
                world.edit(Edit("declaration", (school, "barrier")))
        case "exempt":
            world.edit(
                put(
                    Exemption(
                        school=school,  # type: ignore[arg-type]
                        id="t5_barrier",
                        document="文件",
                        approver="局",
                        reason="拆迁",
                        until=DAY_BEFORE.replace(day=30),
                    )
                )
            )
        case "guard":
            world.edit(put(Guard(school=school, id="g-9", certificate="证")))  # type: ignore[arg-type]
        case _:
            known = next(one for one in world.roster.schools if one.id == school)
            world.edit(put(replace(known, closed=DAY_BEFORE if known.closed is None else None)))


STEP = st.one_of(
    st.tuples(st.just("told"), st.sampled_from(BOXES), st.sampled_from(sorted(TOLD)), st.booleans()),
    st.tuples(st.just("checked_in"), st.sampled_from(BOXES), st.sampled_from(["a", "b", "c"])),
    st.tuples(
        st.just("edited"),
        st.sampled_from(SCHOOLS),
        st.sampled_from(["in_place", "missing", "gone", "exempt", "guard", "closed"]),
    ),
    st.tuples(st.just("silence"), st.sampled_from(BOXES)),
    st.tuples(st.just("wait"), st.sampled_from([300.0, 900.0])),
)


def play(world: World, steps: Sequence[tuple[object, ...]]) -> None:
    for step in steps:
        match step:
            case ("told", box, kind, turned):
                told(world, box, kind, bool(turned))  # type: ignore[arg-type]
            case ("checked_in", box, guard):
                checked_in(world, box, str(guard))  # type: ignore[arg-type]
            case ("edited", school, what):
                edited(world, str(school), str(what))
            case ("silence", box):
                world.silent ^= {str(box)}
                world.live(240.0)
            case ("wait", seconds):
                world.live(float(seconds))  # type: ignore[arg-type]
    world.live(max(240.0, MIDNIGHT - BEAT - world.now))  # To the end of the day: at its turn figures look back otherwise.


def verdicts(frozen: Frozen) -> dict[tuple[str, str], object]:
    day = FrozenDay(frozen)
    return {(school, name): pair for school in day.schools for name, pair in day.verdicts(school).items()}


@settings(max_examples=40)
@given(st.lists(STEP, max_size=10))
def test_replay_of_any_edits_and_readings_gives_the_frozen_figures(steps: list[tuple[object, ...]]) -> None:
    world = World()
    play(world, steps)
    frozen, again = world.frozen(), world.again()
    assert {key: one for key, one in verdicts(again).items() if one != verdicts(frozen).get(key)} == {}
    assert FrozenDay(again).tallies() == FrozenDay(frozen).tallies()
    for unit in FrozenDay(frozen).units:
        for name in FrozenDay(frozen).names:
            assert FrozenDay(frozen).tally(unit, name) == world.engine.tally(unit, name)
