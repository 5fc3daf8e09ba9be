"""Gathers the readings of a school around its presses out of raw batches, and says honestly what they do not tell. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from contract.batch import BadRecord, decode_batch
from contract.errors import Refused
from contract.records import Hole, Reading
from server.core.alert import Alert
from server.evidence.model import AROUND_MS, Point, Quiet, Series, Trace, TraceDevice
from server.journal.model import JournaledBatch

SPANS_MAX = 12  # Of presses far apart; those close together share one. Beyond it the middle ones are left out, and counted.
SPAN_MS_MAX = 3_600_000  # Of one span; where presses go on without a pause, the next one begins at its end.
DEVICES_MAX = 300  # Of a school; the largest have some eighty.
POINTS_MAX = 20_000  # Of one trace: five minutes of eighty devices have a tenth of it.
SILENCE_MS = 120_000  # Without one reading of any of its devices, a gateway was not heard.
CAMERAS = frozenset({"camera", "kitchen_camera"})
BLIND_PICTURES = frozenset({"signal_loss", "black", "white", "freeze", "covered", "moved"})


def spans_of(alert: Alert) -> tuple[list[tuple[int, int]], int]:
    """Give the stretches around the presses of an alert by the school's clock, joined where they touch, and how many not.

    An alert without presses has one around its beginning.
    """
    moments = sorted(round(press.t * 1_000) for press in alert.presses) or [round(alert.t * 1_000)]
    joined: list[tuple[int, int]] = []
    for moment in moments:
        start, end = moment - AROUND_MS, moment + AROUND_MS
        if joined and start <= joined[-1][1]:
            first, last = joined[-1]
            if end - first <= SPAN_MS_MAX:
                joined[-1] = (first, max(last, end))
            else:
                joined.append((last, end))
        else:
            joined.append((start, end))
    middle = len(joined) - SPANS_MAX
    if middle <= 0:
        return joined, 0
    half = SPANS_MAX // 2
    return [*joined[:half], *joined[half + middle :]], middle


@dataclass
class Gathering:
    """Takes batches of the school's gateways, in any order, and gives the trace."""

    spans: Sequence[tuple[int, int]]
    devices: Sequence[TraceDevice]
    _found: dict[tuple[str, str, str], list[Point]] = field(default_factory=dict)
    _heard: dict[str, set[int]] = field(default_factory=dict)
    _quiet: list[Quiet] = field(default_factory=list)
    _points: int = 0
    _left_out: int = 0

    def add(self, batch: JournaledBatch) -> None:
        """Take what a batch says of the spans."""
        gateway = batch.gateway
        try:
            decoded = decode_batch(batch.body)
        except Refused as refusal:  # It was readable when it was stored: that the journal is damaged is told too.
            self._quiet.append(Quiet(gateway, "", batch.rx_ms, batch.rx_ms, "unreadable", refusal.detail))
            return
        position = batch.first_position
        for record in decoded.records:
            if position + record.positions() > batch.new_from and not isinstance(record, BadRecord):
                if isinstance(record, Reading):
                    self._reading(gateway, record, batch.rx_ms)
                elif isinstance(record, Hole):
                    self._hole(gateway, record, batch.rx_ms)
            position += record.positions()

    def trace(self, alert: Alert, *, taken: int, source: str, spans_left_out: int, cut: bool) -> Trace:
        """Give the trace; `cut` says that not all batches could be read."""
        known = self.devices[:DEVICES_MAX]
        series = [
            Series(*key, sorted(points, key=lambda point: (point[0], point[1])))
            for key, points in sorted(self._found.items())
        ]
        quiet = [*self._quiet, *self._silences(taken), *self._unheard(known), *_blind(series, known, self.spans)]
        whole = not (self._left_out or cut or spans_left_out or len(self.devices) > DEVICES_MAX)
        return Trace(
            source=source,
            taken=taken,
            presses=alert.press_count,
            spans=list(self.spans),
            spans_left_out=spans_left_out,
            devices=list(known),
            devices_left_out=len(self.devices) - len(known),
            series=series,
            points_left_out=self._left_out,
            quiet=sorted(quiet, key=lambda one: (one.start, one.gateway, one.device, one.why)),
            whole=whole and bool(source) and not any(one.why in ("silent", "hole", "unreadable") for one in quiet),
        )

    def _reading(self, gateway: str, record: Reading, rx_ms: int) -> None:
        if not any(start <= record.t <= end for start, end in self.spans):
            return
        self._heard.setdefault(gateway, set()).add(record.t)
        for metric, value in record.m.items():
            if self._points >= POINTS_MAX:
                self._left_out += 1
                continue
            self._points += 1
            self._found.setdefault((gateway, record.d, metric), []).append((record.t, rx_ms, record.q, value))

    def _hole(self, gateway: str, record: Hole, rx_ms: int) -> None:
        start, end = (record.t0, record.t1) if record.t1 else (rx_ms, rx_ms)
        if any(start <= last and first <= end for first, last in self.spans):
            self._quiet.append(Quiet(gateway, "", start, end, "hole", f"{record.why} {record.n}"))

    def _silences(self, taken: int) -> Iterable[Quiet]:
        """Find where a gateway told nothing at all for longer than when it works; nothing of what is to come."""
        for gateway in sorted({device.gateway for device in self.devices}):
            heard = self._heard.get(gateway, set())
            for start, over in self.spans:
                end = min(over, max(start, taken))
                marks = [start, *sorted(at for at in heard if start <= at <= end), end]
                for before, after in pairwise(marks):
                    if after - before > SILENCE_MS:
                        yield Quiet(gateway, "", before, after, "silent")

    def _unheard(self, known: Iterable[TraceDevice]) -> Iterable[Quiet]:
        told = {
            (gateway, device, span)
            for (gateway, device, _), points in self._found.items()
            for span in self.spans
            if any(span[0] <= point[0] <= span[1] for point in points)
        }
        for device in known:
            for span in self.spans:
                if (device.gateway, device.device, span) not in told:
                    yield Quiet(device.gateway, device.device, *span, "no_reading")


def _blind(series: Sequence[Series], devices: Iterable[TraceDevice], spans: Sequence[tuple[int, int]]) -> Iterable[Quiet]:
    """Find where a camera saw nothing, as its own readings say; before its first one nothing is known."""
    cameras = {(device.gateway, device.device) for device in devices if device.kind in CAMERAS}
    told: dict[tuple[str, str], list[tuple[int, str, object]]] = {}
    for one in series:
        if (one.gateway, one.device) in cameras and one.metric in ("online", "stream", "picture"):
            told.setdefault((one.gateway, one.device), []).extend((at, one.metric, value) for at, _, _, value in one.points)
    for (gateway, device), changes in sorted(told.items()):
        for start, end in spans:
            state: dict[str, object] = {}
            since, why = start, ""
            within = sorted((one for one in changes if start <= one[0] <= end), key=_instant)
            for at, together in groupby(within, key=_instant):
                state |= {metric: value for _, metric, value in together}
                now = _why_blind(state)
                if now != why:
                    if why:
                        yield Quiet(gateway, device, since, at, "blind", why)
                    since, why = at, now
            if why:
                yield Quiet(gateway, device, since, end, "blind", why)


def _instant(change: tuple[int, str, object]) -> int:
    return change[0]


def _why_blind(state: dict[str, object]) -> str:
    if state.get("online") is False:
        return "offline"
    if state.get("stream") is False:
        return "no_stream"
    picture = state.get("picture")
    return picture if isinstance(picture, str) and picture in BLIND_PICTURES else ""
