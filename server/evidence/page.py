"""The timeline as one page for printing on A4: no script, nothing fetched. The same evidence gives the same bytes. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape

from server.core.schedule import CITY_TIME
from server.evidence.model import Entry, Point, Series
from server.evidence.timeline import Dossier
from server.evidence.words import KINDS, QUIET, TEXTS, WHAT, pick

SERIES_MAX = 300  # Rows of the page; trace.csv has them all.
QUIET_MAX = 300
_STYLE = """
:root { color-scheme: light; }
@page { size: A4; margin: 14mm 12mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
body { margin: 0 auto; max-width: 186mm; padding: 8mm; color: #111; background: #fff;
  font: 9pt/1.45 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 17pt; margin: 0 0 3mm; border-bottom: 2px solid #111; }
h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 4mm; margin: 0; } dt { color: #555; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 8pt; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: 1px solid #999; padding: .8mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eceff2; } .press td { background: #fdeaea; } .t { white-space: nowrap; } svg { display: block; }
.notes { color: #444; } .hash { font-family: monospace; font-size: 7pt; }
@media print { body { padding: 0; max-width: none; } }
"""


def page(dossier: Dossier, school: str, language: str) -> bytes:
    """Write the page in one language."""
    return "".join(_lines(dossier, school, language)).encode()


def instant(ms: int) -> str:
    """Write an instant in the city's time, to the millisecond."""
    at = datetime.fromtimestamp(ms // 1_000, tz=UTC).astimezone(CITY_TIME)
    return f"{at:%Y-%m-%d %H:%M:%S}.{ms % 1_000:03d}"


def _lines(dossier: Dossier, school: str, language: str) -> Iterator[str]:
    def say(code: str) -> str:
        return pick(TEXTS, code, language)

    alert = dossier.alert
    yield f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<meta charset="utf-8">\n'
    yield f"<title>{say('title')} {escape(alert.id)}</title>\n<style>{_STYLE}</style>\n<h1>{say('title')}</h1>\n<dl>\n"
    for name, value in (
        ("alert", alert.id),
        ("school", f"{school} {alert.school}".strip()),
        ("rule", f"{alert.rule} {alert.code}".strip()),
        ("mode", say(alert.mode)),
        ("device", f"{alert.gateway} / {alert.device}"),
        ("happened", instant(round(alert.t * 1_000))),
        ("received", instant(round(alert.rx * 1_000))),
        ("state", f"{alert.state.value} {alert.cause}".strip()),
        ("as_of", instant(dossier.until_ms)),
    ):
        yield f"<dt>{say(name)}</dt><dd>{escape(value)}</dd>\n"
    yield f"</dl>\n<h2>{say('timeline')}</h2>\n"
    if dossier.entries_left_out:
        yield f'<p class="notes">{say("left_out")}: {dossier.entries_left_out}</p>\n'
    yield _head(say, "happened", "received", "kind", "what", "who", "detail")
    for entry in dossier.entries:
        yield _entry(entry, language)
    yield "</tbody></table>\n"
    yield from _trace(dossier, language)
    yield f"<h2>{say('files')}</h2>\n"
    yield _head(say, "at", "name", "by", "note")
    for file in dossier.files:
        gone = f" ({say('removed')}: {file.removed_why})" if 0 < file.removed_ms < dossier.until_ms else ""
        row = (instant(file.at_ms), f"{file.name}{gone}", file.actor, file.note)
        yield f'{_row(row)[:-5]}</tr><tr><td colspan="4" class="hash">SHA-256 {file.sha256}</td></tr>\n'
    yield f"{'' if dossier.files else _row((say('none'), '', '', ''))}</tbody></table>\n</html>\n"


def _trace(dossier: Dossier, language: str) -> Iterator[str]:
    def say(code: str) -> str:
        return pick(TEXTS, code, language)

    trace = dossier.trace
    yield f"<h2>{say('trace')}</h2>\n"
    how = ("frozen" if dossier.frozen else "live") if trace.source else "no_source"
    yield f'<p class="notes">{say(how)} · {instant(trace.taken)}</p>\n'
    names = {(one.gateway, one.device): one.name or one.device for one in trace.devices}
    yield _head(say, "device", "metric", "readings", "first", "last", "range", "curve")
    for series in trace.series[:SERIES_MAX]:
        numbers = [float(value) for *_, value in series.points if isinstance(value, bool | int | float)]
        span = f"{min(numbers):g} – {max(numbers):g}" if numbers else ""
        name = names.get((series.gateway, series.device), series.device)
        first, last = series.points[0][3], series.points[-1][3]
        cells = (name, series.metric, str(len(series.points)), str(first), str(last), span)
        yield f"{_row(cells)[:-6]}<td>{_curve(series, trace.spans)}</td></tr>\n"
    yield f"</tbody></table>\n<h2>{say('gaps')}</h2>\n"
    if not trace.quiet:
        yield f'<p class="notes">{say("no_gaps")}</p>\n'
        return
    yield _head(say, "from", "until", "gateway", "device", "why")
    for quiet in trace.quiet[:QUIET_MAX]:
        why = f"{pick(QUIET, quiet.why, language)} {quiet.detail}".strip()
        device = names.get((quiet.gateway, quiet.device), quiet.device)
        yield _row((instant(quiet.start), instant(quiet.end), quiet.gateway, device, why))
    yield "</tbody></table>\n"


def _entry(entry: Entry, language: str) -> str:
    detail = [f"{name}={value}" for name, value in entry.detail.items()]
    who = f"{entry.by} {entry.role}".strip() or pick(TEXTS, "system", language)
    cells = (
        instant(entry.t) if entry.t is not None else "–",
        instant(entry.rx),
        pick(KINDS, entry.kind, language),
        pick(WHAT, entry.what, language),
        who,
        " · ".join(part for part in (entry.note, *detail) if part),
    )
    return _row(cells, "press" if entry.what == "press" else "")


def _head(say: "object", *names: str) -> str:
    cells = "".join(f'<th scope="col">{escape(say(name))}</th>' for name in names)  # type: ignore[operator]
    return f"<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n"


def _row(cells: Iterable[str], look: str = "") -> str:
    inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{look}">{inner}</tr>\n' if look else f"<tr>{inner}</tr>\n"


def _curve(series: Series, spans: Iterable[tuple[int, int]]) -> str:
    """Draw a stepped line of the first span that has two numbers of it."""
    for start, end in spans:
        points: list[Point] = [one for one in series.points if start <= one[0] <= end]
        numbers = [(at, float(value)) for at, _, _, value in points if isinstance(value, bool | int | float)]
        if len(numbers) > 1:
            least, most = min(value for _, value in numbers), max(value for _, value in numbers)
            wide = (most - least) or 1.0
            path = ""
            for at, value in numbers:
                x, y = (at - start) * 120 / (end - start), 15 - (value - least) * 14 / wide
                path += f"M{x:.1f} {y:.1f}" if not path else f"H{x:.1f}V{y:.1f}"
            middle = 60
            return (
                f'<svg width="120" height="16" viewBox="0 0 120 16"><path d="M{middle} 0V16" stroke="#c33"/>'
                f'<path d="{path}" fill="none" stroke="#036"/></svg>'
            )
    return ""
