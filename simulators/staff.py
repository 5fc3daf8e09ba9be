"""The people of a simulated school and what they stand with: the roll, the posts, and the kit with its expiry.

What supervision visits find is here in small shares: certificates that have lapsed or are missing, guards past the age,
expired spray, kit that was lent out. Nobody has a name.
"""

import random
from datetime import date, timedelta

from contract.identity import SchoolId
from server.registry.model import Area, School
from server.registry.sheets.guard import Guard
from server.registry.sheets.kit import ITEMS, Kit
from server.registry.sheets.post import Post

EMPLOYED_BY_COMPANY = 0.85
UNCERTIFIED = 0.003  # The share of guards without a certificate.
LAPSED = 0.004  # The share whose certificate is past its date.
PAST_AGE = 0.006  # The share of guards over 60 years old.
ESCORTED = {
    Area.URBAN: 0.94,
    Area.TOWN: 0.92,
    Area.RURAL: 0.86,
}  # Schools with a 护学岗, as published in March 2021 for the first two.
ESCORT_READER = "escort-1"  # Of police and parents, who check in where they stand.
KIT_MISSING = 0.012  # The share of items that a school does not have.
KIT_EXPIRED = 0.05  # The share of items with an expiry that is past.
KIT_UNCHECKED = 0.10  # The share that nobody has checked for months.
# What has an expiry, and how long it lasts from new.
LASTS_DAYS = {"spray": 1_095, "vest": 1_825, "helmet": 1_825, "gloves": 1_095}
SHARED = {"shield", "fork", "spray"}  # One for every two guards; of the rest each has one.
_PATROL_FROM, _CONTROL_ROOM_FROM = 2, 4  # Guards on the roll from which a school has such a post.
_AGE_MAX = 60
_EXPIRED_MAX_DAYS = 300


def roll(rng: random.Random, school: SchoolId, count: int, today: date) -> list[Guard]:
    """Write down a school's full-time guards."""
    return [_guard(rng, school, number, today) for number in range(1, count + 1)]


def posts(rng: random.Random, school: School, guards: int) -> list[Post]:
    """Name the posts that a school with so many guards can man, and its 护学岗 if police and parents man one."""
    found: list[Post] = []
    if guards:
        found.append(_post(school, "gate_room", "1号门门卫室", round_the_clock=True, device="post-1"))
    if guards >= _PATROL_FROM:
        found.append(_post(school, "patrol", "校园巡逻"))
    if guards >= _CONTROL_ROOM_FROM:
        found.append(_post(school, "control_room", "监控室", round_the_clock=True))
    if rng.random() < ESCORTED[school.area]:
        found.append(_post(school, "escort", "1号门外", guards=1 + (school.pupils > 1_000), device=ESCORT_READER))  # noqa: PLR2004
    return found


def kit(rng: random.Random, school: SchoolId, guards: int, today: date) -> list[Kit]:
    """List the protective kit of a school's guards; a school without any has none."""
    found: list[Kit] = []
    for item in ITEMS if guards else ():
        if rng.random() < KIT_MISSING:
            continue
        checked = today - timedelta(days=rng.randrange(90, 300) if rng.random() < KIT_UNCHECKED else rng.randrange(30))
        count = max(1, -(-guards // 2) if item in SHARED else guards)
        found.append(Kit(school=school, id=item, item=item, count=count, expires=_expiry(rng, item, today), checked=checked))
    return found


def _guard(rng: random.Random, school: SchoolId, number: int, today: date) -> Guard:
    uncertified, lapsed = rng.random() < UNCERTIFIED, rng.random() < LAPSED
    age = rng.randrange(_AGE_MAX + 1, _AGE_MAX + 5) if rng.random() < PAST_AGE else rng.randrange(24, _AGE_MAX - 1)
    valid = -rng.randrange(1, 200) if lapsed else rng.randrange(10, 1_500)
    return Guard(
        school=school,
        id=f"g{number}",
        employer="模拟保安服务公司" if rng.random() < EMPLOYED_BY_COMPANY else "",
        on_roll_from=today - timedelta(days=rng.randrange(100, 2_000)),
        certificate="" if uncertified else f"模拟证{school[-6:]}{number:02d}",
        certificate_expires=None if uncertified else today + timedelta(days=valid),
        birth_year=today.year - age,
    )


def _post(  # The columns of a post.
    school: School, kind: str, place: str, *, guards: int = 1, round_the_clock: bool = False, device: str = ""
) -> Post:
    return Post(
        school=school.id, id=kind, kind=kind, place=place, guards=guards, round_the_clock=round_the_clock, device=device
    )


def _expiry(rng: random.Random, item: str, today: date) -> date | None:
    lasts = LASTS_DAYS.get(item)
    if lasts is None:
        return None
    left = -rng.randrange(1, _EXPIRED_MAX_DAYS) if rng.random() < KIT_EXPIRED else rng.randrange(5, lasts)
    return today + timedelta(days=left)
