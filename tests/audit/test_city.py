"""The real programs: a small city lives for some seconds, is stopped, audited, tampered with, and rebuilt, by commands."""

import asyncio
import json
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from scripts.servers import MOSQUITTO, Server, free_port
from tests.needed import serve

ROOT = Path(__file__).parent.parent.parent
SECONDS_MAX = 60.0
READINGS = 50  # Until so many have been applied, the city lives.


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run Mosquitto."""
    yield from serve(MOSQUITTO, tmp_path_factory.mktemp("mosquitto"))


@asynccontextmanager
async def program(folder: Path, name: str, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one of our programs; it is told to stop as an operator does."""
    with (folder / f"{name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", *command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def command(*words: str) -> tuple[int, str, str]:
    """Run one command of the server; gives its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.app", *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def until_lived(port: int) -> None:
    """Wait until the city has told something of every kind."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(SECONDS_MAX):
        while True:
            try:
                text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
                counted = {line.split(" ")[0]: float(line.split(" ")[1]) for line in text.splitlines() if line[0] != "#"}
                alarms = counted.get('anxiao_ingest_total{what="received_alarm"}', 0)
                if counted.get('anxiao_ingest_total{what="readings"}', 0) >= READINGS and alarms >= 3:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)


def password(logins: Path) -> str:
    """Give the drawn password of the administrator."""
    return dict(row.split("\t")[:2] for row in logins.read_text().splitlines() if row)["admin"]


async def audited_by_api(port: int, password: str) -> dict[str, Any]:
    """Let the running server audit itself, as an administrator asks it to."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        me = await client.post("/api/v1/login", json={"username": "admin", "password": password})
        started = await client.post(
            "/api/v1/audits", json={}, headers={"X-CSRF-Token": me.raise_for_status().json()["csrf"]}
        )
        run = started.raise_for_status().json()["id"]
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                report = (await client.get(f"/api/v1/audits/{run}")).raise_for_status().json()
                if report["state"] != "running":
                    return dict(report)
                await asyncio.sleep(0.2)


@pytest.mark.broker
@pytest.mark.timeout(300)
async def test_a_city_is_audited_tampered_with_and_rebuilt(broker: Server, tmp_path: Path) -> None:
    port = free_port()
    place, address = tmp_path / "server", f"mqtt://127.0.0.1:{broker.port}"
    roster = str(tmp_path / "roster.json")
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.app", "roster", "--sites", "5", "--out", roster, cwd=ROOT
    )
    assert await made.wait() == 0
    run = ("server.app", "run", "--folder", str(place), "--port", str(port), "--broker", address, "--roster", roster)
    city = ("simulators.app", "city", "--broker", address, "--roster", roster, "--sites", "5", "--spread", "0")
    beside = ("--folder", str(tmp_path / "boxes"), "--page-port", str(free_port()), "--press-rate", "120")
    async with program(tmp_path, "server", *run, "--demo-logins", str(tmp_path / "logins.txt")):
        async with program(tmp_path, "city", *city, *beside):
            await until_lived(port)
            report = await audited_by_api(port, password(tmp_path / "logins.txt"))
            assert report["state"] == "ended", report
            assert report["run"]["passed"], report
            assert {check["name"] for check in report["checks"]} >= {"alarms", "history", "archive"}
        code, _, said = await command("audit", "--folder", str(place))
        assert (code, said.count("\n")) == (2, 1)
        assert "The server is running" in said

    code, out, said = await command("audit", "--folder", str(place), "--json")
    assert code == 0, out + said
    report = json.loads(out)
    assert report["passed"]
    compared = {check["name"]: check["compared"] for check in report["checks"]}
    assert compared["alarms"] >= 3
    assert compared["history"] >= READINGS

    database = sqlite3.connect(place / "anxiao.db", isolation_level=None)
    assert database.execute("delete from alarm_event where kind = 'press'").rowcount > 0
    database.execute("update cursor set position = position + 1")
    database.close()
    history = duckdb.connect(place / "history.duckdb")
    history.execute("update readings set value = value + 1 where t = (select max(t) from readings)")
    history.close()
    code, out, _ = await command("audit", "--folder", str(place))
    assert code == 1, out
    assert {line.split()[0] for line in out.splitlines() if "DIFFERENT" in line} >= {"alarms", "positions", "history"}

    assert (await command("rebuild", "--folder", str(place)))[0] == 2
    code, out, said = await command("rebuild", "--history", "--state", "--folder", str(place))
    assert code == 0, said
    code, out, said = await command("audit", "--folder", str(place))
    assert code == 0, out + said
