"""What an installation consists of: schools with buttons, boxes, servers, stores; and the files operators would write."""

import subprocess
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from contract.identity import DeviceId, GatewayId
from server.registry.model import Device, Roster, StationKind
from simulators.city import make_city
from simulators.credentials import gateway_key

SEED = 20_261
ROSTER_DAY = date(2026, 11, 24)
TOKEN = "token-of-every-device-here"  # noqa: S105  # Loopback, and thrown away with the folder.
METER = "meter"  # A device whose readings are numbered, so that each of them can be found again.
SERIAL = "serial"  # The metric that holds the number.
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of an installation, and which code its programs run."""

    gateways: int = 6
    buttons: int = 30
    servers: int = 2
    history: str = "influx1"  # or victoria
    gateway_code: Path = ROOT
    server_code: Path = ROOT
    gateway_program: str = "gateway.app"
    server_program: str = "server.app"
    budget_mb: int = 64
    fleet: int = 0  # Schools whose boxes are simulated, all in one process.


@dataclass(frozen=True, slots=True)
class School:
    """One school: its box, and its buttons' ids."""

    gateway: GatewayId
    buttons: tuple[DeviceId, ...]


def git(*words: str) -> bytes:
    """Ask git about our own checkout; gives nothing where it cannot say."""
    return subprocess.run(["/usr/bin/env", "git", *words], cwd=ROOT, capture_output=True, check=False).stdout  # noqa: S603


def make_roster(plan: Plan) -> tuple[Roster, list[School]]:
    """Make a roster of as many schools, each with its buttons and a numbered meter."""
    city = make_city(plan.gateways + plan.fleet, SEED, ROSTER_DAY)
    real = {gateway.id for gateway in city.roster.gateways[: plan.gateways]}
    devices: list[Device] = [device for device in city.roster.devices if device.gateway not in real]
    schools: list[School] = []
    for gateway in city.roster.gateways[: plan.gateways]:
        ids = tuple(DeviceId(f"button-{number:02d}") for number in range(plan.buttons))
        devices += [Device(gateway.id, one, "alarm_button", gateway.school, name=one) for one in ids]
        devices.append(Device(gateway.id, DeviceId(METER), "camera", gateway.school, name=METER))
        schools.append(School(gateway.id, ids))
    return replace(city.roster, devices=tuple(devices)), schools


def of_fleet(roster: Roster, plan: Plan) -> Roster:
    """Leave out the schools that have a real box."""
    gateways = roster.gateways[plan.gateways :]
    ours, schools = {one.id for one in gateways}, {one.school for one in gateways}
    return replace(
        roster,
        gateways=gateways,
        schools=tuple(one for one in roster.schools if one.id in schools),
        devices=tuple(one for one in roster.devices if one.gateway in ours),
    )


def bureau_of(roster: Roster) -> str:
    """Name the police bureau that sees every school."""
    return next(station.id for station in roster.stations if station.kind is StationKind.BUREAU)


def site_file(school: School, folder: Path, uplinks: dict[str, int], lan: int, status: int, plan: Plan) -> str:
    """Write a box's site file: two brokers and the HTTPS door, each by a link of its own."""
    parts = [
        (
            f'gateway = "{school.gateway}"\nfolder = "{folder}/outbox"\nsecond_folder = "{folder}/second"\n'
            f'status = "127.0.0.1:{status}"\n[outbox]\nalarm_reserve_mb = 1\nbudget_mb = {plan.budget_mb}\n'
        )
    ]
    for name, port in uplinks.items():
        if name.startswith("broker"):
            parts.append(f'[[uplinks]]\nkind = "mqtt"\nname = "{name}"\nbroker = "127.0.0.1:{port}"\ntls = false\n')
        else:
            parts.append(
                f'[[uplinks]]\nkind = "https"\nname = "{name}"\nurl = "http://127.0.0.1:{port}"\nkey_file = "{folder}/key"\n'
            )
    parts.append(f'[[agents]]\ninterface = "lan_json"\nhttp = "127.0.0.1:{lan}"\n')
    for device, kind in [*((button, "alarm_button") for button in school.buttons), (METER, "camera")]:
        parts.append(f'[[agents.devices]]\nid = "{device}"\nkind = "{kind}"\ntoken = "{TOKEN}"\n')
    return "".join(parts)


def key_of(school: School) -> str:
    """Give a box's HTTPS key."""
    return gateway_key(SEED, school.gateway)


def server_file(name: str, folder: Path, port: int, brokers: list[int], database: str, history: tuple[str, int]) -> str:
    """Write a server's settings."""
    listed = ", ".join(f'"mqtt://127.0.0.1:{broker}"' for broker in brokers)
    kind, at = history
    return (
        f'name = "{name}"\nfolder = "{folder}"\nport = {port}\nbrokers = [{listed}]\ndatabase = "{database}"\n'
        f'history = "{kind}"\nhistory_url = "http://127.0.0.1:{at}"\n'
    )
