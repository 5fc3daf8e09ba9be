"""Dry contacts on the gateway's own lines: buttons, tamper and ram contacts, end switches; and outputs for relays and lamps.

    devices = [{ id = "button-gate", kind = "alarm_button", name = "Gate room" }]
    lines   = [{ line = 17, device = "button-gate", use = "press", normally = "closed" }]
    outputs = [{ line = 22, device = "button-gate", use = "lamp_seen" }]
    chip    = "/dev/gpiochip0"      # or: folder = "…", one file for each line, for machines without contacts

A press is told again and again until it is durable. A button found pressed at start is a press: nobody was here to see.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from contract.errors import StorageError
from contract.identity import DeviceId
from contract.kinds import KINDS
from contract.messages import BirthDevice
from contract.records import ALERT_CODES
from edge.agent import Order, Reporting
from edge.contacts import Alerted, Cleared, Contact, Contacts, Fact, LineName, Pressed, Sampled, Use
from edge.declared import Declared, by_id, device_tables, read_declared
from edge.gpio import GpioLines, GpioOutputs, Pull, Wiring
from edge.lines import FileLines, FileOutputs, Lines, Outputs
from edge.relays import Drives, Output, Relays
from edge.table import Table

LINES_MAX = 256  # More than any chip has.
SCAN_SECONDS = 5.0  # How soon a change is found whose edge was lost.
PULSE_MS = 500  # What strikes and barrier controllers take for a key's turn.
DEBOUNCE_MS = 30  # Longer than contacts bounce (about 10 ms), far shorter than a finger.
WAITING_MAX = 64  # Urgent facts of one device waiting for the disk; at it a press joins those that wait already.
RETRY_SECONDS_MAX = 5.0  # The disk is asked again at 0.1 s, then twice as late each time, to this.

_SHOWN = {Use.GATE: "open", Use.BARRIER_UP: "position", Use.BARRIER_DOWN: "position"}  # Where a contact's state is told.

_log = structlog.get_logger()


class DryContact:
    """The agent. Each device has a task of its own, so that one waiting for the disk holds up no other."""

    def __init__(
        self,
        name: str,
        devices: Sequence[Declared],
        contacts: Sequence[Contact],
        open_lines: Callable[[], Lines],
        relays: Relays,
    ) -> None:
        self.name = name
        self._relays = relays
        self._devices = tuple(devices)
        self._contacts = tuple(contacts)
        self._open_lines = open_lines

    def devices(self) -> Sequence[BirthDevice]:
        """Describe the devices; a latched button survives the gateway being off, any other contact only its being busy."""
        latched = {contact.device for contact in self._contacts if contact.use is Use.PRESS and contact.latched}
        return [device.birth("latched" if device.id in latched else "best_effort") for device in self._devices]

    def abilities(self) -> Mapping[DeviceId, frozenset[str]]:
        """Say what the outputs can do."""
        return self._relays.abilities()

    async def carry_out(self, order: Order) -> str:
        """Drive the output of an order."""
        return await self._relays.carry_out(order)

    def lamps(self) -> Sequence[DeviceId]:
        """Name the devices with lamps."""
        return self._relays.lamps()

    def show(self, device: DeviceId, *, seen: bool, stored: bool) -> None:
        """Show on a device's lamps how far its press has got."""
        self._relays.show(device, seen=seen, stored=stored)

    async def run(self, reporting: Reporting) -> None:
        """Serve until cancelled. Lines that cannot be read end it; the gateway starts it again, which scans them all."""
        contacts = Contacts(self._contacts)
        lines = self._open_lines()
        queues: dict[DeviceId, asyncio.Queue[Fact]] = {
            device.id: asyncio.Queue(maxsize=WAITING_MAX) for device in self._devices
        }
        try:
            self._relays.open()
            async with asyncio.TaskGroup() as tasks:
                for device, queue in queues.items():
                    tasks.create_task(_tell_urgent(queue, reporting), name=f"{self.name}:{device}")
                await self._watch(contacts, lines, queues, reporting)
        finally:
            self._relays.close()
            lines.close()

    async def _watch(
        self, contacts: Contacts, lines: Lines, queues: Mapping[DeviceId, asyncio.Queue[Fact]], reporting: Reporting
    ) -> None:
        facts = contacts.scan(lines.read())
        while True:
            for fact in facts:
                _pass_on(fact, queues[fact.device], reporting)
            edges = await lines.edges(SCAN_SECONDS)
            facts = [fact for edge in edges for fact in contacts.edge(edge.line, closed=edge.closed)]
            if not edges:
                facts = contacts.scan(lines.read())


def _pass_on(fact: Fact, queue: "asyncio.Queue[Fact]", reporting: Reporting) -> None:
    if isinstance(fact, Sampled):
        reporting.reading(fact.device, fact.metrics)
        return
    try:
        queue.put_nowait(fact)
    except asyncio.QueueFull:
        _log.error("fact_joined_those_waiting", device=fact.device, fact=type(fact).__name__)


async def _tell_urgent(queue: "asyncio.Queue[Fact]", reporting: Reporting) -> None:
    """Tell one device's urgent facts in order, each until it is durable."""
    while True:
        fact = await queue.get()
        wait = 0.1
        while True:
            try:
                await _tell(fact, reporting)
                break
            except StorageError as error:
                _log.error("fact_not_durable", device=fact.device, fact=type(fact).__name__, error=str(error))
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_SECONDS_MAX)


async def _tell(fact: Fact, reporting: Reporting) -> None:
    if isinstance(fact, Pressed):
        await reporting.press(fact.device)
    elif isinstance(fact, Cleared):
        await reporting.clear(fact.device, by="contact")
    elif isinstance(fact, Alerted):
        await reporting.alert(fact.device, fact.code, on=fact.on)


def build(values: Mapping[str, object]) -> DryContact:
    """Make the agent from its table, or raise `ConfigurationError`."""
    table = Table(values)
    name = table.text("name", "dry_contact", most=40)
    chip = table.text("chip", "")
    folder = table.text("folder", "")
    if bool(chip) is bool(folder):
        raise table.wrong("chip", chip, "either chip (a GPIO device) or folder (one file for each line)")
    devices = []
    for entry in device_tables(table):
        devices.append(read_declared(entry))
        entry.finish()
    known = by_id(devices)
    contacts: list[Contact] = []
    wiring: dict[LineName, Wiring] = {}
    for entry in table.tables("lines", most=LINES_MAX, least=0):
        contact, wire = _read_line(entry, known)
        if contact.line in wiring:
            raise entry.wrong("line", contact.line, "each line once")
        contacts.append(contact)
        wiring[contact.line] = wire
    outputs = _read_outputs(table, known, wiring)
    table.finish()
    silent = known.keys() - {contact.device for contact in contacts} - {output.device for output in outputs}
    if silent:
        raise table.wrong("devices", ", ".join(sorted(silent)), "devices with at least one of [[lines]] or [[outputs]]")

    def open_lines() -> Lines:
        return GpioLines(chip, wiring) if chip and wiring else FileLines(Path(folder), list(wiring))

    def open_outputs() -> Outputs:
        active_low = {output.line: output.active_low for output in outputs}
        return GpioOutputs(chip, active_low) if chip else FileOutputs(Path(folder), list(active_low))

    return DryContact(name, devices, contacts, open_lines, Relays(outputs, open_outputs))


def _read_outputs(table: Table, known: Mapping[DeviceId, Declared], wiring: Mapping[LineName, Wiring]) -> list[Output]:
    outputs: list[Output] = []
    for entry in table.tables("outputs", most=LINES_MAX, least=0):
        output = _read_output(entry, known)
        if output.line in [*wiring, *(other.line for other in outputs)]:
            raise entry.wrong("line", output.line, "each line once")
        if (output.device, output.drives) in [(other.device, other.drives) for other in outputs]:
            raise entry.wrong("use", output.drives.value, "each use of a device once")
        outputs.append(output)
    return outputs


def _read_output(table: Table, known: Mapping[DeviceId, Declared]) -> Output:
    output = Output(
        line=table.line("line"),
        device=table.device("device"),
        drives=Drives(table.text("use", words=[drives.value for drives in Drives])),
        active_low=table.text("active", "high", words=("high", "low")) == "low",
        pulse_ms=table.integer("pulse_ms", PULSE_MS, low=50, high=10_000),
    )
    if output.device not in known:
        raise table.wrong("device", output.device, f"one of [[devices]]: {', '.join(sorted(known))}")
    table.finish()
    return output


def _read_line(table: Table, known: Mapping[DeviceId, Declared]) -> tuple[Contact, Wiring]:
    line = table.line("line")
    device = table.device("device")
    if device not in known:
        raise table.wrong("device", device, f"one of [[devices]]: {', '.join(sorted(known))}")
    use = Use(table.text("use", words=[use.value for use in Use]))
    code = table.text("code", words=sorted(ALERT_CODES)) if use is Use.ALERT else ""
    kind = KINDS[known[device].kind]
    shown = _SHOWN.get(use)
    if shown is not None and kind.metric(shown) is None:
        raise table.wrong("use", use.value, f"a device whose kind has {shown!r}, which {kind.name} has not")
    contact = Contact(
        line=line,
        device=device,
        use=use,
        code=code,
        metric=code if kind.metric(code) is not None else "",
        normally_closed=table.text("normally", "open", words=("open", "closed")) == "closed",
        latched=table.flag("latched", True),
    )
    wire = Wiring(
        Pull(table.text("pull", "up", words=[pull.value for pull in Pull])),
        table.integer("debounce_ms", DEBOUNCE_MS, low=0, high=1_000),
    )
    table.finish()
    return contact, wire
