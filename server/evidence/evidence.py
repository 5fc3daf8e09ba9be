"""The evidence of a server put together: what the API works with."""

from dataclasses import dataclass

from server.evidence.files import Files
from server.evidence.keeper import EvidenceKeeper
from server.evidence.reading import EvidenceReader
from server.evidence.store import EvidenceStore


@dataclass(frozen=True, slots=True)
class Evidence:
    """Reader, store, files and keeper of one server."""

    reader: EvidenceReader
    files: Files
    keeper: EvidenceKeeper | None = None  # Where the work that it needs by itself is done too.

    @property
    def store(self) -> EvidenceStore:
        """Give what is kept in the database."""
        return self.reader.store
