"""Databases to test against: a fresh SQLite file, and a fresh database in one temporary PostgreSQL cluster."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from server.journal.database import Database, open_database
from tests.needed import need

BINARIES = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the address of a PostgreSQL cluster that lives as long as the tests."""
    need((BINARIES / "initdb").exists(), "PostgreSQL 15")
    folder = Path(tempfile.mkdtemp(prefix="anxiao-postgres-"))
    # PostgreSQL refuses to run as root.
    become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if become:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cluster = str(folder / "cluster")
    initdb = [str(BINARIES / "initdb"), "-D", cluster, "-A", "trust", "-U", "anxiao", "--no-sync"]
    subprocess.run([*become, *initdb], check=True, capture_output=True, cwd="/")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [*become, str(BINARIES / "pg_ctl"), "-D", cluster, "-w"]
    start = [*control, "-o", options, "-l", str(folder / "log"), "start"]
    subprocess.run(start, check=True, capture_output=True, cwd="/")
    try:
        yield f"postgresql://anxiao@127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_address(postgres_server: str) -> str:
    """Give the address of an empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return f"{postgres_server}/{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/server.db"
    return str(request.getfixturevalue("postgres_address"))


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    """Give an open, migrated database of each kind in turn."""
    database = open_database(address)
    yield database
    await database.close()
