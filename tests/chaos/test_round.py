"""Short rounds with real processes: a planted bug at either end turns the checker red."""

import os
import tempfile
from pathlib import Path

import pytest

from simulators.chaos.house import lacking, make_template
from simulators.chaos.ledger import Ledger
from simulators.chaos.plan import Plan
from simulators.chaos.report import report
from simulators.chaos.rounds import Order, Row, play_round
from simulators.chaos.scenarios import SCENARIOS
from tests.needed import need

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.influx, pytest.mark.timeout(240)]

SECONDS = 5.0
HERE = Path(__file__).resolve().parent


async def play(folder: Path, plan: Plan) -> Row:
    """Play a few seconds in which no program is killed: the bug alone must be enough."""
    need(not lacking(), ", ".join(lacking()))
    os.chmod(folder, 0o755)  # noqa: PTH101  # PostgreSQL's own user must find it; pytest's folders are closed to others.
    template = await make_template(folder / "template", plan)
    (folder / "round").mkdir()
    order = Order(1, SCENARIOS["doubles"], 7, SECONDS, plan, "test", settle_seconds=0.0)
    return await play_round(order, template, folder / "round")


@pytest.mark.parametrize(
    "plan",
    [
        Plan(gateways=2, servers=1, gateway_program=str(HERE / "broken_gateway.py")),
        Plan(gateways=2, servers=1, server_program=str(HERE / "broken_server.py")),
    ],
    ids=["gateway", "server"],
)
async def test_a_planted_bug_is_found(plan: Plan) -> None:
    with tempfile.TemporaryDirectory(prefix="anxiao-chaos-") as folder:
        row = await play(Path(folder), plan)

    assert any("LOST" in what for what in row.broken), row.broken


def test_a_ledger_goes_on_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    row = Row(
        1, "storm", 7, 0.0, 90.0, "abc", {"kill gateway": 3, "freeze server": 1}, {"none": [(5, 0)]}, [], {"presses": 4}
    )
    Ledger(path).append(row)
    path.write_bytes(path.read_bytes() + b'{"number":2,"scen')

    again = Ledger(path)
    again.append(row)

    assert Ledger(path).rows == [row, row]
    assert again.hits == 6
    assert "| storm | 2 | 8 | 6 | 2 | 0 |" in report(again.rows)
