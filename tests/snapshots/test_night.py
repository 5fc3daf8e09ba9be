"""A day is frozen at its turn, a missed night when we are back; judged anew from the journal it says the same."""

import asyncio
from datetime import date

import pytest

from contract.errors import StorageError
from server.registry.changes import Edit
from server.registry.model import SchoolKind
from server.snapshots.frozen import Frozen, FrozenDay, Pair
from server.snapshots.keeper import TRIES_MAX
from server.snapshots.past import Past
from server.snapshots.reasons import Reasons
from tests.audit.town import CITY, Town
from tests.snapshots.night import MIDNIGHT, MINUTE, TODAY, Night, coming, night_of, telling

KINDS = {school.id: school.kind for school in CITY.roster.schools}
GATEWAYS = sorted(CITY.roster.gateways, key=lambda one: KINDS[one.school] is not SchoolKind.KINDERGARTEN)
BOXES, SCHOOLS = [one.id for one in GATEWAYS], [one.school for one in GATEWAYS]  # The last one stays silent.


def of_kind(gateway: str, kind: str) -> str:
    return next(device.id for device in CITY.roster.devices if (device.gateway, device.kind) == (gateway, kind))


def judged(frozen: Frozen) -> dict[str, dict[str, Pair]]:
    day = FrozenDay(frozen)
    return {school: dict(day.verdicts(school)) for school in day.schools}


def differing(one: Frozen, other: Frozen) -> list[object]:
    ours, theirs = judged(one), judged(other)
    assert ours.keys() == theirs.keys()
    return [
        (school, ours[school][name], theirs[school][name])
        for school in ours
        for name in ours[school]
        if ours[school][name] != theirs[school].get(name)
    ]


async def an_evening(night: Night) -> None:
    """Let two of three schools tell what they have to."""
    for number, box in enumerate(BOXES[:2], 1):
        await night.send(
            box,
            telling("gw", night.town.now, cpu=1.0),
            coming(of_kind(box, "guard_post"), night.town.now, f"g{number}", number),
        )
    left = round((MIDNIGHT - night.town.now) / MINUTE)
    for minute in range(left):
        if minute % 10 == 0:
            for box in BOXES[:2]:
                post = of_kind(box, "guard_post")
                await night.send(box, telling(post, night.town.now, on_duty=1 if minute < 60 else 0))
        await night.minutes(1, BOXES[:2])


async def test_a_day_is_frozen_at_its_turn_as_the_engine_had_it(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    town.now = MIDNIGHT - 0.001
    night.tick()
    live = [dict(town.engine.verdicts(school.id)) for school in CITY.roster.schools]
    frozen = await night.turn()
    assert (frozen.day, frozen.source, frozen.notes) == (TODAY, "engine", [])
    assert 0 <= frozen.taken_ms / 1_000 - MIDNIGHT < 60
    then = [dict(FrozenDay(frozen).verdicts(school.id)) for school in CITY.roster.schools]
    assert [(n, a[n], b.get(n)) for a, b in zip(live, then, strict=True) for n in a if a[n] != b.get(n)] == []
    assert {pair[1].judgement.value for one in live for pair in one.values()} >= {"met", "unknown"}


async def test_judged_anew_from_the_journal_it_is_the_same_value_by_value(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    frozen = await night.turn()
    assert differing(await night.again(frozen), frozen) == []


async def test_a_missed_night_is_frozen_when_we_are_back_and_says_when(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    town.now = MIDNIGHT + 300.0
    await night.keeper.turn()
    await night.keeper.look()
    assert night.keeper.newest is None  # Neither the engine of now, nor the journal before its time.
    town.now = MIDNIGHT + 9 * 3_600
    await night.keeper.look()
    missed = await night.day(TODAY)
    assert (missed.source, missed.taken_ms) == ("journal", town.ms())
    assert missed.judged_ms < MIDNIGHT * 1_000
    kinds = {pair[1].judgement.value for school in judged(missed).values() for pair in school.values()}
    assert "met" in kinds
    await night.keeper.look()
    assert night.keeper.frozen == 1


async def test_what_happens_after_a_day_does_not_count_for_it(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    frozen = await night.turn()
    box = BOXES[2]
    await night.send(box, telling("gw", town.now, cpu=1.0), coming(of_kind(box, "guard_post"), town.now, "g9", 9))
    await night.edit(Edit("declaration", (SCHOOLS[1], "barrier")))
    town.now += 3_600
    assert differing(await night.known_now(TODAY), frozen) == []
    assert differing(await night.again(frozen), frozen) == []


async def test_what_comes_late_and_what_is_corrected_changes_the_day_as_it_is_known_now(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    frozen = await night.turn()
    box, then = BOXES[2], MIDNIGHT - 1_800
    town.now += 7_200
    post = of_kind(box, "guard_post")
    await night.send(box, telling("gw", then, cpu=1.0), coming(post, then, "g9", 9), telling(post, then, on_duty=1))
    await night.edit(Edit("declaration", (SCHOOLS[1], "barrier")), effective=date(2026, 11, 23))
    now = await night.known_now(TODAY)
    assert judged(now)[SCHOOLS[2]]["t4_guards_all"][1].judgement.value == "met"
    assert judged(now)[SCHOOLS[2]]["t4_guards_all"][1].proof_at == then
    assert judged(frozen)[SCHOOLS[2]]["t4_guards_all"][1].judgement.value == "unknown"
    assert judged(now)[SCHOOLS[1]]["t5_barrier"][0].reasons == ("barrier.undeclared",)
    assert differing(await night.again(frozen), frozen) == []


async def test_without_a_journal_no_live_verdict_is_given(town: Town) -> None:
    night = await night_of(town)
    now = await night.known_now(TODAY)
    assert now.notes == ["journal_gone"]
    lives = [pair[1] for school in judged(now).values() for pair in school.values()]
    assert lives
    assert {(one.judgement.value, one.reasons) for one in lives} == {("unknown", ("journal.gone",))}


async def test_a_day_that_cannot_be_judged_does_not_hold_up_the_next(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    night.judge.batches_max = 1
    town.now = MIDNIGHT + 86_400 - 60
    for _ in range(TRIES_MAX):
        with pytest.raises(StorageError, match="more than 1 batches"):
            await night.keeper.look()
    frozen = await night.turn_of(MIDNIGHT + 86_400)
    assert (frozen.day, frozen.source) == (TODAY + 1, "engine")
    assert await night.snapshots.head(TODAY) is None


async def test_a_server_that_does_not_lead_freezes_nothing(town: Town) -> None:
    night = await night_of(town, leads=False)
    await an_evening(night)
    town.now = MIDNIGHT + 0.5
    await night.keeper.turn()
    town.now = MIDNIGHT + 3_600
    await night.keeper.look()
    assert await night.snapshots.newest() is None


async def test_a_process_of_its_own_judges_the_same(town: Town) -> None:
    night = await night_of(town, until_midnight=600, own_process=True)
    await an_evening(night)
    frozen = await night.turn()
    past = Past(
        night.snapshots,
        night.judge,
        night.worker,
        Reasons(town.database),
        registry_sequence=lambda: night.registry.sequence,
        clock=lambda: town.now,
    )
    assert past.now(TODAY).state == "working"
    running = asyncio.create_task(past.run())
    async with asyncio.timeout(60):
        while past.now(TODAY).state == "working":  # noqa: ASYNC110  # It is asked as a browser asks.
            await asyncio.sleep(0.05)
    running.cancel()
    answer = past.now(TODAY)
    assert answer.day is not None, answer.detail
    assert differing(answer.day.frozen, frozen) == []
    then = await past.then(TODAY)
    assert then.day is not None
    assert then.day.frozen == frozen
    assert (await past.then(TODAY - 1)).state == "none"
