"""What a guard's telephone is told of itself: its schools, their posts, and what it calls for help with."""

from server.api.views.common import View


class PhonePost(View, frozen=True, kw_only=True):
    """One post to check in at."""

    gateway: str
    device: str
    name: str
    place: str


class PhoneHome(View, frozen=True, kw_only=True):
    """One school; as `gateway`, with `key`, the telephone calls for help there by `/v1/ingest/{gateway}/up/a`."""

    school: str
    name: str
    name_en: str
    gateway: str
    key: str
    posts: list[PhonePost]


class PhoneView(View, frozen=True, kw_only=True):
    """A telephone as the server knows it."""

    guard: str  # The reference that check-ins bear: the account, never a name.
    server_ms: int
    homes: list[PhoneHome]
    more: int  # Schools within reach that are not listed.
