"""What a file may be, and how a file that is more is refused."""

from contract.errors import ConfigurationError
from server.registry.sheet import Words

FILE_BYTES_MAX = 48 * 1024 * 1024  # A city's 150,000 devices are 8 MB as a workbook and 25 MB as CSV.
UNPACKED_BYTES_MAX = 768 * 1024 * 1024  # The same devices are 135 MB of XML.
PARTS_MAX = 500  # Files inside a workbook.
ROWS_MAX = 300_000  # Of one file, all its sheets together.
COLUMNS_MAX = 200
TEXT_MAX = 2_000  # Characters of one cell.
FAULTS_MAX = 1_000  # Kept of one file; a wrong column makes one a row, and nobody reads more.
SHARED_MAX = 2_000_000  # Different texts of a workbook.


class FileRefused(ConfigurationError):
    """A file that cannot be read at all; `words` say why in Chinese and English."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(english)
        self.words: Words = (chinese, english)
