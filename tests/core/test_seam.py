"""The engine is what the API and the hub read."""

from server.api.seams import EngineLike
from server.core.engine import Engine
from tests.core.talking import talking


def test_the_engine_is_what_the_api_reads() -> None:
    engine: EngineLike = Engine()  # The types are the test; a drift of either side does not pass mypy.
    assert [indicator.name for indicator in engine.indicators][:2] == ["t1_networked", "t2_closed"]


def test_livenesses_name_each_gateway_and_the_devices_that_are_known() -> None:
    talk = talking()
    talk.heard(1)
    talk.read("cam-1", 2, online=True)
    known = list(talk.engine.livenesses())
    assert ("gw-0001", "", "live") in known
    assert ("gw-0001", "cam-1", "live") in known
    assert not [one for one in known if one[1] == "cam-2"]
