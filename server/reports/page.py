"""A report as one HTML page for printing on A4: no script, nothing fetched. The same report gives the same bytes."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape

from server.reports.paper import Cell, Paper, Rate, Table, cell_text, pick

MEDIA_TYPE = "text/html; charset=utf-8"
# The page's number stands in the margin, which browsers draw since 2024; older ones print it without.
STYLE = """
:root { color-scheme: light; }
@page { size: A4 landscape; margin: 16mm 12mm 16mm;
  @bottom-left { content: FOOT; font: 8pt sans-serif; color: #555; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #555; } }
body { margin: 0 auto; max-width: 273mm; padding: 8mm; color: #111; background: #fff;
  font: 9pt/1.45 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
header { text-align: center; border-bottom: 2px solid #111; padding-bottom: 3mm; }
h1 { font-size: 18pt; margin: 0 0 1mm; } header p { font-size: 11pt; margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr max-content 1fr; gap: 1mm 4mm; margin: 4mm 0; }
dt { color: #555; } dd { margin: 0; } dd.hash { grid-column: 2 / -1; font-family: monospace; overflow-wrap: anywhere; }
h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 8pt; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: 1px solid #999; padding: 0.8mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eceff2; } .n { text-align: right; white-space: nowrap; } .k { white-space: nowrap; }
.notes { color: #444; margin: 1.5mm 0 0; } .notes p { margin: 0; }
footer { margin-top: 12mm; display: grid; grid-template-columns: 1fr 1fr; gap: 10mm; break-inside: avoid; }
footer p { margin: 0; border-bottom: 1px solid #111; padding-bottom: 1mm; min-height: 9mm; display: flex; align-items: end; }
@media print { body { padding: 0; max-width: none; } }
"""
_TEXT_SHORT = 12  # Letters: below it a text is a word, not a sentence, and is not broken.


def page(paper: Paper) -> bytes:
    """Write a report as a page."""
    return "".join(_lines(paper)).encode()


def policy(paper: Paper) -> str:
    """Give the policy for a browser that shows the page: draw it with this very style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style(paper).encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _lines(paper: Paper) -> Iterator[str]:
    language = "zh-CN" if paper.language == "zh" else "en"
    yield f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
    yield f"<title>{escape(paper.title)} {escape(paper.place)}</title>\n"
    yield f"<style>{_style(paper)}</style>\n"
    yield f"<header><h1>{escape(paper.title)}</h1><p>{escape(paper.place)}</p></header>\n<dl>\n"
    for name, value in paper.facts:
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n"
    yield f'<dt>SHA-256</dt><dd class="hash">{paper.digest}</dd>\n</dl>\n'
    yield _notes(paper.notes)
    for table in paper.tables:
        yield from _table(table)
    yield "<footer>\n"
    for line in paper.signatures:
        yield f"<p>{escape(line)}</p>\n"
    yield "</footer>\n</html>\n"


def _table(table: Table) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(table.title)}</h2>\n"
    if table.rows:
        heads = "".join(f'<th scope="col">{escape(column.title)}</th>' for column in table.columns)
        yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        for row in table.rows:
            yield f"<tr>{''.join(_cell(cell) for cell in row)}</tr>\n"
        yield "</tbody>\n</table>\n"
    else:
        yield f"<p>{escape(table.empty)}</p>\n"
    yield _notes(table.notes) + "</section>\n"


def _cell(cell: Cell) -> str:
    text = escape(cell_text(cell))
    if isinstance(cell, Rate | int):
        return f'<td class="n">{text}</td>'
    return f'<td class="k">{text}</td>' if len(text) < _TEXT_SHORT else f"<td>{text}</td>"


def _notes(notes: tuple[str, ...]) -> str:
    return f'<div class="notes">{"".join(f"<p>{escape(note)}</p>" for note in notes)}</div>\n' if notes else ""


def _style(paper: Paper) -> str:
    """Put into each page's margin what the paper is, title and digest, so that no sheet of it stands alone."""
    words = f"{paper.title} {paper.place} · {pick(('内容摘要', 'contents'), paper.language)} {paper.digest[:16]}"
    kept = "".join(letter for letter in words if letter not in '\\"<>&\n\r')  # What would end the text or the style.
    return STYLE.replace("FOOT", f'"{kept}"')
