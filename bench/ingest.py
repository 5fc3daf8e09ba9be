"""Readings per second and processor time per reading: our server beside a bare paho loop, in one run on one machine.

    python -m bench.ingest                        everything, medians of three
    python -m bench.ingest --per-message 20 --store influx1 --runs 5
    python -m bench.ingest --profile              where our server's time goes, by py-spy

A reading is one record of a device with three metrics. Both sides get the very same bytes from the same broker and write the
same points into the same kind of store, started afresh for each run; what has arrived is counted in the store. Rate is from
the first message to the last acknowledged write; processor time is of the measured process alone, all its threads.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil  # type: ignore[import-untyped]  # It comes without types.

from bench.ingest_load import prepare
from scripts.servers import INFLUXD, MOSQUITTO, VICTORIA, Server, running

MESSAGES = {1: 150_000, 20: 30_000}
STORES = ("influx1", "victoria", "duckdb")
SIDES = ("bare", "ours", "engine")  # The bare loop; door, host, journal and history; the same with the engine told of all.
LIMIT_SECONDS = 300
WRITE_PATHS = {"influx1": "/write?db=anxiao&precision=ns", "victoria": "/api/v2/write?precision=ns"}


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one side."""

    side: str
    store: str
    per_message: int
    rate: float
    cpu_us: float
    broker_cpu_us: float
    store_cpu_us: float


def main() -> None:
    """Run what was asked for and print medians, spreads and ratios."""
    given = _arguments()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="anxiao-bench-") as temporary:
        folder = Path(temporary)
        for per_message in given.per_message:
            load = folder / f"load-{per_message}"
            messages = int(MESSAGES.get(per_message, 20_000) * given.scale)
            size = prepare(load, messages, per_message)
            print(f"# {messages} messages of {per_message} readings, {size} bytes each on the wire", flush=True)
            for run in range(given.runs):
                for store in given.store:
                    for side in SIDES:  # Alternating, so that what drifts on the machine meets both.
                        if side in given.side and (side, store) != ("bare", "duckdb"):
                            place = folder / f"{side}-{store}-{per_message}-{run}"
                            result = measure(side, store, per_message, messages, load, place, given.profile)
                            results.append(result)
                            print(f"{result}", flush=True)
    report(results)
    if given.out:
        given.out.write_text("".join(json.dumps({f: getattr(r, f) for f in Result.__slots__}) + "\n" for r in results))


def measure(side: str, store: str, per_message: int, messages: int, load: Path, folder: Path, profile: bool) -> Result:
    """Run one side once on servers of its own, and check that everything has arrived."""
    folder.mkdir()
    expected = messages * per_message
    progress = folder / "progress"
    progress.write_bytes(bytes(8))
    with running(MOSQUITTO, folder / "broker") as broker:
        database = _open(store, folder / "store")
        consumer: subprocess.Popen[str] | None = None
        try:
            address = database.url if database else str(folder / "store")
            module = "bench.ingest_bare" if side == "bare" else "bench.ingest_ours"
            command = [sys.executable, "-m", module, str(broker.port)]
            command += [address, WRITE_PATHS[store]] if side == "bare" else [store, address]
            command += [str(progress), str(expected), *(["engine"] if side == "engine" else [])]
            consumer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert consumer.stdin is not None
            _line(consumer)
            profiler = _profiler(consumer.pid, folder) if profile and side != "bare" else None
            before = [_cpu(pid) for pid in (consumer.pid, broker.pid, database.pid if database else 0)]
            begun = time.time()
            sender = [sys.executable, "-m", "bench.ingest_load", str(load), str(broker.port), str(progress)]
            with subprocess.Popen(sender) as publisher:
                done = _line(consumer)
                assert publisher.wait() == 0
            after = [_cpu(pid) for pid in (consumer.pid, broker.pid, database.pid if database else 0)]
            if profiler is not None:
                profiler.wait()
                _print_profile(folder / "profile.txt")
            consumer.stdin.close()
            assert consumer.wait(60) == 0
            arrived = _count(store, database, folder / "store")
        finally:
            if consumer is not None and consumer.poll() is None:
                consumer.kill()
            if database is not None:
                database.stop()
    assert arrived == expected, f"{side} into {store}: {arrived} of {expected} readings arrived"
    cpu = [(late - early) * 1e6 / expected for early, late in zip(before, after, strict=True)]
    return Result(side, store, per_message, expected / (done["at"] - begun), *cpu)


def report(results: list[Result]) -> None:
    """Print medians with their spread, and our ratio to the bare loop into the same store."""
    print(f"\n# {machine()}")
    print("| store | per message | side | readings/s | spread | µs cpu/reading | broker µs | store µs |")
    print("|---|---|---|---|---|---|---|---|")
    medians: dict[tuple[str, int, str], tuple[float, float]] = {}
    for key in dict.fromkeys((result.store, result.per_message, result.side) for result in results):
        of = [result for result in results if (result.store, result.per_message, result.side) == key]
        rates = [result.rate for result in of]
        rate, cpu = statistics.median(rates), statistics.median(result.cpu_us for result in of)
        broker = statistics.median(result.broker_cpu_us for result in of)
        stored = statistics.median(result.store_cpu_us for result in of)
        medians[key] = rate, cpu
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        print(f"| {key[0]} | {key[1]} | {key[2]} | {rate:,.0f} | {spread} | {cpu:.2f} | {broker:.2f} | {stored:.2f} |")
    for (store_name, readings, side), (our_rate, our_cpu) in medians.items():
        same = medians.get((store_name, readings, "bare"))
        bare = same or medians.get(("influx1", readings, "bare"))
        if side != "bare" and bare:
            against = "the bare loop" if same else "the bare loop into influx1"
            print(
                f"{side} into {store_name}, {readings} per message:"
                f" {our_rate / bare[0]:.2f} x the rate and {bare[1] / our_cpu:.2f} x the thrift of {against}"
            )


def machine() -> str:
    """Name what was measured on, and when."""
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{os.cpu_count()} cores {model}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}, commit {commit}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-message", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--store", nargs="+", choices=STORES, default=list(STORES))
    parser.add_argument("--side", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the messages, to try it out")
    parser.add_argument("--profile", action="store_true", help="run py-spy on our server")
    parser.add_argument("--out", type=Path, help="write every run as a JSON line")
    return parser.parse_args()


def _open(store: str, folder: Path) -> Server | None:
    if store == "duckdb":
        return None
    server = Server(INFLUXD if store == "influx1" else VICTORIA, folder)
    server.start()
    if store == "influx1":
        _fetch(f"{server.url}/query", {"q": 'CREATE DATABASE "anxiao"'})
    return server


def _count(store: str, database: Server | None, folder: Path) -> int:
    """Count the readings in the store by one of their metrics."""
    if database is None:
        with duckdb.connect(folder / "history.duckdb", read_only=True) as connection:
            query = "SELECT count(*) FROM readings JOIN metrics ON metric = id WHERE name = 'fps'"
            row = connection.execute(query).fetchone()
            return int(row[0]) if row else 0
    if store == "influx1":
        answer = _fetch(f"{database.url}/query", {"db": "anxiao", "q": 'SELECT count("fps") FROM reading'})
        return int(json.loads(answer)["results"][0]["series"][0]["values"][0][1])
    _fetch(f"{database.url}/internal/force_flush", None)
    lines = _fetch(f"{database.url}/api/v1/export?" + urllib.parse.urlencode({"match[]": "reading_fps"}), None).splitlines()
    return sum(len(json.loads(line)["values"]) for line in lines)


def _fetch(url: str, form: dict[str, str] | None) -> bytes:
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(url, body, LIMIT_SECONDS) as answer:
        return bytes(answer.read())


def _line(consumer: subprocess.Popen[str]) -> dict[str, float]:
    assert consumer.stdout is not None
    line = consumer.stdout.readline()
    assert line, "the consumer ended too early"
    read: dict[str, float] = json.loads(line)
    return read


def _cpu(pid: int) -> float:
    if not pid:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _profiler(pid: int, folder: Path) -> subprocess.Popen[bytes]:
    spy = Path(sys.executable).parent / "py-spy"
    command = [str(spy), "record", "--pid", str(pid), "--format", "raw", "--rate", "200", "--threads"]
    return subprocess.Popen(
        [*command, "--duration", "8", "--output", str(folder / "profile.txt")], stdout=subprocess.DEVNULL
    )


def _print_profile(path: Path) -> None:
    """Print the functions which hold the interpreter longest: by themselves, and with what they call."""
    own: dict[str, int] = {}
    total: dict[str, int] = {}
    for line in _lines(path):
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        own[frames[-1]] = own.get(frames[-1], 0) + int(count)
        for frame in set(frames):
            total[frame] = total.get(frame, 0) + int(count)
    samples = sum(own.values()) or 1
    for title, table in (("by itself", own), ("with what it calls", total)):
        print(f"\n# {title}, of {samples} samples")
        for frame, seen in sorted(table.items(), key=lambda item: -item[1])[:30]:
            print(f"{100 * seen / samples:5.1f} %  {frame}")


def _lines(path: str | Path) -> list[str]:
    return Path(path).read_text(errors="replace").splitlines()


if __name__ == "__main__":
    main()
