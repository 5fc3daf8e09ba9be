"""Records become rows at instants that are their own and can be true."""

from contract.batch import decode_batch, encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.records import ClockAnchor, Hole, Reading, Record, encode_record
from server.history.rows import CLOCK_SUSPECT, project

RX = 1_795_478_400_000
GATEWAY = GatewayId("gw-0001")


def rows(*records: Record, first: int = 1) -> list[tuple[int, dict[str, object]]]:
    """Project one batch; give instants and metrics."""
    body = encode_batch(GATEWAY, EpochId("000001abcd"), Lane.TELEMETRY, first, RX, [encode_record(r) for r in records])
    return [(row.t_ns, dict(row.metrics)) for row in project(decode_batch(body), RX).rows]


def test_position_stands_below_the_millisecond() -> None:
    """Two readings in one millisecond do not overwrite each other, and a hole keeps its positions."""
    projected = rows(
        Reading(d="cam-1", t=RX, m={"fps": 1}), Hole(n=5, why="shed"), Reading(d="cam-1", t=RX, m={"fps": 2}), first=10
    )

    assert projected == [(RX * 1_000_000 + 10, {"fps": 1}), (RX * 1_000_000 + 16, {"fps": 2})]


def test_position_never_spills_into_the_next_millisecond() -> None:
    """Positions wrap at a million."""
    assert rows(Reading(d="cam-1", t=RX, m={"fps": 1}), first=3_000_007) == [(RX * 1_000_000 + 7, {"fps": 1})]


def test_impossible_times_stand_at_the_time_of_receipt_and_are_marked() -> None:
    """A clock that was never set, or runs far ahead, must not put a reading where no one will look."""
    never_set = Reading(d="cam-1", t=0, m={"fps": 1})
    far_ahead = Reading(d="cam-1", t=RX + 86_400_001, m={"fps": 2})
    within_a_day = Reading(d="cam-1", t=RX + 86_400_000, m={"fps": 3})

    assert rows(never_set, far_ahead, within_a_day) == [
        (RX * 1_000_000 + 1, {"fps": 1, CLOCK_SUSPECT: True}),
        (RX * 1_000_000 + 2, {"fps": 2, CLOCK_SUSPECT: True}),
        ((RX + 86_400_000) * 1_000_000 + 3, {"fps": 3}),
    ]


def test_other_records_leave_no_row() -> None:
    """A clock anchor measures no device."""
    assert rows(ClockAnchor(boot="8f1c", mono=1, utc=RX, err=5)) == []
