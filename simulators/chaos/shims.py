"""Small C libraries between a program and its system, compiled for the occasion and put before it by LD_PRELOAD."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from simulators.chaos.house import House

HERE = Path(__file__).parent


def lacks_compiler() -> str:
    """Name what is not there."""
    return "" if shutil.which("cc") else "a C compiler"


async def compile_shim(name: str, house: House) -> Path:
    """Compile one of ours into an installation's folder, readable by whoever runs its programs."""
    compiler = shutil.which("cc")
    assert compiler is not None
    library = house.folder / f"{name}.so"
    words = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / f"{name}.c"), "-ldl"]
    await asyncio.to_thread(subprocess.run, words, check=True)  # Our own words only.
    os.chmod(library, 0o755)  # noqa: PTH101, S103  # The database runs as somebody else.
    return library


def put_before(house: House, name: str, library: Path, settings: Mapping[str, str]) -> None:
    """Put a library before a program, from its next start on."""
    program = house.programs[name]
    program.environment = {**program.environment, "LD_PRELOAD": str(library), **settings}
