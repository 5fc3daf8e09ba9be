"""The demo's own small parts; that the whole comes up is tested with the whole line."""

import socket

from simulators.demo import LiveCount, count_live, free_port

METRICS = """# HELP anxiao_schools Schools by what is known of their gateway.
# TYPE anxiao_schools gauge
anxiao_schools{liveness="live"} 7.0
anxiao_schools{liveness="suspect"} 1.0
anxiao_schools{liveness="offline"} 0.0
anxiao_schools{liveness="unknown"} 2.0
"""


def test_live_schools_are_read_from_the_metrics_and_unknown_ones_are_not_live() -> None:
    assert count_live(METRICS) == LiveCount(live=7, schools=10)


def test_no_metrics_are_no_schools() -> None:
    assert count_live("") == LiveCount()


def test_a_port_in_use_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
