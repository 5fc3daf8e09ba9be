"""The shape all answers share, and the words that several of them use."""

from typing import Literal

import msgspec

Figure = Literal["ledger", "live"]
Letter = Literal["m", "n", "u", "e", "-"]
Liveness = Literal["live", "suspect", "offline", "unknown"]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The shape all answers share: every field is always present."""
