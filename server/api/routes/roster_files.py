"""The registry as files: templates to fill in, and exports."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from server.api.gate import Caller, caller_of
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers
from server.api.routes.roster import chosen, sheet_of
from server.registry.exchange.writing import (
    MEDIA_TYPES,
    Form,
    template_csv,
    write_csv,
    write_template,
    write_workbook,
)
from server.registry.sheet import Sheet
from server.registry.sheets import SHEETS
from server.security.access import Permission
from server.security.editing import may_edit_sheet

AT_ONCE = 1  # A city's devices as a workbook take a thread for a quarter of a minute.
Names = Annotated[list[str], Query(max_length=60)]
Language = Literal["zh", "en"]
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.TOO_MANY)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    slots = asyncio.Semaphore(AT_ONCE)
    told = answers(None, *_READ)
    told[200]["content"] = {media: {} for media in MEDIA_TYPES.values()}

    @router.get("/api/v1/ledger/template", responses=told)
    async def template(request: Request, sheet: Names = [], form: Form = "xlsx", language: Language = "zh") -> Response:  # noqa: B006
        """Give empty sheets to fill in: all that the caller may edit, or the named ones; as CSV one."""
        tree, user = parts.registry.tree, caller_of(request).user
        chosen_sheets = _sheets(sheet, form) or [one for one in SHEETS.values() if may_edit_sheet(user, one, tree)]
        words = _language(language)
        if form == "csv":
            return _file(await asyncio.to_thread(template_csv, chosen_sheets[0], words), "template", form)
        return _file(
            await asyncio.to_thread(_written, lambda path: write_template(path, chosen_sheets, words)), "template", form
        )

    @router.get("/api/v1/ledger/export", responses=told)
    async def export(
        request: Request,
        sheet: Names = [],  # noqa: B006  # FastAPI copies it.
        form: Form = "xlsx",
        language: Language = "zh",
        q: Annotated[str, Query(max_length=80)] = "",
        unit: Annotated[str, Query(max_length=32)] = "",
        school: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        """Give the lines of sheets within reach as a file; as CSV of one sheet. It reads back as the same lines."""
        caller = caller_of(request)
        sheets = _sheets(sheet, form) or list(SHEETS.values())
        if slots.locked():
            raise ApiError(Code.TOO_MANY, "another export is being written")
        async with slots:
            names = " ".join(one.name for one in sheets)
            await parts.registry.audit.append(
                parts.clock(), caller.user.name, "ledger_exported", names, f"{unit} {school} {q}".strip()
            )
            data = await asyncio.to_thread(_exported, parts, caller, sheets, form, _language(language), (q, unit, school))
        return _file(data, sheets[0].name if len(sheets) == 1 else "ledger", form)


def _sheets(names: Sequence[str], form: Form) -> list[Sheet]:
    if form == "csv" and len(names) != 1:
        raise ApiError(Code.INVALID, "sheet: a CSV file holds exactly one")
    return [sheet_of(name) for name in names]


def _language(language: Language) -> int:
    return 1 if language == "en" else 0


def _exported(
    parts: Parts, caller: Caller, sheets: Sequence[Sheet], form: Form, language: int, wanted: tuple[str, str, str]
) -> bytes:
    tree, personal, (q, unit, school) = parts.registry.tree, caller.may(Permission.CONTACT), wanted

    def lines(sheet: Sheet) -> Iterable[Any]:
        return chosen(tree, caller, sheet, q=q, unit=unit, school=school)

    if form == "csv":
        return b"".join(write_csv(sheets[0], lines(sheets[0]), language, personal=personal))
    pages = [(sheet, lines(sheet)) for sheet in sheets]
    return _written(lambda path: write_workbook(path, pages, language, personal=personal))


def _written(write: Any) -> bytes:
    with tempfile.TemporaryDirectory(prefix="anxiao-") as folder:
        path = Path(folder) / "file.xlsx"
        write(path)
        return path.read_bytes()


def _file(data: bytes, name: str, form: Form) -> Response:
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(data, 200, headers, MEDIA_TYPES[form])
