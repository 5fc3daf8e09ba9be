"""What our ingest is measured against: paho, line protocol and one POST for many lines, and nothing else.

No validation, no duplicates found, no gaps, no journal, no receipts, no alarms: what dies in memory is lost. It is written
as well as we can: typed msgspec decoding, one line for each record, a thread of its own for the POST, a kept connection.
"""

import http.client
import json
import mmap
import queue
import sys
import threading
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

LINES_PER_WRITE = 5_000


class Record(msgspec.Struct):
    """One record of a batch."""

    d: str
    t: int
    m: dict[str, float | bool | str | None]


class Message(msgspec.Struct):
    """One batch."""

    g: str
    r: list[Record]


class Bare:
    """The whole of it."""

    def __init__(self, url: str, path: str, progress: Path, expected: int) -> None:
        self._decoder = msgspec.json.Decoder(Message)
        self._lines: list[str] = []
        self._bodies: queue.Queue[list[str]] = queue.Queue(maxsize=4)
        self._address = urlsplit(url)
        self._path = path
        self._expected = expected
        self._received = 0
        self._file = progress.open("r+b")
        self._counted = memoryview(mmap.mmap(self._file.fileno(), 8)).cast("Q")
        self.written = 0
        self.done = threading.Event()

    def on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        """Turn a batch into lines."""
        payload = message.payload
        if payload[0] == 0x78:
            payload = zlib.decompress(payload)
        batch = self._decoder.decode(payload)
        lines = self._lines
        gateway = batch.g
        for record in batch.r:
            fields = ",".join([f"{name}={float(value)}" for name, value in record.m.items()])  # type: ignore[arg-type]
            lines.append(f"reading,device={record.d},gateway={gateway} {fields} {record.t}000000")
        self._received += len(batch.r)
        self._counted[0] += 1
        if len(lines) >= LINES_PER_WRITE or self._received >= self._expected:
            self._bodies.put(lines)
            self._lines = []

    def write(self) -> None:
        """Post bodies until everything expected is written."""
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port)
        while self.written < self._expected:
            lines = self._bodies.get()
            connection.request("POST", self._path, "\n".join(lines).encode())
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 204, text
            self.written += len(lines)
        self.done.set()


def main() -> None:
    """Consume until `expected` readings are written; tell when ready and when done, with the processor time spent."""
    port, url, path, progress, expected = sys.argv[1:]
    bare = Bare(url, path, Path(progress), int(expected))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.on_message = bare.on_message
    client.on_subscribe = lambda *_: print(json.dumps({"ready": True}), flush=True)
    client.connect("127.0.0.1", int(port))
    client.subscribe("cs1/+/up/t", qos=1)
    threading.Thread(target=bare.write, daemon=True).start()
    client.loop_start()
    bare.done.wait()
    print(json.dumps({"written": bare.written, "at": time.time()}), flush=True)
    sys.stdin.read()  # The one who started us takes the processor time, then ends us.


if __name__ == "__main__":
    main()
