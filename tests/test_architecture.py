"""The plan of the house, held by a test: who may import whom, which files are pure, and what never lands."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "contract": set[str](),
    "shell": {"contract"},
    "edge": {"contract", "shell"},
    "gateway": {"contract", "shell", "edge"},
    "server": {"contract", "shell"},
    "simulators": {"contract", "shell", "edge", "gateway", "server"},
}
PURE = [
    "contract",
    "gateway/node.py",
    "gateway/alarm_lane.py",
    "gateway/telemetry_lane.py",
    "gateway/replays.py",
    "gateway/commands.py",
    "gateway/lamps.py",
    "gateway/record_clock.py",
    "edge/reporting.py",
    *(f"server/ingest/{name}.py" for name in ("host", "heartbeats", "followed", "gateways", "shares", "signals", "sorting")),
    *(
        f"server/ingest/doors/sparkplug/{name}.py"
        for name in ("adapter", "address", "alarms", "effects", "feed", "model", "payload", "peer", "records", "session")
    ),
    "server/core",
    "server/commands/model.py",
    *(f"server/notify/{name}.py" for name in ("composing", "directory", "model", "plan", "rings", "timing", "words")),
    *(
        f"server/evidence/{name}.py"
        for name in ("bundle", "holding", "manifest", "model", "page", "sniffing", "timeline", "trace", "words", "zipping")
    ),
    "server/police/lifecycle.py",
    *(
        f"server/channels/{name}.py"
        for name in ("cap_message", "contact_id", "dc09_frame", "gb28181_message", "safe_xml", "sip_message")
    ),
    *(f"server/gaps/{name}.py" for name in ("cells", "lifecycle", "model", "rates", "sampling", "then", "visits")),
    *(
        f"server/registry/{name}.py"
        for name in ("changes", "departments", "dossier", "escalations", "model", "numbers", "outside", "record", "sheet")
    ),
    "server/registry/sheets",
    "server/whatif/model.py",
    "server/whatif/replay.py",
]
IMPURE_MODULES = {
    "asyncio", "socket", "time", "random", "secrets", "logging", "structlog", "os", "pathlib", "threading", "subprocess",
    "aiomqtt", "httpx", "sqlalchemy", "duckdb", "fastapi", "starlette", "uuid",
}  # fmt: skip
PURE_EXCEPTIONS = {
    ("contract/identity.py", "uuid"),  # Parses and formats UUIDs; never draws one.
}


def sources(package: str) -> list[Path]:
    """List the Python files below a package, or the one file named."""
    path = ROOT / package
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """List the top-level modules a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_down(package: str) -> None:
    """Contract knows nobody, edge knows contract, gateway and server never meet except on the wire."""
    for path in sources(package):
        ours = imports(path) & set(ALLOWED) - {package}

        assert ours <= ALLOWED[package], f"{path.relative_to(ROOT)} imports {ours - ALLOWED[package]}"


@pytest.mark.parametrize("place", PURE)
def test_cores_are_pure(place: str) -> None:
    """A core has no async, no files, no sockets, no clock, no randomness and no logging."""
    for path in sources(place):
        name = str(path.relative_to(ROOT))
        impure = {module for module in imports(path) & IMPURE_MODULES if (name, module) not in PURE_EXCEPTIONS}
        asynchronous = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.AsyncFunctionDef)]
        if path.name in ("model.py", "agent.py"):
            asynchronous = []

        assert not impure, f"{name} imports {impure}"
        assert not asynchronous, f"{name} is a core and must not be async"


def test_each_registry_lists_its_folder() -> None:
    """A kind, rule or indicator that stands in the folder is also in the registry: no part is forgotten in silence."""
    for folder in ("contract/kinds", "server/core/rules", "server/core/indicators"):
        listed = (ROOT / folder / "__init__.py").read_text()
        for path in sorted((ROOT / folder).glob("*.py")):
            if path.stem != "__init__":
                assert re.search(rf"\b{path.stem}\b", listed), (
                    f"{path.relative_to(ROOT)} is not listed in {folder}/__init__.py"
                )


def test_tree_is_clean_to_carry_on() -> None:
    """No machine path, no download address in a lock, and nothing built is in the tree."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not files:
        pytest.skip("not a git checkout")
    assert not [name for name in files if name.startswith(("server/api/static/", "var/"))]
    for name in (
        "requirements.lock",
        "requirements-node.lock",
        "dashboard/package-lock.json",
        "tests/sparkplug/edge/package-lock.json",
    ):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text, f"{name} holds download addresses"
        assert "://" not in re.sub(r'"(url|funding)": "[^"]*"', "", text), f"{name} holds an address"
