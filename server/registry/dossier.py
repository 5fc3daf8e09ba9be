"""One school's part of the ledger, by sheet, with what its units say for it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from server.registry.record import Record, UnitRecord

R = TypeVar("R", bound=Record)


class Dossier:
    """The lines of the ledger that hold for one school. It never changes; an edit makes another."""

    __slots__ = ("_by_kind",)

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._by_kind: dict[type[Record], dict[str, Record]] = {}
        for record in records:
            self._by_kind.setdefault(type(record), {})[record.id] = record

    def of(self, kind: type[R]) -> Sequence[R]:
        """List the lines of one sheet, in the ledger's order; of equal ids the one told last, nearest to the school."""
        return list(self._by_kind.get(kind, {}).values())  # type: ignore[arg-type]  # Kept by their own type.

    def find(self, kind: type[R], id_: str) -> R | None:
        """Find one line by its id."""
        return self._by_kind.get(kind, {}).get(id_)  # type: ignore[return-value]  # Kept by their own type.


NOTHING_SAID = Dossier()


def dossiers(records: Iterable[Record], paths: Mapping[str, Sequence[str]]) -> dict[str, Dossier]:
    """Sort lines by school; `paths` names for each school its units from the nearest to the root.

    A unit's line holds for every school below it; a line of the same sheet and id further down takes its place.
    """
    by_home: dict[str, list[Record]] = {}
    for record in records:
        if isinstance(record, UnitRecord) and not record.inherited:
            continue  # A city's rotas in the dossier of each of its schools would be millions of lines.
        by_home.setdefault(record.home, []).append(record)
    found: dict[str, Dossier] = {}
    for school, path in paths.items():
        homes = [by_home[home] for home in (*reversed(path), school) if home in by_home]
        if homes:
            found[school] = Dossier(record for home in homes for record in home)
    return found
