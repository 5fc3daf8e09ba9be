"""Risk profiles: one school's with its reasons, and the list of warned schools."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import caller_of, school_within
from server.api.parts import Parts
from server.api.places import schools_below
from server.api.problems import Code
from server.api.replies import answers, reply
from server.api.show import ms
from server.core.institution import against_violence, evacuations, letters, plans
from server.core.risk.factors import FACTORS
from server.core.risk.profile import EARLY_RULES, Profile
from server.core.schedule import local_date
from server.registry.model import School
from server.registry.sheets.document import KINDS
from server.registry.sheets.letter import LEVELS

WARNED_MAX = 500  # Shown at once; `total` counts them all.
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND)
_RULES = {rule.name: rule for rule in EARLY_RULES}


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/schools/{school_id}/risk", responses=answers(views.RiskProfile, *_READ))
    async def show_profile(school_id: str, request: Request) -> Response:
        """Give a school's risk profile, worked out now."""
        school = await school_within(parts, request, school_id)
        told = parts.risk.profile(school.id, covert=caller_of(request).reach.covert)
        return reply(
            views.RiskProfile(
                school=school.id,
                as_of=parts.now_ms(),
                factors=_factors(told, [factor.name for factor in FACTORS]) if told else [],
                warnings=[
                    views.RiskWarning(
                        rule=warned.rule,
                        says=_RULES[warned.rule].says,
                        says_en=_RULES[warned.rule].says_en,
                        factors=list(warned.factors),
                    )
                    for warned in (told.warnings if told else ())
                ],
                papers=_papers(parts, school),
            )
        )

    @router.get("/api/v1/risk/warned", responses=answers(views.WarnedSchools, *_READ))
    async def list_warned(request: Request, unit: Annotated[str | None, Query(max_length=32)] = None) -> Response:
        """List the schools within reach that an early warning stands for, with the reasons as they are now."""
        schools = await schools_below(parts, request, unit)
        early = [(school, told) for school in schools if (told := parts.risk.early(school.id)) is not None]
        warned = sorted(((school, told) for school, told in early if told.warned), key=lambda one: one[1].since)
        items: list[views.WarnedSchool] = []
        for school, told in warned[:WARNED_MAX]:
            profile = parts.risk.profile(school.id)
            items.append(
                views.WarnedSchool(
                    school=school.id,
                    school_name=school.name,
                    school_name_en=school.name_en,
                    unit=school.unit,
                    since=ms(told.since),
                    rules=list(told.rules),
                    because=_factors(profile, told.factors) if profile else [],
                )
            )
        return reply(
            views.WarnedSchools(
                as_of=parts.now_ms(), items=items, total=len(warned), schools=len(schools), looked=len(early)
            )
        )


def _factors(told: Profile, names: list[str] | tuple[str, ...]) -> list[views.RiskFactor]:
    return [
        views.RiskFactor(
            name=factor.name,
            label=factor.label,
            label_en=factor.label_en,
            group=factor.group,
            level=told.factors[factor.name].level,
            why=told.factors[factor.name].why,
            why_en=told.factors[factor.name].why_en,
            rule=factor.rule,
            rule_en=factor.rule_en,
            links=[
                views.RiskLink(kind=link.kind, id=link.id)  # type: ignore[arg-type]  # A test holds the kinds to these.
                for link in told.factors[factor.name].links
            ],
        )
        for factor in FACTORS
        if factor.name in names
    ]


def _papers(parts: Parts, school: School) -> list[views.RiskPaper]:
    """List what must be in writing at a school, and how each stands today."""
    today, dossier, calendar = (
        local_date(parts.clock()),
        parts.engine.roster.dossier(school.id),
        parts.engine.roster.calendar,
    )
    found: list[tuple[str, tuple[str, str], str, object]] = [
        ("document", KINDS[plan.kind], plan.fault, plan.day) for plan in plans(dossier, today)
    ]
    for words, held in (
        (("应急疏散演练", "Evacuation drill"), evacuations(school, dossier, calendar, today)),
        (("防暴力演练", "Drill against violence"), against_violence(school, dossier, calendar, today)),
    ):
        found.append(("drill", words, held.fault, held.due or held.last))
    found += [("letter", LEVELS[one.level], one.fault, one.day) for one in letters(dossier, today)]
    return [
        views.RiskPaper(
            sheet=sheet,  # type: ignore[arg-type]  # One of the three.
            label=zh,
            label_en=en,
            fault=fault,  # type: ignore[arg-type]  # The faults of `server.core.institution`.
            day=str(day) if day is not None else None,
        )
        for sheet, (zh, en), fault, day in found
    ]
