"""The world put together: schools, brokers, one server; a time of troubles by seed, then a time in which all heals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from contract.identity import GatewayId, Lane
from simulators.city import make_city
from simulators.world.checker import broken_promises, left_waiting
from simulators.world.ghost import Ghost
from simulators.world.network import Weather, carry
from simulators.world.school import SimSchool
from simulators.world.server import SimServer
from simulators.world.wheel import MONDAY_9, Wheel

BROKERS = ("mqtt-1", "mqtt-2")
TROUBLE_SECONDS = 120.0
HEAL_SECONDS = 240.0  # Longer than the longest pause between two attempts of an alarm, so that whatever waits has its turn.
DOWN_SECONDS = (0.1, 20.0)


@dataclass(frozen=True)
class Plan:
    """How much trouble there is; a seed draws one of these."""

    schools: int
    press_every: float
    measure_every: float
    kill_every: float
    power_share: float
    server_kill_every: float
    commit_failures: float
    weather: Weather = field(default_factory=Weather)
    skews: tuple[float, ...] = ()
    disk_failure_every: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of one world."""

    seed: int
    broken: tuple[str, ...]
    presses: int
    answered: int
    readings: int
    receipts: int
    steps: int
    faults: tuple[str, ...]


class World:
    """One world. `run` plays it to its end."""

    def __init__(self, seed: int, plan: Plan | None = None) -> None:
        self.seed = seed
        self.wheel = Wheel(seed)
        self.plan = plan or draw_plan(self.wheel)
        self.ghost = Ghost()
        self.weather = self.plan.weather
        city = make_city(self.plan.schools, seed, date(2026, 3, 2))
        self.server = SimServer(self.wheel, city.roster, self.ghost, self._answer)
        self.schools: dict[GatewayId, SimSchool] = {}
        self._requests: dict[int, tuple[SimSchool, int]] = {}
        self._asked = 0
        self._healed = False
        skews = self.plan.skews or (0.0,)
        for number, gateway in enumerate(city.roster.gateways):
            self.schools[gateway.id] = SimSchool(
                gateway.id, BROKERS, self.wheel, self.weather, self.ghost, self._send_up, skews[number % len(skews)]
            )

    def run(self) -> Outcome:
        """Start everybody, let trouble happen, heal the world, and compare."""
        self.server.start()
        for school in self.schools.values():
            school.start()
            self._often(self.plan.press_every, school.press)
            self._often(self.plan.measure_every, school.measure)
            self._often(self.plan.disk_failure_every, lambda school=school: self._fail_disk(school))  # type: ignore[misc]
            self._often(self.plan.kill_every, lambda school=school: self._kill(school))  # type: ignore[misc]
        self._often(self.plan.server_kill_every, self._kill_server)
        self.server.fail = self.plan.commit_failures
        self.wheel.run(MONDAY_9 + TROUBLE_SECONDS)
        self._heal()
        self.wheel.run(MONDAY_9 + TROUBLE_SECONDS + HEAL_SECONDS)
        ghost = self.ghost
        return Outcome(
            self.seed,
            (*broken_promises(self.server, ghost), *left_waiting({id_: one.waiting for id_, one in self.schools.items()})),
            len(ghost.pressed),
            len(ghost.answered),
            sum(lane is Lane.TELEMETRY for _, _, lane, _ in ghost.durable),
            len(ghost.receipts),
            self.wheel.steps,
            tuple(ghost.faults),
        )

    def _heal(self) -> None:
        self._healed = True
        weather = self.weather
        weather.loss = weather.double = weather.cut_every_seconds = 0.0
        weather.delay_seconds = 0.01
        self.server.fail = 0.0
        if not self.server.alive:
            self.server.start()
        for school in self.schools.values():
            if not school.alive:
                school.start()

    def _often(self, every: float, work: Callable[[], None]) -> None:
        """Do something at random instants until the world is healed."""
        if not every:
            return

        def again() -> None:
            if self._healed:
                return
            work()
            self.wheel.later(self.wheel.chance.expovariate(1 / every), again)

        self.wheel.later(self.wheel.chance.expovariate(1 / every), again)

    def _kill(self, school: SimSchool) -> None:
        if not school.alive:
            return
        power = self.wheel.likely(self.plan.power_share)
        self._note(f"{school.gateway} {'loses power' if power else 'is killed'}")
        school.die(power=power)
        self.wheel.later(self.wheel.within(*DOWN_SECONDS), lambda: None if school.alive else school.start())

    def _fail_disk(self, school: SimSchool) -> None:
        self._note(f"{school.gateway} has a disk that fails")
        school.fail_disk()

    def _kill_server(self) -> None:
        if not self.server.alive:
            return
        self._note("the server is killed")
        self.server.die()
        self.wheel.later(self.wheel.within(*DOWN_SECONDS), lambda: None if self.server.alive else self.server.start())

    def _note(self, text: str) -> None:
        self.ghost.faults.append(f"{self.wheel.now - MONDAY_9:9.3f} {text}")

    def _send_up(self, path: str, leaf: str, payload: bytes, school: SimSchool) -> None:
        self._asked += 1
        if path == "https":
            self._requests[self._asked] = (school, school.born)
        gateway, request = school.gateway, self._asked
        self.server.receive(path, gateway, leaf, payload, request)

    def _answer(self, origin: object, gateway: GatewayId, payload: bytes) -> None:
        door, request = origin.door, origin.request  # type: ignore[attr-defined]
        if door == "https":
            school, born = self._requests[request]
            school.answered(payload, born)
            return
        known = self.schools.get(gateway)
        if known is not None:
            carry(self.wheel, self.weather, lambda: known.receive(door, Lane.ALARM, "rc", payload))


def draw_plan(wheel: Wheel) -> Plan:
    """Draw how much trouble a world has."""
    chance = wheel.chance
    return Plan(
        schools=chance.choice((1, 2, 3)),
        press_every=chance.choice((2.0, 5.0, 15.0)),
        measure_every=chance.choice((0.5, 2.0)),
        kill_every=chance.choice((0.0, 8.0, 25.0)),
        power_share=chance.choice((0.0, 0.5, 1.0)),
        server_kill_every=chance.choice((0.0, 10.0, 30.0)),
        commit_failures=chance.choice((0.0, 0.1, 0.5)),
        weather=Weather(
            loss=chance.choice((0.0, 0.1, 0.4)),
            double=chance.choice((0.0, 0.2)),
            delay_seconds=chance.choice((0.005, 0.05, 0.8)),
            cut_every_seconds=chance.choice((0.0, 5.0, 30.0)),
        ),
        disk_failure_every=chance.choice((0.0, 0.0, 40.0)),
        skews=chance.choice(((0.0,), (0.0, 3_600.0, -86_400.0), (-315_360_000.0,))),
    )
