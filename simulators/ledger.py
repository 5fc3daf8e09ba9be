"""What the ledger of a city declares, with the gaps that real ledgers have.

The shares follow published progress of such programmes: closed management 98 to 99.7 %, guards 91 to 96 %, networked
with police 90 to 97 %, gate barriers 85 to 98 %. Exact counts are drawn, so that a small city shows gaps too.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256

from contract.identity import SchoolId
from server.registry.model import SchoolKind
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.gate import SchoolGate
from simulators.proportions import lacking

# Item -> the share of schools that lack it.
LACKING = {
    "closed_perimeter": 0.003,
    "closed_gate_control": 0.001,
    "closed_gate_room_24h": 0.002,
    "closed_visitor_registration": 0.002,
    "closed_in_class": 0.001,
    "video_networked": 0.045,
    "alarm_networked": 0.030,
    "guard_post_staffed": 0.050,
    "barrier": 0.060,
    "recording_kept": 0.080,
    "alarm_tested": 0.050,
}
# How much likelier than elsewhere a county's schools lack something of each group; no county is best in everything.
COUNTY_WEIGHTS = {
    "450702": {"closed": 0.6, "networked": 0.5, "guard": 0.8, "barrier": 0.9},
    "450703": {"closed": 1.3, "networked": 1.0, "guard": 0.7, "barrier": 1.2},
    "450721": {"closed": 1.0, "networked": 1.4, "guard": 1.2, "barrier": 1.1},
    "450722": {"closed": 1.1, "networked": 0.9, "guard": 1.3, "barrier": 0.7},
    "4507GQ": {"closed": 0.8, "networked": 1.2, "guard": 0.4, "barrier": 1.6},
}
LAPSED = 0.002  # The share of declarations in place whose evidence is no longer valid.
STALE = 0.12  # The share whose evidence is months old.
EVIDENCE_DAYS = 365
ONE_GATE_CLOSED = 0.08  # The share of schools with several gates that use one less.
EXEMPT_INDICATOR = "t5_barrier"
_EVIDENCE = {"barrier": "照片", "closed_perimeter": "照片", "video_networked": "联网确认单", "alarm_networked": "联网确认单"}

Declared = dict[str, Declaration]


def declare(rng: random.Random, schools: Sequence[tuple[SchoolId, str]], today: date) -> list[Declared]:
    """Declare every item for each school, given with its short code; exactly the stated shares are lacking."""
    declared: list[Declared] = [{} for _ in schools]
    codes = [code for _, code in schools]
    for item, share in LACKING.items():
        without = lacking(rng, [county_weight(code, item) for code in codes], share)
        for index, (school, code) in enumerate(schools):
            if index in without:
                declared[index][item] = Declaration(school=school, id=item, in_place=False)
            else:
                declared[index][item] = _in_place(rng, school, item, code, today)
    return declared


def county_weight(code: str, item: str) -> float:
    """Say how much likelier than elsewhere a school of this code lacks an item."""
    weights = COUNTY_WEIGHTS.get(code.partition("-")[0], {})
    return next((weight for group, weight in weights.items() if group in item), 1.0)


def _in_place(rng: random.Random, school: SchoolId, item: str, code: str, today: date) -> Declaration:
    draw = rng.random()
    age = rng.randrange(366, 500) if draw < LAPSED else rng.randrange(31, 300) if draw < STALE else rng.randrange(30)
    dated = today - timedelta(days=age)
    kind = _EVIDENCE.get(item, "检查表")
    evidence = f"{kind} {item}-{code}-{dated:%Y%m}"
    return Declaration(
        school=school,
        id=item,
        in_place=True,
        evidence=evidence,
        photo_sha256=sha256(evidence.encode()).hexdigest() if kind == "照片" else "",  # Of a photo that nobody has taken.
        dated=dated,
        expires=dated + timedelta(days=EVIDENCE_DAYS),
    )


def exempt(
    school: SchoolId, kind: SchoolKind, declared: Mapping[str, Declaration], code: str, today: date
) -> tuple[Exemption, ...]:
    """Give a teaching point without a vehicle road its written exemption from the gate barrier; some are overdue."""
    if kind is not SchoolKind.TEACHING_POINT or declared["barrier"].in_place:
        return ()
    until = today + timedelta(days=int(code[-2:]) * 6 - 60)
    return (
        Exemption(
            school=school,
            id=EXEMPT_INDICATOR,
            document=f"模拟豁免 {code}",
            approver="县教育局安全科",
            reason="无机动车通行道路",
            until=until,
        ),
    )


def gates(rng: random.Random, school: SchoolId, count: int) -> list[SchoolGate]:
    """Write down a school's gates: the first is the main one, and cars use it or one of the others."""
    vehicles = rng.randrange(1, count + 1)
    unused = count if count > 1 and vehicles != count and rng.random() < ONE_GATE_CLOSED else 0
    return [
        SchoolGate(
            school=school,
            id=str(number),
            name=f"{number}号门",
            main=number == 1,
            vehicles=number == vehicles,
            in_use=number != unused,
        )
        for number in range(1, count + 1)
    ]
