"""Each planted bug is found by the promise it breaks: a judge that has never been seen red says nothing."""

from collections.abc import Iterator

import pytest
import structlog

from simulators.world.long import quiet
from simulators.world.world import World
from tests.simulators.planted import PLANTS, WORLDS_MAX, Plant

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """Keep what the shells say of troubles made on purpose out of the log."""
    quiet()
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.plant(monkeypatch)
    for seed in range(plant.first, plant.first + WORLDS_MAX):
        try:
            outcome = World(plant.plan(seed)).run()
        except AssertionError as error:
            assert plant.breaks in str(error)  # noqa: PT017  # The wheel itself says that time stands still.
            return
        if plant.breaks in outcome.invariants:
            return
    pytest.fail(f"{plant.breaks} held with {plant.name}")


ORDINARY = [plant for plant in PLANTS if "rate" not in plant.fixed]  # A slow line is late enough without any bug.


@pytest.mark.parametrize("plant", ORDINARY, ids=lambda plant: plant.name)
def test_the_same_world_is_good_without_the_bug(plant: Plant) -> None:
    assert not World(plant.plan(plant.first)).run().broken
