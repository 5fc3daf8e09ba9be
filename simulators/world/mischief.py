"""Does to the world what its plan says, at the planned instants, and undoes it when the world is healed."""

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from contract.topics import topic
from simulators.world.broker import Broker
from simulators.world.faults import STEPS, Fault
from simulators.world.forgery import forged
from simulators.world.network import Line, Way
from simulators.world.rubbish import rubbish
from simulators.world.school import School
from simulators.world.server import Server

if TYPE_CHECKING:
    from simulators.world.world import World

Undo = Callable[[], None]
FAILOVER_SECONDS = 6.0


class Mischief:
    """One for each world. Whatever is not over when the world is healed ends then."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._chance = world.wheel.chance("mischief")
        self._undo: dict[int, Undo] = {}
        self._numbers = itertools.count(len(world.plan.faults))  # Of what comes with another fault.
        self._healed = False

    def plan(self) -> None:
        """Let each fault of the plan happen when it is time."""
        for number, fault in enumerate(self._world.plan.faults):
            self._world.wheel.later(fault.at, lambda number=number, fault=fault: self._begin(number, fault))  # type: ignore[misc]
            if fault.kind == "restore":
                self._world.wheel.later(fault.at - fault.value, self._world.store.remember)

    def heal(self) -> None:
        """End everything."""
        self._healed = True
        for undo in list(self._undo.values()):
            undo()
        self._undo.clear()

    def _begin(self, number: int, fault: Fault) -> None:
        if self._healed:
            return
        self._world.ghost.note(str(fault))
        undo = getattr(self, f"_{fault.kind}")(fault)
        if undo is None:
            return
        self._undo[number] = undo
        if fault.until:
            self._world.wheel.later(fault.until - fault.at, lambda: self._end(number))

    def _end(self, number: int) -> None:
        undo = self._undo.pop(number, None)
        if undo is not None:
            undo()

    # ---------------------------------------------------------------- boxes

    def _school(self, fault: Fault) -> School:
        return self._world.schools[fault.who % len(self._world.schools)]

    def _kill(self, fault: Fault) -> None:
        school = self._school(fault)
        if school.box is not None:
            school.die(power=False)
            school.back_in(fault.value)

    def _power(self, fault: Fault) -> None:
        school = self._school(fault)
        if school.box is not None:
            school.die(power=True)
            school.back_in(fault.value)

    def _power_at_write(self, fault: Fault) -> None:
        school = self._school(fault)
        school.down_seconds = self._chance.choice((0.1, 2.0, 10.0))
        school.disks[0].fuse = int(fault.value)

    def _stop(self, fault: Fault) -> Undo | None:
        box = self._school(fault).box
        if box is None:
            return None
        box.process.stop_for_a_while()
        box.since = float("inf")

        def go_on() -> None:
            box.since = self._world.wheel.now
            box.process.go_on()

        return go_on

    def _sync_fails(self, fault: Fault) -> None:
        self._school(fault).disks[0].fail_syncs = True

    def _no_disk(self, fault: Fault) -> Undo:
        school = self._school(fault)
        self._world.ghost.crowded.add(school.gateway)
        for disk in school.disks:
            disk.fail_writes = True

        def mend() -> None:
            for disk in school.disks:
                disk.fail_writes = False

        return mend

    def _full(self, fault: Fault) -> Undo:
        school = self._school(fault)
        self._world.ghost.crowded.add(school.gateway)
        for disk in school.disks:
            disk.capacity -= max(0, disk.free_bytes() - int(fault.value))

        def mend() -> None:
            for disk in school.disks:
                disk.capacity = 1 << 40

        return mend

    def _flip(self, fault: Fault) -> None:
        school = self._school(fault)
        self._world.ghost.damaged.add(school.gateway)
        self._world.ghost.note(f"{school.name}: {self._chance.choice(school.disks).spoil(self._chance)}")

    def _cut_file(self, fault: Fault) -> None:
        """Damage files as a file system check does: while nothing runs."""
        school = self._school(fault)
        self._world.ghost.damaged.add(school.gateway)
        if school.box is not None:
            school.die(power=False)
            school.back_in(1.0)
        text = self._chance.choice(school.disks).cut(self._chance, whole=bool(fault.value))
        self._world.ghost.note(f"{school.name}: {text}")

    def _old_image(self, fault: Fault) -> Undo:
        """Go back to how the disks were."""
        school = self._school(fault)
        images = [disk.image() for disk in school.disks]

        def put_back() -> None:
            ghost = self._world.ghost
            ghost.damaged.add(school.gateway)
            if school.box is not None:
                school.die(power=False)
            for disk, image in zip(school.disks, images, strict=True):
                disk.put_back(image)
            school.back_in(1.0)
            ghost.note(f"{school.name} is put back to an old image")

        return put_back

    def _clone(self, fault: Fault) -> None:
        """Let a copy of the box run beside it, with the same name, until the end of the world."""
        school = self._school(fault)
        if school.gateway in self._world.ghost.cloned:
            return
        self._world.ghost.cloned.add(school.gateway)
        copy = self._world.add_school(f"{school.name}'", school.gateway, school.things)
        for disk, other in zip(copy.disks, school.disks, strict=True):
            disk.put_back(other.image())
            disk.kill()
        copy.start()

    def _clock(self, fault: Fault) -> None:
        self._school(fault).clock.skew = fault.value

    def _drift(self, fault: Fault) -> None:
        self._school(fault).clock.pace = 1.0 + fault.value / 1e6

    def _backlog(self, fault: Fault) -> None:
        self._school(fault).measure(int(fault.value))

    def _offline(self, fault: Fault) -> Undo:
        """Cut a school off; days are made short by as many readings as they bring."""
        number = fault.who % len(self._world.schools)
        lines = self._world.lines[number]
        for line in lines:
            for way in Way:
                line.go_deaf(way)
        if fault.value:
            self._world.schools[number].measure(int(fault.value))

        def mend() -> None:
            for line in lines:
                for way in Way:
                    line.hear_again(way)

        return mend

    # ---------------------------------------------------------------- lines

    def _line(self, fault: Fault) -> Line:
        return self._world.lines[fault.who % len(self._world.schools)][fault.other]

    def _worse(self, fault: Fault, what: str) -> Undo:
        line = self._line(fault)
        line.change(what, fault.value)
        return lambda: line.change(what, 0.0)

    def _loss(self, fault: Fault) -> Undo:
        return self._worse(fault, "loss")

    def _double(self, fault: Fault) -> Undo:
        return self._worse(fault, "double")

    def _slow(self, fault: Fault) -> Undo:
        return self._worse(fault, "slow")

    def _disorder(self, fault: Fault) -> Undo:
        return self._worse(fault, "disorder")

    def _break(self, fault: Fault) -> None:
        school = self._school(fault)
        if school.box is None or fault.other >= len(self._world.brokers):
            return
        uplink = school.box.uplinks[self._world.brokers[fault.other].name]
        for session in list(uplink.sessions.values()):  # type: ignore[attr-defined]  # Those by a broker have them.
            session.close()

    def _deaf(self, line: Line, way: Way) -> Undo:
        line.go_deaf(way)
        return lambda: line.hear_again(way)

    def _deaf_up(self, fault: Fault) -> Undo:
        return self._deaf(self._line(fault), Way.UP)

    def _deaf_down(self, fault: Fault) -> Undo:
        return self._deaf(self._line(fault), Way.DOWN)

    # ---------------------------------------------------------------- brokers and servers

    def _broker(self, fault: Fault) -> Broker:
        return self._world.brokers[fault.who % len(self._world.brokers)]

    def _broker_kill(self, fault: Fault) -> None:
        broker = self._broker(fault)
        if broker.alive:
            broker.die()
            self._world.wheel.later(fault.value, broker.start)

    def _broker_forgets(self, fault: Fault) -> Undo:
        broker = self._broker(fault)
        broker.forget(on=True)
        return lambda: broker.forget(on=False)

    def _broker_stop(self, fault: Fault) -> Undo:
        broker = self._broker(fault)
        broker.stop(on=True)
        return lambda: broker.stop(on=False)

    def _broker_deaf(self, fault: Fault) -> Undo:
        """Part a broker from the servers, in one direction."""
        lines = [lines[fault.who % len(self._world.brokers)] for lines in self._world.server_lines]
        way = Way.UP if fault.value else Way.DOWN
        undo = [self._deaf(line, way) for line in lines]

        def mend() -> None:
            for each in undo:
                each()

        return mend

    def _server(self, fault: Fault) -> Server:
        return self._world.servers[fault.who % len(self._world.servers)]

    def _server_kill(self, fault: Fault) -> None:
        server = self._server(fault)
        if server.life is not None:
            server.die()
            server.back_in(fault.value)

    def _server_stop(self, fault: Fault) -> Undo | None:
        life = self._server(fault).life
        if life is None:
            return None
        life.process.stop_for_a_while()
        life.since = float("inf")

        def go_on() -> None:
            life.since = self._world.wheel.now
            life.process.go_on()

        return go_on

    def _server_step(self, fault: Fault) -> None:
        server = self._server(fault)
        server.down_seconds = self._chance.choice((0.1, 1.0, 8.0))
        server.kill_at = (STEPS[int(fault.value)], self._chance.randrange(1, 4))

    # ---------------------------------------------------------------- what is behind them

    def _commit_fails(self, fault: Fault) -> Undo:
        self._world.store.fails = fault.value
        return lambda: setattr(self._world.store, "fails", 0.0)

    def _commit_unknown(self, fault: Fault) -> Undo:
        self._world.store.unknown = fault.value
        return lambda: setattr(self._world.store, "unknown", 0.0)

    def _slow_commits(self, fault: Fault) -> Undo:
        self._world.store.slow = fault.value
        return lambda: setattr(self._world.store, "slow", 0.0)

    def _database_down(self, fault: Fault) -> Undo:
        del fault
        store = self._world.store
        store.down += 1
        store.break_connections()

        def mend() -> None:
            store.down -= 1

        return mend

    def _failover(self, fault: Fault) -> None:
        """Let another machine take over, which has every commit."""
        undo = self._database_down(fault)
        number = next(self._numbers)
        self._undo[number] = undo
        self._world.wheel.later(FAILOVER_SECONDS, lambda: self._end(number))

    def _restore(self, fault: Fault) -> None:
        """Bring the database back as it was a moment ago, as from a backup: with the servers stopped."""
        del fault
        world = self._world
        for server in world.servers:
            server.die()
            server.back_in(2.0)
        world.store.restore()
        world.ghost.receipted.clear()

    def _history_kill(self, fault: Fault) -> None:
        del fault
        self._world.history.kill()

    def _history_down(self, fault: Fault) -> Undo:
        del fault
        history = self._world.history
        history.down += 1
        history.kill()

        def mend() -> None:
            history.down -= 1

        return mend

    def _forged(self, fault: Fault) -> None:
        """Let somebody who can write to a broker order something."""
        world, gateway = self._world, self._school(fault).gateway
        broker = self._chance.choice(world.brokers)
        devices = sorted(world.abilities[gateway])
        overheard = [one for other in world.brokers for one in other.overheard]
        payload = forged(self._chance, world.wheel.now, gateway, devices, overheard)
        broker.take(lambda: broker.publish(topic(gateway, "cmd"), payload))

    def _rubbish(self, fault: Fault) -> None:
        """Let the neighbour speak, by a broker or by the web."""
        del fault
        world = self._world
        address, payload = rubbish(self._chance, world.neighbour, world.schools[0].gateway)
        world.ghost.rubbish += 1
        broker = self._chance.choice(world.brokers)
        if self._chance.random() < 0.7:  # noqa: PLR2004  # Most of it by a broker.
            broker.take(lambda: broker.publish(address, payload))
        else:
            world.post(world.neighbour, address.partition("/")[2].partition("/")[2], payload)
