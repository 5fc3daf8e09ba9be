"""The load of the ingest benchmark: many gateways' telemetry batches, made beforehand, published as fast as they are taken.

Run as a process of its own it sends a prepared file over one bare socket, so that publishing costs next to nothing and the
measured side has the machine. It stays at most `AHEAD` messages ahead of what the consumer has counted, as real gateways do
by their receipts; nothing is ever dropped by a full queue.
"""

import mmap
import random
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from contract.batch import encode_batch
from contract.identity import DeviceId, EpochId, GatewayId, Lane
from contract.records import Reading, encode_record
from contract.topics import lane_topic

GATEWAYS = 200
DEVICES = 50  # For each gateway: 10,000 devices in all.
AHEAD = 4_000  # Messages sent and not yet counted by the consumer.
IN_FLIGHT = 1_000  # Messages sent and not yet acknowledged by the broker.
CHUNK = 200  # Messages to a system call.


def prepare(path: Path, messages: int, readings: int, seed: int = 1) -> int:
    """Write the packets of a whole run; gives the mean bytes of a payload."""
    random.seed(seed)
    start_ms = int(time.time() * 1_000) - 86_400_000
    total = 0
    with path.open("wb") as file:
        for number in range(messages):
            payload, gateway = telemetry_batch(number, readings, start_ms)
            total += len(payload)
            packet = _publish(lane_topic(gateway, Lane.TELEMETRY), payload, number % 65_535 + 1)
            file.write(struct.pack("<I", len(packet)) + packet)
    return total // messages


def telemetry_batch(number: int, readings: int, start_ms: int) -> tuple[bytes, GatewayId]:
    """Make one batch of camera readings; gives its bytes and its gateway."""
    gateway = GatewayId(f"gw-{number % GATEWAYS:04}")
    turn = number // GATEWAYS
    bodies = []
    for index in range(readings):
        count = turn * readings + index
        bodies.append(
            encode_record(
                Reading(
                    d=DeviceId(f"cam-{count % DEVICES:03}"),
                    t=start_ms + count * 37 + number % GATEWAYS,
                    m={
                        "fps": round(random.uniform(10, 25), 1),
                        "recording": random.random() < 0.99,
                        "picture_score": random.randrange(100),
                    },
                )
            )
        )
    return (
        encode_batch(gateway, EpochId("000001abcd"), Lane.TELEMETRY, turn * readings + 1, start_ms, bodies),
        gateway,
    )


def _publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    """Frame one MQTT 3.1.1 PUBLISH of QoS 1."""
    name = topic.encode()
    rest = struct.pack(">H", len(name)) + name + struct.pack(">H", packet_id) + payload
    return b"\x32" + _length(len(rest)) + rest


def _length(value: int) -> bytes:
    encoded = b""
    while True:
        value, digit = divmod(value, 128)
        encoded += bytes([digit | (0x80 if value else 0)])
        if not value:
            return encoded


def _packets(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, size = 0, len(data)
        while at < size:
            (length,) = struct.unpack_from("<I", data, at)
            yield data[at + 4 : at + 4 + length]
            at += 4 + length


def send(path: Path, port: int, progress: Path) -> None:
    """Publish everything to the broker on `port`, no faster than `progress` lets us."""
    with socket.create_connection(("127.0.0.1", port)) as peer, progress.open("r+b") as file:
        counted = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04load")
        assert peer.recv(4)[3] == 0, "the broker refused the load"
        sent = acknowledged = 0  # The latter in bytes: a PUBACK has four.
        chunk: list[bytes] = []
        for packet in _packets(path):
            chunk.append(packet)
            if len(chunk) < CHUNK:
                continue
            while sent + CHUNK - counted[0] > AHEAD:
                time.sleep(0.0005)  # Another process counts: there is nothing to await.
            while sent + CHUNK - acknowledged // 4 > IN_FLIGHT:
                acknowledged += len(peer.recv(65_536))
            peer.sendall(b"".join(chunk))
            sent += len(chunk)
            chunk.clear()
        peer.sendall(b"".join(chunk))
        sent += len(chunk)
        while acknowledged // 4 < sent:
            acknowledged += len(peer.recv(65_536))


if __name__ == "__main__":
    send(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
