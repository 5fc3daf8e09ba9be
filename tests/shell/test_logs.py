"""What is written of a fault says where it was and not what was held there."""

import subprocess
import sys

FAULT = """
import structlog
from shell.logs import set_up_logs
set_up_logs("info")
def call(key):
    password = key + "-of-the-gateway"
    raise ValueError("broken")
try:
    call("top-secret")
except ValueError:
    structlog.get_logger("test").exception("failed")
"""


def test_trace_holds_no_values_of_variables() -> None:
    """A variable may be a key, a telephone number or a name."""
    written = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, check=True).stderr

    assert '"event": "failed"' in written
    assert "broken" in written
    assert "secret" not in written
