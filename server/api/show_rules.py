"""How rules, what is set at them and comparisons are shown."""

from datetime import date, timedelta

from server.api import views
from server.api.parts import Parts
from server.api.show import ms
from server.core.param import Param
from server.core.rule import Rule
from server.registry.sheets.rule_setting import RuleSetting
from server.whatif.asking import Job
from server.whatif.model import Sides, Told, replayable, total

LISTED_MAX = 100  # Of vanished and of new alerts, and of schools; the numbers count all.
SAME_SECONDS = 180.0  # An alert that was really told so near to a replayed one is that one.
EPOCH = date(1970, 1, 1)


def rule_view(parts: Parts, rule: Rule, unit: str, open_count: int) -> views.RuleView:
    """Show one rule as it holds at a unit."""
    return views.RuleView(
        name=rule.name,
        label=rule.label,
        label_en=rule.label_en,
        number=rule.number,
        severity=int(rule.severity),
        subject=rule.subject.value,
        trigger=rule.trigger,
        trigger_en=rule.trigger_en,
        kinds=sorted(rule.kinds),
        by_people=rule.by_people,
        open=open_count,
        tried=replayable(rule),
        settings=[_setting(parts, rule, param, unit) for param in rule.settings],
    )


def _setting(parts: Parts, rule: Rule, param: Param, unit: str) -> views.RuleSettingView:
    index = parts.engine.roster
    lines = {
        line.unit: line
        for line in index.unit_lines
        if isinstance(line, RuleSetting) and line.id == f"{rule.name}.{param.name}" and param.allows(line.value)
    }
    whence = next((one for one in index.unit_path(unit) if one in lines), None)
    said = index.units[whence] if whence is not None else None
    return views.RuleSettingView(
        name=param.name,
        label=param.label,
        label_en=param.label_en,
        unit=param.unit,
        usual=param.default,
        least=param.least,
        most=param.most,
        whole=param.whole,
        value=lines[whence].value if whence is not None else param.default,  # type: ignore[index]  # As above.
        whence=whence or "",
        whence_name=said.name if said else "",
        whence_name_en=said.name_en if said else "",
        own=whence == unit,
    )


def whatif_view(parts: Parts, job: Job) -> views.WhatIfView:
    """Show a comparison as far as it has got."""
    answer, proposal = job.answer, job.proposal
    vanished = [(sides, one) for sides in answer.sides for one in sides.vanished()]
    new = [(sides, one) for sides in answer.sides for one in sides.new()]
    before, after = total(answer.sides)
    ranked = sorted(answer.sides, key=lambda one: (-len(one.before) - len(one.after), one.school))
    return views.WhatIfView(
        id=job.id,
        state=job.state,  # type: ignore[arg-type]  # One of the words.
        unit=proposal.unit,
        rule=proposal.rule,
        values=[views.WhatIfValue(name=name, value=value) for name, value in proposal.values.items()],
        since=ms(answer.since),
        until=ms(answer.until),
        schools_asked=answer.schools_asked,
        schools_chosen=len(answer.chosen),
        schools_done=len(answer.sides),
        before=before,
        after=after,
        vanished=len(vanished),
        new=len(new),
        notes=[views.WhatIfNote(code=code, value=value) for code, value in answer.notes.items()],
        days=[
            views.WhatIfDay(
                on=(EPOCH + timedelta(days=day)).isoformat(),
                raised_before=count.raised_before,
                raised_after=count.raised_after,
                cleared_before=count.cleared_before,
                cleared_after=count.cleared_after,
            )
            for day, count in answer.days().items()
        ],
        schools=[_school(parts, one) for one in ranked[:LISTED_MAX]],
        vanished_alerts=[_alert(parts, sides, one, proposal.rule) for sides, one in vanished[:LISTED_MAX]],
        new_alerts=[_alert(parts, sides, one, proposal.rule) for sides, one in new[:LISTED_MAX]],
    )


def _named(parts: Parts, school: str) -> tuple[str, str]:
    known = parts.engine.roster.school(school)
    return (known.name, known.name_en) if known else ("", "")


def _school(parts: Parts, sides: Sides) -> views.WhatIfSchool:
    name, name_en = _named(parts, sides.school)
    return views.WhatIfSchool(
        school=sides.school,
        school_name=name,
        school_name_en=name_en,
        before=len(sides.before),
        after=len(sides.after),
        heard_from=None if sides.heard_from is None else ms(sides.heard_from),
    )


def _alert(parts: Parts, sides: Sides, one: Told, rule: str) -> views.WhatIfAlert:
    name, name_en = _named(parts, sides.school)
    device = parts.engine.roster.device(one.gateway, one.device)
    told = next(
        (
            alert.id
            for alert in parts.engine.alerts.values()
            if alert.rule == rule
            and alert.school == sides.school
            and alert.device == one.device
            and abs(alert.rx - one.raised) <= SAME_SECONDS
        ),
        "",
    )
    return views.WhatIfAlert(
        school=sides.school,
        school_name=name,
        school_name_en=name_en,
        gateway=one.gateway,
        device=one.device,
        device_name=device.name if device else "",
        raised=ms(one.raised),
        ended=None if one.ended is None else ms(one.ended),
        severity=one.severity,
        alert=told,
    )
