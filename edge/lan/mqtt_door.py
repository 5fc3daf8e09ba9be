"""The MQTT door: devices publish `dev/{device}/{action}`; the PUBACK of a press comes after the disk.

A broker's PUBACK says only that the broker has the message, so this door is no broker: it keeps nothing, passes nothing on,
and acknowledges when the outbox has it. Devices that publish by QoS 0 hear the same on `ack/{device}`.
"""

import asyncio
import contextlib
import functools
import socket
from collections.abc import Callable, Sequence

import msgspec
import structlog

from contract.identity import DeviceId
from edge.lan import mqtt_packets as wire
from edge.lan.desk import BODY_BYTES_MAX, REPEAT, Answer, Desk, LanDevice, Outcome, PressBody
from edge.lan.guard import Guard

CONNECT_SECONDS_MAX = 5.0  # Who says nothing for so long has nothing to say.
PACKET_SECONDS_MAX = 10.0  # From a packet's first byte to its last.
KEEP_ALIVE_SECONDS_MAX = 600  # A client that asks for longer, or for none, is taken to mean this.
PACKET_BYTES_MAX = BODY_BYTES_MAX + 512  # A body and its topic. A longer packet is not even read: the door closes.
WRITE_BYTES_MAX = 65_536  # Waiting for a client that does not read; beyond it the door closes.

_log = structlog.get_logger()
_counter = msgspec.json.Decoder(PressBody)


class _ClosedError(Exception):
    """The connection is over; the message says why, "" for in good order."""


async def serve_mqtt(desk: Desk, guard: Guard, listening: socket.socket) -> None:
    """Serve the door on a bound socket until cancelled."""
    talking: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        address = peer[0] if peer else ""
        if not guard.enter(address):
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await _Conversation(desk, reader, writer).hold()
        except _ClosedError as reason:
            if str(reason):
                _log.info("lan_mqtt_closed", address=address, reason=str(reason))
        except (ConnectionError, TimeoutError) as error:
            _log.info("lan_mqtt_closed", address=address, reason=type(error).__name__)
        except Exception:  # noqa: BLE001  # The top of a long-running task: one device's trouble ends here.
            _log.exception("lan_mqtt_failed", address=address)
        finally:
            talking.discard(task)
            guard.leave(address)
            writer.close()

    server = await asyncio.start_server(meet, sock=listening, limit=PACKET_BYTES_MAX)
    try:
        async with server:
            await server.serve_forever()
    finally:
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


class _Conversation:
    """One connection from its connect to its end. One packet is dealt with before the next is read."""

    def __init__(self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._desk = desk
        self._reader = reader
        self._writer = writer
        self._hears = False  # Whether it subscribed to its acknowledgements.
        self._leaves: dict[str, Callable[[], None]] = {}  # topic -> how to stop what it subscribed to.

    async def hold(self) -> None:
        """Talk until the end, which is always an exception."""
        try:
            await self._talk()
        finally:
            for leave in self._leaves.values():
                leave()

    async def _talk(self) -> None:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            head = await self._byte()
            if head != wire.CONNECT_HEAD:
                raise _ClosedError(f"first byte {head:02x}; allowed: a connect")
            try:
                first = await self._rest(head)
            except wire.UnknownVersionError:
                await self._send(wire.connack(wire.BAD_VERSION))
                raise _ClosedError("unknown version") from None
        assert isinstance(first, wire.Connect)
        device = self._desk.recognise(first.user, first.password)
        if isinstance(device, Answer):
            await self._send(wire.connack(wire.BAD_CREDENTIALS))
            raise _ClosedError(device.detail)
        await self._send(wire.connack(wire.ACCEPTED))
        silence = 1.5 * min(first.keep_alive_seconds or KEEP_ALIVE_SECONDS_MAX, KEEP_ALIVE_SECONDS_MAX)
        while True:
            async with asyncio.timeout(silence) as patience:
                head = await self._byte()
                patience.reschedule(asyncio.get_running_loop().time() + PACKET_SECONDS_MAX)
                packet = await self._rest(head)
            await self._deal(device, packet)

    async def _deal(self, device: LanDevice, packet: wire.Packet) -> None:
        match packet:
            case wire.Publish():
                await self._take(device, packet)
            case wire.Subscribe():
                name = device.declared.id
                served = (f"ack/{name}", f"cmd/{name}", f"state/{name}")
                self._hears = self._hears or served[0] in packet.filters
                codes = [0 if asked in served else wire.SUBSCRIPTION_REFUSED for asked in packet.filters]
                await self._send(wire.suback(packet.packet, codes))
                self._listen(name, packet.filters)
            case wire.Unsubscribe():
                self._hears = self._hears and f"ack/{device.declared.id}" not in packet.filters
                for topic in packet.filters:
                    self._leaves.pop(topic, lambda: None)()
                await self._send(wire.unsuback(packet.packet))
            case wire.Ping():
                await self._send(wire.pingresp())
            case wire.Acknowledged():
                pass  # We publish by QoS 0; a client that acknowledges all the same does no harm.
            case wire.Disconnect():
                raise _ClosedError
            case wire.Connect():
                raise _ClosedError("a second connect")

    def _listen(self, name: DeviceId, topics: Sequence[str]) -> None:
        """Push orders and lamps to a device that asks for them."""
        postbox = self._desk.postbox
        for topic, hear in ((f"cmd/{name}", postbox.hear_orders), (f"state/{name}", postbox.hear_state)):
            if topic in topics and topic not in self._leaves:
                self._leaves[topic] = hear(name, functools.partial(self._push, topic))

    def _push(self, topic: str, body: bytes) -> None:
        """Write without waiting; a client that does not read loses it, and soon its connection."""
        if self._writer.transport.get_write_buffer_size() <= WRITE_BYTES_MAX:
            self._writer.write(wire.publish(topic, body))

    async def _take(self, device: LanDevice, packet: wire.Publish) -> None:
        name = device.declared.id
        root, _, rest = packet.topic.partition("/")
        told, _, action = rest.partition("/")
        if root != "dev" or told != name:
            answer = self._desk.refuse(Outcome.UNKNOWN_ACTION, f"topic {packet.topic[:60]!r}; allowed: dev/{name}/<action>")
        else:
            answer = await self._desk.take(device, action, packet.body)
        if self._hears:
            await self._send(wire.publish(f"ack/{name}", _acknowledgement(action, packet.body, answer)))
        if answer.outcome in REPEAT and packet.packet:
            raise _ClosedError(answer.outcome.value)  # Not acknowledged: the client connects anew and sends it again.
        if packet.packet:
            await self._send(wire.puback(packet.packet))

    async def _byte(self) -> int:
        try:
            return (await self._reader.readexactly(1))[0]
        except asyncio.IncompleteReadError:
            raise _ClosedError from None

    async def _rest(self, head: int) -> wire.Packet:
        try:
            digits = bytearray()
            while (length := wire.parse_length(bytes(digits))) is None:
                digits += await self._reader.readexactly(1)
            if length > PACKET_BYTES_MAX:
                self._desk.refuse(Outcome.TOO_LARGE, f"a packet of {length} bytes; allowed: {PACKET_BYTES_MAX}")
                raise _ClosedError(f"a packet of {length} bytes")
            return wire.parse(head, await self._reader.readexactly(length))
        except asyncio.IncompleteReadError:
            raise _ClosedError("gone within a packet") from None
        except wire.UnknownVersionError:
            raise
        except wire.MalformedError as error:
            self._desk.refuse(Outcome.BAD_BODY, str(error))
            raise _ClosedError(str(error)) from None

    async def _send(self, data: bytes) -> None:
        transport = self._writer.transport
        if transport.get_write_buffer_size() > WRITE_BYTES_MAX:
            raise _ClosedError("a client that does not read")
        self._writer.write(data)
        async with asyncio.timeout(PACKET_SECONDS_MAX):
            await self._writer.drain()


def _acknowledgement(action: str, body: bytes, answer: Answer) -> bytes:
    """Say on `ack/{device}` what became of a message, with the button's counter so that the device can match it."""
    told: dict[str, object] = {"ok": answer.accepted, "action": action}
    if answer.id:
        told["id"] = answer.id
    if not answer.accepted:
        told |= {"code": answer.outcome.value, "detail": answer.detail}
    if answer.order is not None:
        told["order"] = answer.order
    if action == "press":
        if answer.state is not None:
            told |= msgspec.to_builtins(answer.state)
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            counter = _counter.decode(body).n
            told |= {} if counter is None else {"n": counter}
    return msgspec.json.encode(told)
