"""Every setting can be looked up: its name, its name in the environment, its default, as the code has them."""

import ast
import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from contract.errors import ConfigurationError
from server.settings import Settings, read_settings

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "configuration.md").read_text()
SERVER, _, GATEWAY = PAGE.partition("## Gateway")
ROW = re.compile(r"^\| (?P<names>`[^|]+`) \| (?P<rest>.+) \|$", re.MULTILINE)
READERS = {"text", "texts", "secret", "integer", "number", "flag", "device", "address", "line", "table", "tables", "_path"}
SITE_READERS = ("gateway/settings.py", "edge/declared.py", "edge/agents/dry_contact.py", "edge/agents/lan_json.py")
# A value for each setting that is not its default, as the environment gives it.
GIVEN = {
    "name": "server-2",
    "city": "防城港市",
    "city_en": "Fangchenggang",
    "folder": "/srv/anxiao",
    "database": "postgresql+psycopg://anxiao@db/anxiao",
    "host": "0.0.0.0",
    "port": "8443",
    "tls_cert": "/etc/cert.pem",
    "tls_key": "/etc/key.pem",
    "brokers": '["mqtts://a:8883", "mqtt://b:1883"]',
    "door": "fast",
    "sparkplug": "/etc/anxiao/sparkplug.toml",
    "history": "influx",
    "history_url": "http://influx:8086",
    "history_token": "secret",
    "history_org": "city",
    "history_bucket": "readings",
    "raw_days": "30",
    "archive": "/srv/archive",
    "evidence": "/srv/evidence",
    "evidence_real_days": "3650",
    "evidence_rehearsal_days": "90",
    "evidence_fault_days": "60",
    "archive_days": "1000",
    "channels": "/etc/anxiao/channels.toml",
    "log_level": "debug",
}


def rows(text: str) -> dict[str, list[str]]:
    """Give the cells of each row beside its first, by each name that stands in the first."""
    return {
        name: [cell.strip() for cell in match["rest"].split(" | ")]
        for match in ROW.finditer(text)
        for name in re.findall(r"`([^`]+)`", match["names"])
    }


def told(value: object) -> str:
    """Write a default as the page does."""
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    if plain is None:
        return "none"
    if plain == "":
        return "empty"
    return f"`{json.dumps(plain) if isinstance(plain, tuple) else plain}`"


def plain(settings: Settings, name: str) -> str:
    """Give a setting as the environment would hold it."""
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, tuple) else str(value)


def keys_read(path: Path) -> set[str]:
    """Collect every key that a reader of site files asks its tables for."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = node.args[1:2] if name == "_path" else node.args[:1]
        if name in READERS:
            found |= {arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return found


def test_the_page_has_every_setting_of_the_server_and_no_other() -> None:
    assert set(rows(SERVER)) == set(Settings.model_fields)
    assert set(GIVEN) == set(Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_of_the_server_is_as_the_page_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default is the page's; the environment's name works; a secret is in no printed form."""
    environment, default, _ = rows(SERVER)[name]
    assert default == told(Settings.model_fields[name].default)
    for other in Settings.model_fields:
        monkeypatch.delenv(f"ANXIAO_{other.upper()}", raising=False)

    monkeypatch.setenv(environment.strip("`"), GIVEN[name])
    settings = read_settings(None)

    assert plain(settings, name) == GIVEN[name]
    if isinstance(getattr(settings, name), SecretStr):
        assert GIVEN[name] not in repr(settings)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "server.toml"
    file.write_text('city = "file"\ncity_en = "file"\nhost = "file"\n')
    monkeypatch.setenv("ANXIAO_CITY_EN", "environment")
    monkeypatch.setenv("ANXIAO_HOST", "environment")

    settings = read_settings(file, host="command line")

    assert (settings.city, settings.city_en, settings.host) == ("file", "environment", "command line")


def test_a_setting_nobody_knows_stops_the_server_and_shows_no_secret(tmp_path: Path) -> None:
    """A misspelling is named; what was given for a secret is not."""
    file = tmp_path / "server.toml"
    file.write_text('histroy = "duckdb"\nhistory_token = 12345678\n')

    with pytest.raises(ConfigurationError) as refused:
        read_settings(file)

    assert "histroy" in str(refused.value)
    assert "12345678" not in str(refused.value)


@pytest.mark.parametrize("reader", SITE_READERS)
def test_every_key_of_a_site_file_is_on_the_page(reader: str) -> None:
    """As the code reads them, tables and all."""
    asked = keys_read(ROOT / reader)
    documented = set(rows(GATEWAY)) | set(re.findall(r"`\[+(?:agents\.)?([a-z]+)\]+`", GATEWAY)) | {"interface"}

    assert len(asked) >= 4
    assert asked - documented == set()


def test_every_interface_has_its_keys_on_the_page() -> None:
    """A new interface brings its table along."""
    named = set(re.findall(r'^`interface = "([a-z_0-9]+)"`', GATEWAY, re.MULTILINE))
    files = {path.stem for path in (ROOT / "edge" / "agents").glob("*.py")} - {"__init__"}

    assert named == files
    assert {Path(reader).stem for reader in SITE_READERS} >= files
