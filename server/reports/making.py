"""Makes reports beside the event loop, one at a time, and puts each on record before it is given."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from server.reports.facts import Facts
from server.reports.given import Given, GivenReports
from server.reports.page import MEDIA_TYPE as PAGE_TYPE
from server.reports.page import page, policy
from server.reports.paper import Language, Paper
from server.reports.report import Report
from server.reports.workbook import MEDIA_TYPE as WORKBOOK_TYPE
from server.reports.workbook import workbook
from server.snapshots.reading import PastRecords

Form = Literal["html", "xlsx"]
WAITING_MAX = 4  # Reports that wait for one in the making; a whole city's takes two seconds.
WRITERS: dict[Form, tuple[Callable[[Paper], bytes], str]] = {
    "html": (page, PAGE_TYPE),
    "xlsx": (workbook, WORKBOOK_TYPE),
}


class TooMany(Exception):  # It is no fault of anybody's.
    """So many reports wait already that another would wait too long."""


@dataclass(frozen=True, slots=True)
class File:
    """A report as bytes, with what a browser must know of it."""

    name: str
    body: bytes
    media_type: str
    policy: str  # For a page that is shown; empty for a workbook.
    given: Given


class Maker:
    """The one place where reports are made."""

    def __init__(self, given: GivenReports, records: PastRecords) -> None:
        self.given = given
        self.records = records
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def make(self, report: Report, facts: Facts, language: Language, form: Form, *, by: str, now_ms: int) -> File:
        """Make a report and put it on record. Raises `TooMany`, and `StorageError` where it cannot be put on record."""
        if self._waiting >= WAITING_MAX:
            raise TooMany
        self._waiting += 1
        try:
            async with self._lock:
                paper, body = await asyncio.to_thread(_made, report, facts, language, form)
        finally:
            self._waiting -= 1
        given = Given(
            at_ms=now_ms,
            actor=by,
            report=report.name,
            scope_kind=facts.scope.kind,
            scope_id=facts.scope.id,
            day=facts.day,
            as_of_ms=facts.as_of_ms,
            frozen=facts.frozen,
            language=language,
            form=form,
            name=paper.name,
            digest=paper.digest,
            sha256=hashlib.sha256(body).hexdigest(),
            bytes=len(body),
        )
        await self.given.append(given)
        media_type = WRITERS[form][1]
        return File(f"{paper.name}.{form}", body, media_type, policy(paper) if form == "html" else "", given)


def _made(report: Report, facts: Facts, language: Language, form: Form) -> tuple[Paper, bytes]:
    paper = report.make(facts, language)
    return paper, WRITERS[form][0](paper)
