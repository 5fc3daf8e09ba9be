"""Site files: the example is whole, and each mistake is named with its file, line and what is allowed."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import ConfigurationError
from contract.orders import Op
from contract.signing import parse_public, public_text
from gateway.settings import HttpsSettings, MqttSettings, Settings, check_files, read_settings

ROOT = Path(__file__).parent.parent.parent
SMALLEST = """gateway = "gw-0001"
folder = "outbox"
[[uplinks]]
kind = "mqtt"
broker = "127.0.0.1:1883"
tls = false
"""
CONTACTS = """
[[agents]]
interface = "dry_contact"
folder = "lines"
[[agents.devices]]
id = "button"
kind = "alarm_button"
[[agents.lines]]
line = 17
device = "button"
use = "press"
"""


def read(folder: Path, text: str) -> Settings:
    """Read a site file of this text."""
    path = folder / "site.toml"
    path.write_text(text)
    return read_settings(path)


def example(folder: Path) -> Settings:
    """Read the example with its secrets in a folder of ours."""
    for name in ("ca.pem", "broker-password", "gateway.pem", "gateway.key", "gateway-key"):
        (folder / name).write_text("a secret of sixteen")
    (folder / "button-office.token").write_text("a token of more than sixteen characters")
    text = (ROOT / "docs/site.example.toml").read_text()
    return read(folder, text.replace("/etc/anxiao", str(folder)))


def test_the_example_is_a_whole_site(tmp_path: Path) -> None:
    """An operator may begin with the example."""
    settings = example(tmp_path)

    check_files(settings)
    first, second, https = settings.uplinks
    assert isinstance(first, MqttSettings)
    assert (first.broker.host, first.broker.port, first.broker.username) == ("broker-a.example", 8_883, "gw-4507020001")
    assert isinstance(second, MqttSettings)
    assert second.broker.cert_file == tmp_path / "gateway.pem"
    assert isinstance(https, HttpsSettings)
    assert [agent.name for agent in settings.agents] == ["contacts", "lan"]


def test_every_key_of_the_example_is_documented() -> None:
    """A key that nobody can look up is a mistake waiting."""
    documented = (ROOT / "docs/configuration.md").read_text()
    gateway = documented[documented.index("## Gateway") :]
    for key in (
        "gateway", "folder", "second_folder", "model", "status", "log_level", "budget_mb", "alarm_reserve_mb",
        "kind", "name", "broker", "tls", "ca_file", "username", "password_file", "cert_file", "private_key_file",
        "url", "key_file", "interface",
    ):  # fmt: skip
        assert f"`{key}`" in gateway, key


def test_the_smallest_site_has_safe_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, SMALLEST)

    assert settings.folder == tmp_path / "outbox"
    assert settings.status == ("127.0.0.1", 8_090)
    assert settings.agents == ()
    assert settings.uplinks[0].name == "mqtt-1"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"gw-0001"', '"GW 1"', 1, "allowed: 3 to 40 of a-z"),
        ('folder = "outbox"\n[[', 'folder = "outbox"\nfoldr = 1\n[[', 3, "foldr: unknown key; allowed: gateway, folder"),
        ('"mqtt"', '"amqp"', 4, "uplinks[1].kind: 'amqp' given; allowed: mqtt, https"),
        ("127.0.0.1:1883", "127.0.0.1", 5, "uplinks[1].broker: '127.0.0.1' given; allowed: host:port"),
        ("tls = false", "tsl = false", 6, "uplinks[1].tsl"),
        ('"press"', '"push"', 17, "agents[1].lines[1].use: 'push' given; allowed: press"),
        ('"alarm_button"', '"button"', 13, "agents[1].devices[1].kind"),
        ('"dry_contact"', '"wet_contact"', 9, "agents[1].interface: 'wet_contact' given; allowed: dry_contact, lan_json"),
        ('folder = "outbox"\n[[', 'folder = "outbox"\nstatus = "0.0.0.0:80"\n[[', 3, "a loopback address"),
        (
            "[[uplinks]]",
            "[outbox]\nbudget_mb = 1\n[[uplinks]]",
            4,
            "outbox.budget_mb: 1 given; allowed: a whole number from 4",
        ),
        (
            "line = 17",
            "lien = 17",
            14,
            "agents[1].lines[1].line: nothing given; allowed: something: this key is required; is 'lien'",
        ),
        ("[[uplinks]]", '[commands]\nserver_keys = ["ssh:AA"]\n[[uplinks]]', 4, "commands.server_keys: 'ssh:AA' given"),
        (
            "[[uplinks]]",
            '[commands]\nallow = ["unlock"]\n[[uplinks]]',
            4,
            "commands.allow: ['unlock'] given; allowed: up to",
        ),
        (
            "[[agents]]",
            '[[commands.devices]]\nid = "bell"\nallow = ["siren"]\n[[agents]]',
            9,
            "commands.devices[1].id: 'bell' given; allowed: a device of [[agents.devices]]",
        ),
        ("gateway = ", "gateway ", None, "not TOML"),
    ],
)
def test_a_mistake_is_named_where_it_stands(tmp_path: Path, old: str, new: str, line: int | None, message: str) -> None:
    whole = SMALLEST + CONTACTS
    assert whole.count(old) >= 1
    with pytest.raises(ConfigurationError) as told:
        read(tmp_path, whole.replace(old, new, 1))

    assert message in str(told.value)
    assert str(tmp_path / "site.toml") + (f", line {line}:" if line else ":") in str(told.value)


def test_nobody_commands_a_box_without_a_key_and_nothing_moves_unnamed(tmp_path: Path) -> None:
    rights = read(tmp_path, SMALLEST + CONTACTS).rights
    assert (rights.keys, rights.devices) == ((), {})
    assert rights.box == {Op.RESEND_BIRTH, Op.TEST_ALARM, Op.REPLAY_FROM}
    key = public_text(Ed25519PrivateKey.generate())
    commands = f'[commands]\nserver_keys = ["{key}"]\nallow = []\n[[commands.devices]]\nid = "button"\nallow = ["siren"]\n'
    rights = read(tmp_path, SMALLEST + commands + CONTACTS).rights
    assert rights.keys == (parse_public(key),)
    assert rights.allow(Op.SIREN, "button")
    assert not rights.allow(Op.UNLOCK, "button")
    assert not rights.allow(Op.TEST_ALARM, "")


def test_a_device_of_two_interfaces_and_the_boxes_own_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="device 'button' given twice"):
        read(tmp_path, SMALLEST + CONTACTS + CONTACTS)
    with pytest.raises(ConfigurationError, match="the gateway's own"):
        read(tmp_path, SMALLEST + CONTACTS.replace('"button"', '"gw"'))


def test_a_password_never_travels_in_the_clear_to_another_machine(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="true where a password goes to another machine"):
        read(tmp_path, SMALLEST.replace("127.0.0.1", "broker.example") + 'password_file = "secret"\n')
    with pytest.raises(ConfigurationError, match="https://host"):
        read(tmp_path, SMALLEST + '[[uplinks]]\nkind = "https"\nurl = "http://anxiao.example"\nkey_file = "key"\n')


def test_a_secret_is_in_no_message_and_no_repr(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\nand more")
    settings = read(tmp_path, SMALLEST + 'password_file = "secret"\n')

    assert "hunter2" not in repr(settings)
    with pytest.raises(ConfigurationError) as told:
        check_files(settings)
    assert "hunter2" not in str(told.value)
    assert "password_file" in str(told.value)


def test_a_missing_file_is_named_before_anything_starts(tmp_path: Path) -> None:
    settings = example(tmp_path)
    (tmp_path / "gateway.key").unlink()

    with pytest.raises(ConfigurationError, match="uplink mqtt-b, private_key_file"):
        check_files(settings)
