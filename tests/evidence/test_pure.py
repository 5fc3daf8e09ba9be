"""The pure parts of evidence: one order of time, honest traces, files known by their bytes, proven bundles."""

import zipfile
from pathlib import Path

import pytest

from contract.batch import encode_batch
from contract.errors import ConfigurationError
from contract.identity import EpochId, GatewayId, Lane
from contract.records import Hole, Reading, Record, encode_record
from server.core.alert import Alert, Attached
from server.core.fact import Fact, What
from server.evidence.bundle import path_of
from server.evidence.exporting import make_bundle
from server.evidence.files import Files
from server.evidence.manifest import AuditHead
from server.evidence.model import AROUND_MS, Act, Attachment, Shelf, Trace, TraceDevice
from server.evidence.sniffing import is_text, sniff
from server.evidence.timeline import Dossier, Known, alert_of, timeline
from server.evidence.trace import POINTS_MAX, SPANS_MAX, Gathering, spans_of
from server.evidence.verifying import verify
from server.evidence.words import WHAT
from server.journal.model import JournaledBatch
from server.police.lifecycle import Effect, PoliceReceipt, PoliceState, Told
from tests.api.engine import press

AT = 990_000  # Of the press by the school's clock.
GATEWAY = GatewayId("gw-first")
CAMERA = TraceDevice(GATEWAY, "cam-1", "camera", "校门摄像机", "校门")
BUTTON = TraceDevice(GATEWAY, "button-1", "alarm_button", "", "")


def batch(*records: Record, rx_ms: int = AT + 500, new_from: int = 1) -> JournaledBatch:
    """Make a batch as the journal has it."""
    body = encode_batch(GATEWAY, EpochId("000001abcd"), Lane.TELEMETRY, 1, rx_ms, [encode_record(one) for one in records])
    return JournaledBatch(1, GATEWAY, EpochId("000001abcd"), Lane.TELEMETRY, 1, rx_ms, body, new_from)


def heard(every_ms: int = 60_000) -> list[Record]:
    """Give readings of the button over all the minutes."""
    return [Reading(d="button-1", t=at, m={"online": True}) for at in range(AT - AROUND_MS, AT + AROUND_MS + 1, every_ms)]


def gathered(*records: Record, devices: tuple[TraceDevice, ...] = (CAMERA, BUTTON), new_from: int = 1) -> Trace:
    """Gather a trace of one press out of one batch."""
    alert = press("a")
    spans, left_out = spans_of(alert)
    gathering = Gathering(spans, devices)
    gathering.add(batch(*records, new_from=new_from))
    return gathering.trace(alert, taken=2_000_000, source="journal", spans_left_out=left_out, cut=False)


def facts() -> list[Fact]:
    """Give the life of an incident of two presses, the second of which came late."""
    second = Attached("p-2", "button-2", 985.0, 1_200.0, "hold", stored=False, late=True)
    return [
        Fact(What.RAISED, 990.25, alert=press("a", history=())),
        Fact(What.STORED, 990.3, ref="p-1"),
        Fact(What.ACKNOWLEDGED, 995.0, by="police_liaison", role="police_liaison", note="看到了"),
        Fact(What.ESCALATED, 996.0, step=1),
        Fact(What.PRESSED, 1_200.0, press=second),
        Fact(What.CLEARED, 1_300.0, ref="p-1", t=1_000.0),
    ]


def dossier(files: tuple[Attachment, ...] = (), until_ms: int = 2_000_000) -> Dossier:
    """Give the evidence of that incident."""
    known = Known(facts(), acts=[Act("a", 1_500_000, "chief", "command_centre", "viewed")])
    entries, left_out = timeline(known, until_ms)
    alert = alert_of(known.facts)
    assert alert is not None
    return Dossier(
        alert=alert,
        until_ms=until_ms,
        facts=known.facts,
        known=known,
        entries=entries,
        entries_left_out=left_out,
        trace=gathered(*heard(), Reading(d="cam-1", t=AT, m={"fps": 25.0, "picture": "=good"})),
        frozen=True,
        files=files,
        hold=None,
    )


def test_timeline_has_one_order_with_both_clocks() -> None:
    """A late press stands where it happened, with the instant at which it was known beside it."""
    entries, left_out = timeline(Known(facts()), 2_000_000)

    assert left_out == 0
    assert [(entry.what, entry.t, entry.rx) for entry in entries] == [
        ("press", 985_000, 1_200_000),
        ("raised", 990_000, 990_250),
        ("press", 990_000, 990_250),
        ("stored", None, 990_300),
        ("acknowledged", None, 995_000),
        ("escalated", None, 996_000),
        ("cleared", 1_000_000, 1_300_000),
    ]
    assert entries[0].detail == {"device": "button-2", "press": "hold", "mode": "real", "late": "true"}
    assert (entries[4].by, entries[4].role, entries[4].note, entries[4].kind) == (
        "police_liaison",
        "police_liaison",
        "看到了",
        "act",
    )


def test_police_receipt_stands_where_it_came_with_source_time_and_reference() -> None:
    """Their clock, a day wrong, moves no line; a receipt that came after the instant is not there yet."""
    receipts = [
        PoliceReceipt(
            message="ab" * 16,
            alert="a",
            channel="centre",
            told=Told(state=state, at_ms=86_400_000, by="centre", reference="J-1", reason=reason, digest="d" * 64),
            effect=Effect.MOVED,
            rx_ms=rx_ms,
        )
        for state, reason, rx_ms in (
            (PoliceState.ACCEPTED, "", 992_000),
            (PoliceState.CLOSED, "误报", 1_100_000),
            (PoliceState.CLOSED, "", 1_250_000),
        )
    ]
    entries, _ = timeline(Known(facts(), police=receipts), 1_250_000)

    assert [entry.what for entry in entries][-5:] == [
        "stored",
        "police_accepted",
        "acknowledged",
        "escalated",
        "police_closed",
    ]
    told = [entry for entry in entries if entry.kind == "police"]
    assert [(one.what, one.t, one.rx, one.by, one.ref, one.note) for one in told] == [
        ("police_accepted", None, 992_000, "centre", "ab" * 16, ""),
        ("police_closed", None, 1_100_000, "centre", "ab" * 16, "误报"),
    ]
    assert told[0].detail == {
        "channel": "centre",
        "effect": "moved",
        "at": "86400000",
        "reference": "J-1",
        "sha256": "d" * 64,
    }
    assert all(f"police_{state.value}" in WHAT for state in PoliceState)


def test_timeline_of_an_instant_has_nothing_that_was_known_later() -> None:
    entries, _ = timeline(Known(facts()), 1_200_000)

    assert [entry.what for entry in entries] == ["raised", "press", "stored", "acknowledged", "escalated"]


def test_timeline_leaves_out_the_middle_and_says_so() -> None:
    acts = [Act("a", at, "chief", "", "viewed") for at in range(6_000)]
    entries, left_out = timeline(Known([], acts=acts), 10_000)

    assert (len(entries), left_out) == (5_000, 1_000)
    assert (entries[0].rx, entries[999].rx, entries[1_000].rx, entries[-1].rx) == (0, 999, 2_000, 5_999)


def test_spans_join_and_are_bounded() -> None:
    def at(*moments: float) -> Alert:
        return press("a", presses=tuple(Attached(str(t), "b", t, t, "short", stored=True, late=False) for t in moments))

    assert spans_of(at(990.0)) == ([(690_000, 1_290_000)], 0)
    assert spans_of(at(990.0, 1_100.0)) == ([(690_000, 1_400_000)], 0)
    spans, left_out = spans_of(at(*(t * 10_000.0 for t in range(1, 21))))
    assert (len(spans), left_out) == (SPANS_MAX, 8)
    spans, left_out = spans_of(at(*(t * 200.0 for t in range(1, 61))))
    assert left_out == 0
    assert all(end - start <= 3_600_000 for start, end in spans)
    assert [one[1] for one in spans[:-1]] == [one[0] for one in spans[1:]]  # Without a gap.


def test_trace_of_a_school_that_was_heard_is_whole() -> None:
    trace = gathered(
        *heard(), Reading(d="cam-1", t=AT, m={"fps": 25.0}), Reading(d="cam-1", t=AT - AROUND_MS - 1, m={"fps": 1})
    )

    assert trace.whole
    assert [(one.device, one.metric, len(one.points)) for one in trace.series] == [
        ("button-1", "online", 11),
        ("cam-1", "fps", 1),
    ]
    assert trace.series[1].points == [(AT, AT + 500, 3, 25.0)]
    assert trace.quiet == []


def test_trace_says_where_nothing_was_heard_or_was_lost() -> None:
    trace = gathered(*heard()[:4], Hole(n=7, why="shed", t0=AT, t1=AT + 1_000))

    told = {(one.device, one.why): (one.start, one.end, one.detail) for one in trace.quiet}
    assert told["", "silent"] == (AT - AROUND_MS + 180_000, AT + AROUND_MS, "")
    assert told["", "hole"] == (AT, AT + 1_000, "shed 7")
    assert told["cam-1", "no_reading"] == (AT - AROUND_MS, AT + AROUND_MS, "")
    assert not trace.whole


def test_trace_that_is_read_early_calls_nothing_silent_that_is_still_to_come() -> None:
    spans, _ = spans_of(press("a"))
    gathering = Gathering(spans, (BUTTON,))
    gathering.add(batch(*[one for one in heard() if isinstance(one, Reading) and one.t <= AT]))
    trace = gathering.trace(press("a"), taken=AT + 10_000, source="journal", spans_left_out=0, cut=False)

    assert trace.quiet == []


def test_trace_says_where_a_camera_was_blind() -> None:
    changes = [
        Reading(d="cam-1", t=AT - 60_000, m={"online": True, "picture": "good"}),
        Reading(d="cam-1", t=AT - 10_000, m={"picture": "covered"}),
        Reading(d="cam-1", t=AT + 20_000, m={"online": False}),
        Reading(d="cam-1", t=AT + 40_000, m={"online": True, "picture": "good"}),
    ]
    trace = gathered(*heard(), *changes)

    assert [(one.start - AT, one.end - AT, one.detail) for one in trace.quiet if one.why == "blind"] == [
        (-10_000, 20_000, "covered"),
        (20_000, 40_000, "offline"),
    ]


def test_trace_is_bounded_and_passes_over_what_an_earlier_batch_had() -> None:
    spans, left_out = spans_of(press("a"))
    gathering = Gathering(spans, (CAMERA,))
    for _ in range(POINTS_MAX // 1_000 + 1):
        gathering.add(batch(*(Reading(d="cam-1", t=AT, m={f"m{number}": 1 for number in range(20)}) for _ in range(50))))
    trace = gathering.trace(press("a"), taken=1, source="journal", spans_left_out=left_out, cut=False)
    assert (sum(len(one.points) for one in trace.series), trace.points_left_out) == (POINTS_MAX, 1_000)
    assert not trace.whole

    trace = gathered(Reading(d="cam-1", t=AT, m={"fps": 1}), Reading(d="cam-1", t=AT + 1, m={"fps": 2}), new_from=2)
    assert [point[3] for one in trace.series for point in one.points] == [2]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0JFIF", "photo"),
        (b"\x89PNG\r\n\x1a\n", "photo"),
        (b"RIFF\x00\x00\x00\x00WEBP", "photo"),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio"),
        (b"\x00\x00\x00\x18ftypmp42", "video"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio"),
        (b"%PDF-1.7", "document"),
        ("看见校门口有人".encode(), "text"),
        (b"MZ\x90\x00\x03", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_files_are_known_by_their_bytes(head: bytes, kind: str | None) -> None:
    found = sniff(head)
    assert (found.kind if found else None) == kind


def test_text_may_be_cut_in_the_middle_of_a_letter_only_where_it_is_cut() -> None:
    cut = "校".encode()[:2]
    assert is_text(b"a" + cut, cut=True)
    assert not is_text(b"a" + cut)
    assert not is_text(cut + b"abcdef", cut=True)


def attachment(**changes: object) -> Attachment:
    """Make an attachment of eleven bytes that are there."""
    sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
    fields: dict[str, object] = {
        "id": "f-1",
        "alert": "a",
        "shelf": Shelf.REAL,
        "at_ms": 1_400_000,
        "actor": "chief",
        "role": "command_centre",
        "name": "../照片 1.exe",
        "note": "",
        "kind": "text",
        "source": "person",
        "media_type": "text/plain",
        "sha256": sha256,
        "bytes": 11,
    }
    return Attachment(**(fields | changes))  # type: ignore[arg-type]  # Each is of the field's type.


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Give files with the one attachment."""
    files = Files(tmp_path / "evidence")
    path = files.path(attachment().sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"hello world")
    return files


def written(files: Files, path: Path, *attached: Attachment) -> bytes:
    """Write a bundle to a file."""
    data = b"".join(make_bundle(dossier(attached), "第一小学", AuditHead(7, "ab" * 32), files).pieces())
    path.write_bytes(data)
    return data


def test_bundle_is_the_same_bytes_for_the_same_facts_and_proves_itself(files: Files, tmp_path: Path) -> None:
    one = written(files, tmp_path / "one.zip", attachment())
    assert written(files, tmp_path / "two.zip", attachment()) == one

    manifest, wrong = verify(tmp_path / "one.zip")
    assert wrong == []
    with zipfile.ZipFile(tmp_path / "one.zip") as bundle:
        names = bundle.namelist()
        page = bundle.read("timeline.zh.html").decode()
        rows = bundle.read("trace.csv").decode()
    assert names == [*sorted(names[:-1]), "manifest.json"]
    assert path_of(attachment()) == "attachments/b94d27b9934d-照片_1.txt"
    assert {"timeline.json", "trace.csv", "notifications.csv", "facts.jsonl", path_of(attachment())} <= set(names)
    assert "第一小学" in page
    assert "看到了" in page
    assert "'=good" in rows  # No spreadsheet takes it for a formula.
    assert manifest.audit.sequence == 7


def passes(path: Path, data: bytes) -> bool:
    """Say whether some bytes pass for a bundle."""
    path.write_bytes(data)
    try:
        return verify(path)[1] == []
    except ConfigurationError:
        return False


def test_any_changed_byte_of_a_bundle_is_found(files: Files, tmp_path: Path) -> None:
    """Of files, manifest, names, dates and directory: a byte of each part in turn."""
    data = written(files, tmp_path / "whole.zip", attachment())
    spoilt = tmp_path / "spoilt.zip"
    for place in {*range(0, len(data), 97), *range(len(data) - 400, len(data)), *range(60)}:
        assert not passes(spoilt, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]), place
    for changed in (data[:-1], data + b"x", data[: len(data) // 2]):
        assert not passes(spoilt, changed)


def test_bundle_says_what_is_not_in_it(files: Files, tmp_path: Path) -> None:
    removed = attachment(id="f-2", removed_ms=1_500_000, removed_by="chief", removed_why="放错了")
    later = attachment(id="f-3", removed_ms=3_000_000)
    files.path(attachment().sha256).write_bytes(b"hello w0rld")
    written(files, tmp_path / "one.zip", removed, later, attachment(id="f-4", sha256="0" * 64))

    manifest, wrong = verify(tmp_path / "one.zip")
    assert wrong == []
    assert [(one.id, one.why) for one in manifest.missing] == [("f-2", "removed"), ("f-3", "damaged"), ("f-4", "missing")]
