"""What a bundle holds besides attachments, as bytes: the same evidence as of the same instant gives the same bytes. Pure."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from server.core.fact import encode_fact
from server.evidence.manifest import FORMAT
from server.evidence.model import Attachment
from server.evidence.page import instant, page
from server.evidence.sniffing import SUFFIXES
from server.evidence.timeline import Dossier
from server.spreadsheet import csv_text

_MARK = "\ufeff"  # Spreadsheets take a CSV for UTF-8 only with it.
_UNSAFE = re.compile(r"[^\w.\-]+")


def contents(dossier: Dossier, school: str) -> list[tuple[str, bytes]]:
    """Give the files that are made of the evidence, each with its path, in the bundle's order."""
    return [
        ("facts.jsonl", b"".join(encode_fact(fact) + b"\n" for fact in dossier.facts)),
        ("notifications.csv", _notifications(dossier)),
        ("timeline.en.html", page(dossier, school, "en")),
        ("timeline.json", _json(dossier, school)),
        ("timeline.zh.html", page(dossier, school, "zh")),
        ("trace.csv", _trace(dossier)),
    ]


def path_of(file: Attachment) -> str:
    """Name an attachment within a bundle: by its hash, with a name that no system takes for a path."""
    stem = _UNSAFE.sub("_", file.name.rsplit(".", 1)[0]).strip("._")[:60] or "file"
    return f"attachments/{file.sha256[:12]}-{stem}.{SUFFIXES.get(file.media_type, 'bin')}"


def _json(dossier: Dossier, school: str) -> bytes:
    alert, trace = dossier.alert, dossier.trace
    told: dict[str, Any] = {
        "format": FORMAT,
        "as_of": dossier.until_ms,
        "alert": {
            "id": alert.id,
            "rule": alert.rule,
            "code": alert.code,
            "mode": alert.mode,
            "severity": int(alert.severity),
            "state": alert.state.value,
            "cause": alert.cause,
            "school": alert.school,
            "school_name": school,
            "gateway": alert.gateway,
            "device": alert.device,
            "t": round(alert.t * 1_000),
            "rx": round(alert.rx * 1_000),
            "presses": alert.press_count,
        },
        "entries": dossier.entries,
        "entries_left_out": dossier.entries_left_out,
        "trace": {
            "source": trace.source,
            "frozen": dossier.frozen,
            "taken": trace.taken,
            "spans": trace.spans,
            "spans_left_out": trace.spans_left_out,
            "points_left_out": trace.points_left_out,
            "devices": trace.devices,
            "devices_left_out": trace.devices_left_out,
            "quiet": trace.quiet,
            "whole": trace.whole,
        },
        "attachments": [_file(file, dossier.until_ms) for file in dossier.files],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def _file(file: Attachment, until_ms: int) -> dict[str, Any]:
    told = asdict(file) | {"path": path_of(file)}
    for name in ("removed", "expired"):
        if told[f"{name}_ms"] >= until_ms:  # What was done later is not of this instant.
            told |= {key: 0 if key.endswith("_ms") else "" for key in told if key.startswith(f"{name}_")}
    return told


def _notifications(dossier: Dossier) -> bytes:
    rows: list[Sequence[object]] = []
    for told in dossier.known.told:
        due = told.due
        head = (due.audience, due.step, due.ring)
        if due.at_ms < dossier.until_ms:
            rows.append((due.at_ms, instant(due.at_ms), *head, "due", "", "", "", "", ""))
        rows += [
            (hop.at_ms, instant(hop.at_ms), *head, hop.what, hop.channel, hop.recipient, hop.by, hop.reference, hop.detail)
            for hop in told.hops
            if hop.at_ms < dossier.until_ms
        ]
    columns = "at_ms,at,audience,step,ring,what,channel,recipient,by,reference,detail"
    return _csv(columns, sorted(rows, key=lambda row: row[0]))  # type: ignore[arg-type,return-value]


def _trace(dossier: Dossier) -> bytes:
    kinds = {(one.gateway, one.device): one for one in dossier.trace.devices}
    rows: list[Sequence[object]] = []
    for series in dossier.trace.series:
        device = kinds.get((series.gateway, series.device))
        about = (device.kind, device.name, device.place) if device else ("", "", "")
        rows += [
            (series.gateway, series.device, *about, series.metric, t, instant(t), rx, quality, value)
            for t, rx, quality, value in series.points
        ]
    return _csv("gateway,device,kind,name,place,metric,t_ms,t,rx_ms,clock_quality,value", rows)


def _csv(columns: str, rows: Sequence[Sequence[object]]) -> bytes:
    return (_MARK + csv_text(columns.split(","), rows)).encode()
