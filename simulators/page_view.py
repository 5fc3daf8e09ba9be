"""The simulator's page as HTML: one table, plain forms, no scripts."""

from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from simulators.fleet import Fleet, Happening
from simulators.page_texts import text
from simulators.site import Power, Site

_STYLE = (Path(__file__).parent / "page.css").read_text()
_ALARMS = ("press", "test_press", "drill_press")
_TROUBLES = ("camera_off", "barrier_down", "gate_open", "guard_leaves", "host_off")
_RECENT_SHOWN = 15
_BEIJING = timedelta(hours=8)


def render(fleet: Fleet, query: str, language: str, note: str, limit: int) -> str:
    """Draw the whole page."""

    def say(name: str) -> str:
        return escape(text(name, language))

    other = "en" if language == "zh" else "zh"
    link = "/?" + urlencode({"q": query, "lang": other})
    found = fleet.search(query, limit)
    rows = "".join(_row(site, query, language) for site in found) or f'<tr><td colspan="5">{say("none_found")}</td></tr>'
    bad = " bad" if note == "gateway_off" else ""
    done = f'<p class="note{bad}" role="status">{say(note)}</p>' if note else ""
    happened = "".join(f"<li>{_happening(item, language)}</li>" for item in list(fleet.counts.recent)[:_RECENT_SHOWN])
    happened = happened or f"<li>{say('nothing')}</li>"
    figures = (
        ("running", f"{fleet.running()} / {len(fleet.sites)}"),
        ("presses", str(fleet.counts.presses)),
        ("failed", str(fleet.counts.presses_failed)),
        ("falls", str(fleet.counts.falls)),
        ("shown", str(len(found))),
    )
    boxes = "".join(f"<div><dt>{say(name)}</dt><dd>{value}</dd></div>" for name, value in figures)
    head = "".join(f"<th>{say(name)}</th>" for name in ("school", "gateway", "state", "alarm", "trouble"))
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{say('title')}</title><style>{_STYLE}</style><main>"
        f'<header><h1>{say("title")}</h1><span class="muted">{say("note")}</span>'
        f'<a href="{escape(link)}">{say("other")}</a></header>'
        f'<p class="muted">{say("window")}</p>{done}<dl>{boxes}</dl>'
        f'<form method="get"><input type="hidden" name="lang" value="{language}"><input type="search" name="q" '
        f'value="{escape(query)}" placeholder="{say("search")}" aria-label="{say("search")}"> '
        f"<button>{say('find')}</button></form>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>{say('recent')}</h2><ul>{happened}</ul></main></html>"
    )


def _row(site: Site, query: str, language: str) -> str:
    school = site.school
    name = school.name_en if language == "en" else school.name
    state = _state(site)
    shown = escape(text(state, language))
    mark = shown if state == "on" else f'<span class="off">{shown}</span>'
    alarms = "".join(_button(site, what, query, language) for what in _ALARMS)
    dark = site.agent.orders.power_cut_at is not None
    power = "power_back" if dark else "power_cut"
    gateway = "start_gateway" if site.killed else "kill_gateway"
    troubles = "".join(_button(site, what, query, language) for what in (*_TROUBLES, gateway, power))
    return (
        f'<tr><td>{escape(name)}<br><span class="muted">{escape(school.id)}</span></td>'
        f"<td><code>{escape(site.gateway.id)}</code></td>"
        f"<td>{mark}</td><td>{alarms}</td><td>{troubles}</td></tr>"
    )


def _state(site: Site) -> str:
    if site.killed:
        return Power.KILLED.value
    if site.running:
        return "on"
    return "no_mains" if site.due else "starting"


def _button(site: Site, what: str, query: str, language: str) -> str:
    fields = {"gateway": site.gateway.id, "q": query, "lang": language}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    style = ' class="real"' if what == "press" else ""
    label = escape(text(what, language))
    return f'<form method="post" action="/act">{hidden}<button name="what" value="{what}"{style}>{label}</button></form>'


def _happening(item: Happening, language: str) -> str:
    clock = datetime.fromtimestamp(item.at, UTC) + _BEIJING
    parts = (f"{clock:%H:%M:%S}", text(item.what, language), item.school, item.device, item.press)
    return escape(" · ".join(part for part in parts if part))
