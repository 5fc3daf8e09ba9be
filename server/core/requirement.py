"""What a rule over a school is: variants by region, each in versions by date, each with its source. All pure.

A rule says what a school must have or do, and never whether it does. Which variant holds is a line of the ledger
(`server.registry.sheets.requirement`), inherited down the tree; on a day that has passed, the version of that day holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from server.registry.dossier import Dossier
from server.registry.sheets import requirement as sheet

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """What holds from a day on. `proposal` marks what no authority has written: our own, to be decided by the city."""

    value: T
    says: str
    says_en: str
    source: str
    source_en: str
    since: date | None = None  # None: as long as anybody asks.
    proposal: bool = False


@dataclass(frozen=True, slots=True)
class Rule(Generic[T]):
    """One rule with its variants; each variant's versions stand with the oldest first, and the oldest has no `since`."""

    name: str
    label: str
    label_en: str
    variants: Mapping[str, tuple[Version[T], ...]]  # The first is used where no region says otherwise.

    def version(self, dossier: Dossier, day: date) -> Version[T]:
        """Give the version that holds for a school on a day."""
        told = dossier.find(sheet.Requirement, self.name)
        versions = self.variants.get(told.variant) if told is not None else None
        if versions is None:
            versions = next(iter(self.variants.values()))
        for version in reversed(versions):
            if version.since is None or version.since <= day:
                return version
        return versions[0]

    def of(self, dossier: Dossier, day: date) -> T:
        """Give what holds for a school on a day."""
        return self.version(dossier, day).value
