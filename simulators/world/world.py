"""The world put together: schools, brokers, servers, stores; a time of troubles by plan, then a time in which all heals."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.identity import DeviceId, GatewayId, Lane, PressId
from contract.limits import WINDOW_MAX
from contract.messages import BirthDevice
from contract.orders import Op
from gateway.commands import HARMLESS, Rights
from gateway.node_events import PathKind
from gateway.uplinks.https import HttpsDoor, HttpsUplink
from gateway.uplinks.uplink import Tell, Uplink
from server.registry.model import Roster, Scope
from server.security.access import Reach
from simulators.city import make_city
from simulators.credentials import gateway_key
from simulators.world.box import Box, MakeUplink, Ways
from simulators.world.broker import Broker, Session
from simulators.world.database import Store
from simulators.world.ghost import Ghost
from simulators.world.history import History
from simulators.world.judges import judge
from simulators.world.mischief import Mischief
from simulators.world.network import Line
from simulators.world.orders_judge import under_way
from simulators.world.people import People, abilities, duty
from simulators.world.plan import BROKERS, EDITION, Plan, draw_plan
from simulators.world.process import Process
from simulators.world.school import School, Things
from simulators.world.screen import Screen
from simulators.world.server import Server, Surroundings
from simulators.world.uplinks import HttpClient, MqttUplink
from simulators.world.wheel import MONDAY_9, Wheel

HEAL_SECONDS_MAX = 400.0  # Longer than the longest patience of anything that waits.
QUIET_SECONDS = (
    20.0  # Nothing has to happen any more when nothing has happened for so long, a heartbeat of each path included.
)
LOOK_SECONDS = 5.0
CLEAR_SHARE = 0.15
IN_TIME_SECONDS = 1.0
BUTTONS, METERS = 2, 3
SERVER_RATE = 10_000_000.0  # Bytes per second between brokers and servers.


@dataclass(frozen=True)
class Outcome:
    """What became of one world."""

    plan: Plan
    broken: tuple[str, ...]
    presses: int
    answered: int
    readings: int
    receipts: int
    steps: int
    told: tuple[str, ...]
    delays: tuple[float, ...] = ()

    @property
    def invariants(self) -> set[str]:
        """Name the invariants that were broken."""
        return {line.partition(":")[0] for line in self.broken}


class World:
    """One world. `run` plays it to its end."""

    def __init__(self, plan: Plan | int) -> None:
        self.plan = plan = draw_plan(plan) if isinstance(plan, int) else plan
        self.wheel = wheel = Wheel(plan.seed)
        self.ghost = ghost = Ghost(wheel)
        ghost.on_made = self._made
        self.city = make_city(plan.schools + 1, plan.seed, date(2026, 3, 2))
        roster = self.city.roster
        self.store = Store(wheel.chance("database"), lambda: wheel.now)
        ghost.on_record = self.store.has_order
        self.history = History(lambda: wheel.now, wheel.chance("history"))
        self.brokers = [Broker(wheel, f"mqtt-{number + 1}") for number in range(BROKERS)]
        gateways = [gateway.id for gateway in roster.gateways]
        root = next(unit.id for unit in roster.units if unit.parent is None)
        self.users = duty(Scope("unit", root)) if plan.order_every else {}
        self.key = Ed25519PrivateKey.from_private_bytes(wheel.chance("signing key").randbytes(32))
        self.abilities = {gateway: abilities(self.city, gateway) for gateway in gateways}
        self.neighbour = gateways.pop()
        self.server_lines = [
            [Line(wheel, wheel.chance(f"server {number}-{broker.name}"), rate=SERVER_RATE) for broker in self.brokers]
            for number in range(plan.servers)
        ]
        self.servers = [self._server(number, roster, frozenset(gateways)) for number in range(plan.servers)]
        self.schools: list[School] = []
        self.lines: list[list[Line]] = []
        for gateway in gateways:
            self.add_school(gateway, gateway, self._things(gateway))
        self.screens = [Screen("screen", Reach(Scope("unit", root), unplaced=True, covert=True), wheel, ghost)]
        self.mischief = Mischief(self)
        self.people = People(self)
        self.healed_at: float | None = None
        self._asked = wheel.chance("who answers")

    # ---------------------------------------------------------------- playing

    def run(self) -> Outcome:
        """Start everybody, let trouble happen, heal the world, and judge it."""
        random.seed(self.plan.seed)  # Some shells jitter by the common generator.
        for server in self.servers:
            server.start()
            for screen in self.screens:
                screen.watch(server)
        chance = self.wheel.chance("people")
        for school in list(self.schools):
            school.start()
            self._often(chance, self.plan.press_every, lambda school=school: self._press(school, chance))  # type: ignore[misc]
            self._often(chance, self.plan.measure_every, lambda school=school: school.measure())  # type: ignore[misc]
        if self.plan.order_every:
            self._often(self.wheel.chance("orders"), self.plan.order_every, self.people.order)
        self.mischief.plan()
        self._look()
        self.wheel.run(MONDAY_9 + self.plan.seconds)
        self._heal()
        self._settle()
        outcome = self._judged()
        self._bury()
        return outcome

    def _heal(self) -> None:
        self.healed_at = self.wheel.now
        self.ghost.note("everything heals")
        self.mischief.heal()
        for broker in self.brokers:
            if not broker.alive:
                broker.start()
        for server in self.servers:
            server.kill_at = None
            server.start()
        for school in self.schools:
            for disk in school.disks:
                disk.fuse = None
                disk.fail_syncs = False
            school.start()

    def _settle(self) -> None:
        """Wait until nothing is left to be done, then let each thing be measured for the last time, and wait again."""
        chance = self.wheel.chance("last")
        end = self.wheel.now + HEAL_SECONDS_MAX
        self._until_quiet(end)
        for school in self.schools:
            school.measure_last(chance)
        self._until_quiet(end)

    def _until_quiet(self, end: float) -> None:
        quiet = 0.0
        while quiet < QUIET_SECONDS and self.wheel.now < end:
            self.wheel.run(self.wheel.now + LOOK_SECONDS)
            quiet = quiet + LOOK_SECONDS if self._quiet() else 0.0

    def _quiet(self) -> bool:
        boxes = [school.box for school in self.schools]
        if any(box is None or not box.rests for box in boxes):
            return False
        return all(server.life is not None and server.life.rests for server in self.servers) and not under_way(self)

    def _judged(self) -> Outcome:
        ghost = self.ghost
        judge(self)
        return Outcome(
            self.plan,
            tuple(ghost.broken),
            len(ghost.made),
            len(ghost.answered),
            sum(lane is Lane.TELEMETRY for _, _, lane, _ in ghost.durable),
            ghost.receipts,
            self.wheel.steps,
            tuple(ghost.told),
            tuple(ghost.delays),
        )

    def _bury(self) -> None:
        for process in self.processes():
            process.bury()

    def processes(self) -> list[Process]:
        """List everything that ever ran."""
        boxes = [box.process for school in self.schools for box in school.boxes]
        return boxes + [life.process for server in self.servers for life in server.lives]

    # ---------------------------------------------------------------- who there is

    def add_school(self, name: str, gateway: GatewayId, things: Things) -> School:
        """Build a school with lines of its own; a clone comes by the same name as the box it was copied from."""
        wheel = self.wheel
        lines = [Line(wheel, wheel.chance(f"{name} {number}"), rate=self.plan.rate) for number in range(BROKERS + 1)]
        key = gateway_key(self.plan.seed, gateway)
        devices = [BirthDevice(device, self._kind(gateway, device)) for device in (*things.buttons, *things.meters)]

        school = School(name, gateway, things, wheel, self.ghost, lines, self._ways(name, gateway, lines, key, devices))
        self.schools.append(school)
        self.lines.append(lines)
        return school

    def _ways(self, name: str, gateway: GatewayId, lines: Sequence[Line], key: str, devices: Sequence[BirthDevice]) -> Ways:
        """Lay a school's ways to the server: one by each broker, and the web."""
        chance = self.wheel.chance(f"box of {name}")
        door = HttpsDoor("world:", lambda: key)

        def by_broker(broker: Broker, line: Line) -> MakeUplink:
            return lambda process, will, tell: MqttUplink(broker, line, process, gateway, will, tell, chance)

        def by_web(process: Process, _will: Callable[[], bytes], tell: Tell) -> Uplink:
            client = HttpClient(lines[-1], process, self.find_server)
            return HttpsUplink("https", door, client, gateway, tell)  # type: ignore[arg-type]  # It only posts.

        found = {
            broker.name: (PathKind.MQTT, by_broker(broker, line)) for broker, line in zip(self.brokers, lines, strict=False)
        }
        keys = (self.key.public_key().public_bytes_raw(),) if self.plan.order_every else ()
        able = self.abilities[gateway]
        devices_may = {device: frozenset(Op(op) for op in ops) for device, ops in able.items()}
        return Ways(
            {**found, "https": (PathKind.HTTPS, by_web)},
            devices,
            chance,
            Rights(keys, HARMLESS | {Op.REBOOT}, devices_may),
            able,
            self.wheel.chance(f"hands of {name}"),
        )

    def post(self, gateway: str, leaf: str, payload: bytes) -> None:
        """Let somebody with a gateway's key post something."""
        server = self.find_server()
        if server is not None:
            headers = {"authorization": f"Bearer {gateway_key(self.plan.seed, GatewayId(gateway))}"}
            server.request(f"/ingest/{gateway}/{leaf}", headers, payload, lambda _status, _body: None)

    def find_server(self) -> Server | None:
        """Choose who answers a request, as a proxy before the servers does: any that is there."""
        serving = [server for server in self.servers if server.life is not None and server.life.serves]
        return self._asked.choice(serving) if serving else None

    def _server(self, number: int, roster: Roster, honest: frozenset[GatewayId]) -> Server:
        brokers = list(zip(self.brokers, self.server_lines[number], strict=True))
        around = Surroundings(
            self.wheel,
            self.ghost,
            roster,
            self.store,
            self.history,
            brokers,
            honest,
            self.plan.servers == 1,
            self.key,
            self.users,
        )
        return Server(f"server-{number + 1}", around)

    def _things(self, gateway: GatewayId) -> Things:
        devices = [device for device in self.city.roster.devices if device.gateway == gateway]
        buttons = [device.id for device in devices if device.kind == "alarm_button"]
        meters = [device.id for device in devices if device.kind == "camera"]
        assert meters
        return Things(buttons[:BUTTONS] or [DeviceId("btn-1")], meters[:METERS], self.plan.limits)

    def _kind(self, gateway: GatewayId, device: DeviceId) -> str:
        known = next((one for one in self.city.roster.devices if (one.gateway, one.id) == (gateway, device)), None)
        return known.kind if known else "alarm_button"

    # ---------------------------------------------------------------- what people do, and what is held against it

    def _press(self, school: School, chance: random.Random) -> None:
        school.push()
        if chance.random() < CLEAR_SHARE:
            school.clear()

    def _often(self, chance: random.Random, every: float, work: Callable[[], None]) -> None:
        """Do something at random instants until the world is healed."""

        def again() -> None:
            if self.healed_at is None:
                work()
                self.wheel.later(chance.expovariate(1 / every), again)

        self.wheel.later(chance.expovariate(1 / every), again)

    def _made(self, press: PressId, gateway: GatewayId) -> None:
        """Hold a press that was just made to its second."""
        now = self.wheel.now
        made = [school for school in self.schools if school.gateway == gateway and school.box is not None]
        for school in made:
            box = school.box
            if box is not None and box.process.acts and self._is_well(school, box, now):
                crowd = box.node.waiting(Lane.ALARM)
                self.wheel.later(
                    IN_TIME_SECONDS,
                    lambda school=school, box=box, crowd=crowd: self._in_time(press, school, box, now, crowd),  # type: ignore[misc]
                )

    def _in_time(self, press: PressId, school: School, box: Box, at: float, crowd: int) -> None:
        """Break I8 where all that a press needs was well for its whole second and no screen shows it."""
        if school.box is not box or not self._is_well(school, box, at):
            return
        seen = [screen.shown[press] - at for screen in self.screens if press in screen.shown]
        if not seen:
            self.ghost.breaks("I8", f"press {press} of {school.name} is on no screen a second after {at - MONDAY_9:.3f}")
            return
        behind = box.node.waiting(Lane.TELEMETRY) > BEHIND
        if not crowd and self._by_broker(school, box, at):
            (self.ghost.delays_behind if behind else self.ghost.delays).append(min(seen))

    def _is_well(self, school: School, box: Box, since: float) -> bool:
        """Say whether the box, one of its ways and one server with a screen have been well since an instant."""
        if box.since > since or self.ghost.cloned & {school.gateway}:
            return False
        if self._by_broker(school, box, since):
            return True
        line = self.lines[self.schools.index(school)][-1]
        return line.good and line.good_since <= since and all(self._server_well(one, since) for one in self.servers)

    def _by_broker(self, school: School, box: Box, since: float) -> bool:
        lines = self.lines[self.schools.index(school)]
        for broker, line in zip(self.brokers, lines, strict=False):
            if not (broker.good and broker.good_since <= since and line.good and line.good_since <= since):
                continue
            if not _stands(box.uplinks[broker.name].sessions.get(Lane.ALARM), since):  # type: ignore[attr-defined]
                continue
            for server, server_lines in zip(self.servers, self.server_lines, strict=True):
                behind = server_lines[self.brokers.index(broker)]
                session = server.life.sessions.get((broker.name, "a")) if server.life else None
                if (
                    behind.good
                    and behind.good_since <= since
                    and _stands(session, since)
                    and self._server_well(server, since)
                ):
                    return True
        return False

    def _server_well(self, server: Server, since: float) -> bool:
        life = server.life
        if life is None or not life.serves or life.since > since:
            return False
        return any(screen.follows(server, since) for screen in self.screens)

    def _look(self) -> None:
        """Hold what must be bounded to its bounds, now and then."""
        for school in self.schools:
            box = school.box
            if box is None:
                continue
            limits, used = box.limits, box.outbox.used_bytes(Lane.TELEMETRY)
            if used > limits.budget_bytes + 3 * limits.segment_bytes:
                self.ghost.breaks("I10", f"{school.name} uses {used} bytes for readings; allowed: {limits.budget_bytes}")
            if box.node.in_flight > max(WINDOW_MAX, box.node.window):
                self.ghost.breaks("I10", f"{school.name} has {box.node.in_flight} batches in flight")
            if box.outbox.alarms_in_memory > limits.memory_alarms:
                self.ghost.breaks("I10", f"{school.name} holds {box.outbox.alarms_in_memory} alarms in memory")
        self.wheel.later(LOOK_SECONDS, self._look)


BEHIND = 50  # Readings without a receipt: the school is catching up.


def _stands(session: Session | None, since: float) -> bool:
    return session is not None and session.well(since)


def play(seed: int, keep: tuple[int, ...] | None = None, edition: int = EDITION) -> Outcome:
    """Play the world of a number, with some of its faults alone where that is asked."""
    plan = draw_plan(seed, edition)
    return World(plan if keep is None else plan.keeping(keep)).run()
