"""What a ledger says, as a page of Markdown tables. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from simulators.chaos.latency import CALM, SEVERAL
from simulators.chaos.rounds import Row

LATE_MS = 1_000
NOTES = {
    "presses": "presses pushed",
    "readings": "numbered readings in the journal",
    "moves": "moves of an officer, answered with success and stored",
    "streams": "epochs and lanes whose positions join",
    "streams_broken": "times a screen lost its stream",
    "alarms_sent_again": "rounds of sending alarms again (since the last start of each box)",
    "readings_in_the_second_before_a_kill": "readings of the second before a kill of their box, declared to be at risk",
    "unsaved_tiles_gone_for_a_moment": "tiles marked not yet saved that a restarted server showed again only later",
    "told_first_by_a_heartbeat": "presses that a heartbeat told before their own batch",
    "pressed_once_told_twice_by_a_kill": "presses stored under two ids, their box killed while the button waited",
    "servers_that_ended_while_starting": "servers that gave up because their database died while they started",
    "readings_of_one_millisecond_told_as_one": "readings VictoriaMetrics tells as one with another of their millisecond",
    "positions_declared_lost": "positions that boxes declared lost",
    "readings_lost_and_declared": "readings lost where that was declared",
    "presses_lost_and_declared": "presses lost with a damaged outbox that said so",
}


def report(rows: Sequence[Row]) -> str:
    """Write the page's part."""
    if not rows:
        return "No rounds yet.\n"
    began = datetime.fromtimestamp(min(row.began for row in rows), UTC)
    commits = dict.fromkeys(row.commit for row in rows)
    broken = [row for row in rows if row.broken]
    hours = sum(row.seconds for row in rows) / 3_600
    hits = sum(row.hits for row in rows)
    lines = [
        (
            f"{began:%Y-%m-%d}, commit {', '.join(commits)}: {len(rows)} rounds in {hours:.1f} h,"
            f" **{hits:,} kills and cuts at random instants**, {len(broken)} rounds broke a promise."
        ),
        "",
        *_scenarios(rows),
        "",
        *_faults(rows),
        "",
        *_latencies(rows),
        "",
        *_notes(rows),
    ]
    for row in broken:
        lines += ["", f"Round {row.number} ({row.scenario}, seed {row.seed}): {'; '.join(row.broken)}"]
    return "\n".join(lines) + "\n"


def _scenarios(rows: Sequence[Row]) -> Iterable[str]:
    yield "| scenario | rounds | presses | kills and cuts | other faults | broke a promise |"
    yield "|---|---|---|---|---|---|"
    for name in dict.fromkeys(row.scenario for row in rows):
        mine = [row for row in rows if row.scenario == name]
        presses = sum(row.notes.get("presses", 0) for row in mine)
        hits = sum(row.hits for row in mine)
        others = sum(sum(row.faults.values()) for row in mine) - hits
        yield f"| {name} | {len(mine)} | {presses:,} | {hits:,} | {others:,} | {sum(bool(row.broken) for row in mine)} |"


def _faults(rows: Sequence[Row]) -> Iterable[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        counted.update(row.faults)
    by_kind: dict[str, list[str]] = defaultdict(list)
    for fault, number in sorted(counted.items()):
        kind, _, target = fault.rpartition(" ")
        by_kind[kind].append(f"{target} {number:,}")
    yield "| fault | of what, how often |"
    yield "|---|---|"
    for kind, targets in by_kind.items():
        yield f"| {kind} | {', '.join(targets)} |"


def _latencies(rows: Sequence[Row]) -> Iterable[str]:
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        for kind, found in row.latencies.items():
            pairs[kind] += found
    columns = " | ".join(f"{span}: p50 ms | p99 | max | over 1 s" for span in ("push to screen", "answer to screen"))
    yield f"| fault meanwhile | presses | {columns} |"
    yield "|---" * 10 + "|"
    kinds = sorted(pairs, key=lambda kind: (kind == SEVERAL, kind != CALM, kind))
    for kind in kinds:
        cells = [_figures([pair[place] for pair in pairs[kind]]) for place in (0, 1)]
        yield f"| {kind} | {len(pairs[kind]):,} | {' | '.join(cells)} |"


def _figures(values: list[int]) -> str:
    ordered = sorted(values)
    late = sum(value > LATE_MS for value in ordered)
    return f"{quantile(ordered, 0.5):,} | {quantile(ordered, 0.99):,} | {ordered[-1]:,} | {late:,}"


def quantile(ordered: Sequence[int], share: float) -> int:
    """Give the least value that so large a share of the values does not exceed."""
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def _notes(rows: Sequence[Row]) -> Iterable[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        counted.update(row.notes)
    yield "| counted over all rounds | |"
    yield "|---|---|"
    for name, words in NOTES.items():
        if counted[name]:
            yield f"| {words} | {counted[name]:,} |"
