"""The OpenAPI document: served, valid, complete, and the source of the dashboard's types."""

import re
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from server.api import views
from server.api.openapi import STREAM_EVENTS, document
from server.api.show import alert_view
from server.api.typescript import TARGET, generate
from server.registry.accounts import Accounts
from server.registry.tree import Tree
from server.security.access import ROUTES
from tests.api.conftest import House
from tests.api.engine import FakeEngine, press
from tests.registry.city import roster


def references(node: Any) -> set[str]:
    """Collect every reference below a node."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(references(value) for value in node))
    return set()


async def test_document_is_served_to_everybody(house: House) -> None:
    """What is served is what the command writes."""
    async with house.client() as client:
        served = (await client.get("/api/v1/openapi.json")).json()

    assert served == document()


def test_document_names_every_route_and_no_other() -> None:
    """The table of access, the routes and the document are one list."""
    described = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}

    assert described | {("GET", "/api/v1/openapi.json")} == set(ROUTES)


def test_document_is_sound() -> None:
    """Every reference leads somewhere, every schema is JSON Schema, every operation has a name of its own."""
    built = document()
    known = {f"#/components/schemas/{name}" for name in built["components"]["schemas"]}
    names = [operation["operationId"] for methods in built["paths"].values() for operation in methods.values()]

    assert built["openapi"].startswith("3.1")
    assert references(built) <= known
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in built["components"]["schemas"])  # Two types of one name would be dotted.
    for schema in built["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/me", "Me"),
        ("/api/v1/bootstrap", "Bootstrap"),
        ("/api/v1/alerts", "AlertPage"),
        ("/api/v1/alerts/a", "AlertDetail"),
        ("/api/v1/coverage", "Coverage"),
        ("/api/v1/coverage/gaps", "GapPage"),
        ("/api/v1/schools/3145000001", "SchoolPage"),
        ("/api/v1/schools/3145000001/history?device=cam-1&metric=online&from=1&to=9", "Series"),
        ("/api/v1/kinds", "Kinds"),
        ("/api/v1/stats", "Stats"),
        ("/api/v1/windows", "Windows"),
        ("/api/v1/alerts?limit=0", "Problem"),
        ("/api/v1/alerts/none", "Problem"),
    ],
)
async def test_answers_are_as_the_document_says(house: House, path: str, name: str) -> None:
    """Each answer is checked against its schema, with nothing more and nothing less."""
    house.engine.alerts = {"a": press("a")}
    client = await house.sign_in("police_liaison")
    schemas = document()["components"]["schemas"]
    validator = Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})

    answer = (await client.get(path)).json()

    assert list(validator.iter_errors(answer)) == []
    assert set(answer) <= set(schemas[name]["properties"])


def test_alert_has_every_field_of_its_type() -> None:
    """What is collected of an alert by name is exactly what the type has."""
    shown = alert_view(press("a"), Tree(roster()), Accounts(None), FakeEngine())  # type: ignore[arg-type]  # Unused here.

    assert shown.count == 1
    assert set(views.Alert.__struct_fields__) < set(views.AlertDetail.__struct_fields__)


def test_stream_events_are_in_the_document() -> None:
    """The types of the stream are generated with the rest."""
    assert set(document()["x-stream-events"]) == set(STREAM_EVENTS)


def test_typescript_is_current() -> None:
    """The dashboard is built against the API as it is."""
    if not TARGET.exists():
        pytest.skip("the dashboard's sources are not here")

    assert TARGET.read_text() == generate(document()), "run python -m server.api.typescript"


def test_typescript_declares_every_name_it_uses() -> None:
    """No generated type refers to one that is missing."""
    text = generate(document())
    declared = set(re.findall(r"export (?:interface|type) (\w+)", text))
    used = set(re.findall(r"[:|\[(,] ?([A-Z]\w+)", re.sub(r"/\*\*.*?\*/|\"[^\"]*\"", "", text)))

    assert used - {"Record"} <= declared
    assert "points: [number, number | string][];" in text
    assert 'figure: "ledger" | "live";' in text


def test_check_mode_fails_on_a_file_that_is_not_current(tmp_path: Any) -> None:
    """Continuous integration sees a forgotten generation."""
    target = tmp_path / "api.gen.ts"
    command = [sys.executable, "-m", "server.api.typescript", "--target", str(target)]

    missing = subprocess.run([*command, "--check"], check=False, capture_output=True)
    subprocess.run(command, check=True)
    current = subprocess.run([*command, "--check"], check=False)

    assert missing.returncode == 1
    assert b"not current" in missing.stderr
    assert current.returncode == 0
