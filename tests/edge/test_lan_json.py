"""The table of the LAN agent, and what a good one makes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from edge.agents import AGENTS
from edge.agents.lan_json import build
from edge.lan.http_door import bind
from tests.edge.lan_site import DEVICES, TOKEN
from tests.edge.recording import RecordingGateway


def table(**changes: object) -> dict[str, object]:
    """Make a site file's table."""
    return {"http": "127.0.0.1:0", "devices": [dict(device) for device in DEVICES]} | changes


def first(**changes: object) -> Callable[[dict[str, object]], None]:
    """Change the first device; None takes a key out."""

    def change(values: dict[str, object]) -> None:
        device = {**DEVICES[0], **changes}
        values["devices"] = [{key: value for key, value in device.items() if value is not None}]

    return change


def test_press_is_confirmed_at_the_first_hop() -> None:
    """Each device repeats until it is answered, and the birth says so."""
    births = AGENTS["lan_json"](table()).devices()

    assert [(birth.d, birth.kind, birth.first_hop) for birth in births] == [
        ("button-gate", "alarm_button", "confirmed"),
        ("reader-gate", "guard_post", "confirmed"),
    ]


def test_token_may_lie_in_a_file(tmp_path: Path) -> None:
    """A secret need not stand in the site file."""
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    values = table()
    first(token=None, token_file=str(path))(values)

    assert build(values)._devices.popitem()[1].token == TOKEN  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda values: values.pop("http"), ["http", "host:port"]),
        (lambda values: values.update(http="8081"), ["http", "'8081'", "0.0.0.0:8081"]),
        (lambda values: values.update(http="h:99999"), ["http", "'h:99999'"]),
        (lambda values: values.update(mqtt=1884), ["mqtt", "1884", "host:port"]),
        (lambda values: values.update(htpp="x"), ["htpp", "unknown key; allowed: name, http, mqtt, devices"]),
        (lambda values: values.update(devices={}), ["devices", "{}"]),
        (lambda values: values.update(devices=[*DEVICES, DEVICES[0]]), ["button-gate", "twice"]),
        (lambda values: values.update(name=""), ["name", "''"]),
        (first(token=None), ["devices[1].token", "either"]),
        (first(token="short"), ["devices[1].token", "16 to 256"]),
        (first(token_file="/x"), ["devices[1].token", "either"]),
        (first(token=None, token_file="/nowhere/x"), ["devices[1].token_file", "/nowhere/x"]),
        (first(id=None), ["devices[1].id", "required"]),
        (first(kind="door"), ["devices[1].kind", "'door'", "gate"]),
        (first(tokne="x"), ["devices[1].tokne", "unknown key"]),
    ],
)
def test_bad_table_names_key_given_and_allowed(change: Callable[[dict[str, object]], object], words: Sequence[str]) -> None:
    """Whoever set up the box finds the mistake from the message alone; a token is never in it."""
    values = table()
    change(values)

    with pytest.raises(ConfigurationError) as raised:
        AGENTS["lan_json"](values)

    assert TOKEN not in str(raised.value)
    for word in words:
        assert word in str(raised.value)


def test_secret_stays_out_of_repr() -> None:
    """A device can be logged."""
    assert TOKEN not in repr(build(table())._devices)


async def test_taken_address_is_named() -> None:
    """Two agents on one port: the second says which."""
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(ConfigurationError, match=address):
            await build(table(http=address, mqtt="127.0.0.1:0")).run(RecordingGateway())
