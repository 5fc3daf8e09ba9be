"""Who is signed in and what they may."""

from typing import Literal

from contract.orders import Op
from server.api.views.common import View
from server.registry.model import Role
from server.security.access import Act, Permission


class ScopeView(View, frozen=True, kw_only=True):
    """The branch of the tree a user sees."""

    kind: Literal["unit", "station", "school"]
    id: str
    name: str
    name_en: str


class Me(View, frozen=True, kw_only=True):
    """Who is signed in, what they see and which moves they may ask for."""

    name: str
    display: str
    role: Role
    scope: ScopeView
    csrf: str
    server_ms: int
    build: str
    acts: list[Act]
    orders: list[Op]
    permissions: list[Permission]
    city: str
    city_en: str
