"""Names: by the file where it speaks, by the default where it does not, and refused where it cannot be meant."""

from pathlib import Path

import pytest

from contract.errors import ConfigurationError, Refused
from server.ingest.doors.sparkplug.address import Address, Node, Verb, parse_address
from server.ingest.doors.sparkplug.mapping import Names, read_names
from tests.sparkplug.nodes import ALARM_BIRTH, Bench, Edge, metric, pressed

FILE = """
host = "City"
reorder_seconds = 1.5
[metrics]
"Batt%" = "battery"
"Debug" = ""
[[nodes]]
group = "G1"
node = "Node-1"
gateway = "gw-0042"
quiet = "alive"
[nodes.metrics]
"Temp" = "temp_room"
[[nodes.devices]]
device = "Button 1"
id = "btn-1"
kind = "alarm_button"
name = "大门"
[nodes.devices.metrics]
"Temp" = "temp"
"""


@pytest.fixture
def names(tmp_path: Path) -> Names:
    """Read the file above."""
    (tmp_path / "map.toml").write_text(FILE)
    return read_names(tmp_path / "map.toml")


def test_what_the_file_names_is_called_so(names: Names) -> None:
    """The device's own table before the node's before the common one, and the default last."""
    bench, edge = Bench(names).connect(), Edge()
    button = [metric(name, 1) for name in ("Temp", "Batt%", "Debug", "Other Thing")]
    bench.hear(edge.birth(metric("Temp", 2)), edge.device_birth("Button 1", *button))
    bench.wait()

    assert [(one.d, one.m) for one in bench.readings()] == [
        ("gw", {"temp_room": 2}),
        ("btn-1", {"temp": 1, "battery": 1, "other_thing": 1}),
    ]
    [birth] = bench.births()
    assert (birth.g, birth.devs[1].kind, birth.devs[1].name) == ("gw-0042", "alarm_button", "大门")
    assert (names.host, names.reorder_seconds) == ("City", 1.5)


def test_a_trusted_session_vouches_for_quiet_devices_until_their_death(names: Names) -> None:
    bench, edge = Bench(names).connect(), Edge()
    bench.hear(edge.birth(), edge.device_birth("Button 1", metric("Temp", 1)))
    bench.wait(190)
    assert bench.online() == [("btn-1", True)] * 4
    bench.hear(edge.device_death("Button 1"))
    bench.wait(190)

    assert bench.online() == [("btn-1", True)] * 4 + [("btn-1", False)]


def test_only_listed_nodes_are_taken_where_no_default_is_given(tmp_path: Path) -> None:
    """Others on the same broker are nobody's: not even their alarms are ours."""
    (tmp_path / "map.toml").write_text('gateway = ""\n' + FILE.replace("\n[metrics]", "\n[metrics]", 1))
    bench = Bench(read_names(tmp_path / "map.toml")).connect()
    stranger = Edge(group="Other")
    bench.hear(stranger.birth(), stranger.device_birth("B", *ALARM_BIRTH), stranger.data("B", *pressed("e", 1)))

    assert (bench.counters["refused"], bench.delivered()) == (3, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hots = 'x'", "unknown field `hots`"),
        ("host = 'with space'", "$.host"),
        ("reorder_seconds = 0", "$.reorder_seconds"),
        ("gateway = '{school}'", "{group} and {node}"),
        ("[[nodes]]\ngroup = 'g'\nnode = 'n'\ngateway = 'BAD ID'", "gateway 'BAD ID'"),
        (
            "[[nodes]]\ngroup = 'g'\nnode = 'n'\ngateway = 'gw-1'\n[[nodes.devices]]\ndevice = 'd'\nkind = 'kettle'",
            "kind 'kettle'",
        ),
        (
            "[[nodes]]\ngroup = 'g'\nnode = 'n'\ngateway = 'gw-1'\n[[nodes.devices]]\ndevice = 'd'\nid = 'A B'",
            "device 'A B'",
        ),
        ("[metrics]\nA = 'Not Ours'", "metric 'Not Ours'"),
        ("[[nodes]]\ngroup='g'\nnode='n'\ngateway='gw-1'\n[[nodes]]\ngroup='g'\nnode='m'\ngateway='gw-1'", "is named for"),
        ("nodes = x", "line 1"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_allowed(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(ConfigurationError) as wrong:
        read_names(tmp_path / "map.toml")

    assert words in str(wrong.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        read_names(tmp_path / "map.toml")


def test_topics_are_read_as_they_are_written() -> None:
    """Case counts; what is not a node's is refused."""
    assert parse_address("spBv1.0/G 1/DDATA/n/D") == Address(Node("G 1", "n"), Verb.DEVICE_DATA, "D")
    for topic in (
        "spBv1.0/G/DDATA/n",
        "spBv1.0/G/NDATA/n/d",
        "spbv1.0/G/NDATA/n",
        "spBv1.0//NDATA/n",
        "spBv1.0/G/ndata/n",
        "",
    ):
        with pytest.raises(Refused, match="topic"):
            parse_address(topic)
