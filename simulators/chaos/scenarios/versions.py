"""A rolling upgrade: everything begins with the code of an earlier commit, and is brought to this one part by part."""

import asyncio
import io
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

from simulators.chaos.driver import Pace
from simulators.chaos.plan import ROOT, Plan, git
from simulators.chaos.process import Program
from simulators.chaos.stage import Stage, Usual

BEFORE = "fa42463"  # The last commit before several servers shared one database.
REST_SECONDS = 4.0


class Versions(Usual):
    """Upgrades the servers first, then the boxes; some boxes go back again."""

    name = "versions"
    label = f"rolling upgrade from {BEFORE}, boxes also back"
    pace = Pace(presses_per_second=3.0)
    seconds = 60.0
    _code: Path | None = None

    def lacks(self) -> str:
        """Name what is not there."""
        return "" if git("rev-parse", "--verify", f"{BEFORE}^{{commit}}") else f"commit {BEFORE}"

    def plan(self, plan: Plan) -> Plan:
        """Begin with the earlier code everywhere, and one server: the earlier code knew no second one."""
        self._code = self._code or _checked_out()
        return replace(plan, gateway_code=self._code, server_code=self._code, servers=1)

    async def play(self, stage: Stage, seconds: float) -> None:
        """Bring one program after the other to this code, and every second box back and forth."""
        house = stage.house
        boxes = list(house.gateways)
        steps = [(name, ROOT) for name in [*house.servers, *boxes]]
        for name in boxes[::2]:
            steps += [(name, house.plan.gateway_code), (name, ROOT)]
        rest = min(REST_SECONDS, seconds / len(steps))
        for name, code in steps:
            await stage.mischief.during("upgrade", name, lambda name=name, code=code: _bring(house.programs[name], code))  # type: ignore[misc]
            await asyncio.sleep(rest)


async def _bring(program: Program, code: Path) -> None:
    """Stop a program as an operator does, and start it with other code."""
    await program.stop()
    program.environment = {**program.environment, "PYTHONPATH": str(code)}
    program.directory = code
    await program.start()
    await program.ready()


def _checked_out() -> Path:
    """Put the earlier code into a folder that ends with the machine's temporary files."""
    archive = git("archive", BEFORE)
    folder = Path(tempfile.mkdtemp(prefix=f"anxiao-{BEFORE}-"))
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder


SCENARIO = Versions()
