"""The accounts of a demonstration: one for each kind of user, placed where the roster has something to see."""

from collections.abc import Iterator
from dataclasses import replace

from contract.identity import UserName
from server.registry.model import Role, SchoolKind, Scope, StationKind, UnitKind, User
from server.registry.tree import Tree

LARGE_KINDS = (SchoolKind.SENIOR, SchoolKind.NINE_YEAR, SchoolKind.JUNIOR, SchoolKind.PRIMARY)


def demo_accounts(tree: Tree) -> list[User]:
    """Make the accounts for a roster, without passwords; none for an empty roster. Displays are posts, never people."""
    return list(_accounts(tree))


def with_password(user: User, password_hash: str) -> User:
    """Give an account its password."""
    return replace(user, password_hash=password_hash)


def _accounts(tree: Tree) -> Iterator[User]:
    roster = tree.roster
    city = next((unit for unit in roster.units if unit.kind is UnitKind.CITY), None)
    bureau = next((station for station in roster.stations if station.kind is StationKind.BUREAU), None)
    if city is None or bureau is None or not roster.schools:
        return
    school = next((one for kind in LARGE_KINDS for one in roster.schools if one.kind is kind), roster.schools[0])
    units = [scope for scope in tree.above(school.id) if scope.kind == "unit"]
    county = next((one for one in units if tree.units[one.id].kind is UnitKind.COUNTY), units[-1])
    station = Scope("station", school.station)
    here, everywhere = Scope("school", school.id), Scope("unit", city.id)
    posts = (
        ("command", "市公安局指挥中心 1 号席", Role.COMMAND_CENTRE, Scope("station", bureau.id)),
        ("command2", "市公安局指挥中心 2 号席", Role.COMMAND_CENTRE, Scope("station", bureau.id)),
        ("police", f"{tree.names(station)[0]} 值班席", Role.POLICE_LIAISON, station),
        ("education", "市教育局 安全科", Role.EDUCATION_OFFICER, everywhere),
        ("county", f"{tree.names(county)[0]} 教育局安全股", Role.EDUCATION_OFFICER, county),
        ("school", f"{school.name} 安全办", Role.SCHOOL_DIRECTOR, here),
        ("guard", f"{school.name} 门卫岗", Role.GUARD, here),
        ("maintainer", "设备维护", Role.MAINTAINER, everywhere),
        ("supervisor", "督导（只读）", Role.SUPERVISOR, everywhere),
        ("wall", "指挥大屏", Role.WALL, Scope("station", bureau.id)),
        ("admin", "系统管理员", Role.ADMINISTRATOR, everywhere),
    )
    for name, display, role, scope in posts:
        yield User(UserName(name), display, role, scope)
