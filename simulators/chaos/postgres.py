"""A PostgreSQL cluster of our own: made once as a template, copied for each installation, run by an ordinary user."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import psycopg

from simulators.chaos.process import Program

BINARIES = Path("/usr/lib/postgresql/15/bin")
USER = "anxiao"
DATABASE = "anxiao"
SYSTEM_USER = "postgres"  # PostgreSQL refuses to run as root.
START_SECONDS = 30.0


def installed() -> bool:
    """Say whether PostgreSQL 15 is there."""
    return (BINARIES / "initdb").exists()


def address(port: int) -> str:
    """Give the database's address on a loopback port."""
    return f"postgresql://{USER}@127.0.0.1:{port}/{DATABASE}"


async def make_cluster(folder: Path) -> None:
    """Make an empty cluster."""
    give_away(folder)
    await _run(
        [str(BINARIES / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync"], folder
    )


def copy_cluster(template: Path, folder: Path) -> None:
    """Copy a cluster that is not running."""
    give_away(folder)
    shutil.copytree(template / "data", folder / "data", symlinks=True, dirs_exist_ok=True)
    own(folder / "data")


def program(folder: Path, port: int, logs: Path) -> Program:
    """Give the server; with its data synced as in production, because its disk can be told to fail."""

    async def accepts() -> bool:
        return await asyncio.to_thread(_connects, port)

    return Program(
        "postgres",
        (
            str(BINARIES / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
            "-c", f"unix_socket_directories={folder}", "-c", "max_connections=60", "-c", "logging_collector=off",
        ),
        logs,
        accepts,
        user=SYSTEM_USER if os.geteuid() == 0 else "",
        family=True,
    )  # fmt: skip


def make_database(port: int) -> None:
    """Make our database in a running cluster."""
    with psycopg.connect(f"postgresql://{USER}@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {DATABASE}".encode())


def give_away(folder: Path) -> None:
    """Make a folder that the server may use."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER, SYSTEM_USER)


def own(folder: Path) -> None:
    """Give the server's own files to its user."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)
    folder.chmod(0o700)


def _connects(port: int) -> bool:
    try:
        psycopg.connect(f"{address(port)}?connect_timeout=2").close()
    except psycopg.OperationalError:
        return False
    return True


async def _run(command: Sequence[str], folder: Path) -> None:
    become = ["runuser", "-u", SYSTEM_USER, "--"] if os.geteuid() == 0 else []
    process = await asyncio.create_subprocess_exec(
        *become, *command, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command[0]}: {errors.decode(errors='replace')[-500:]}")
