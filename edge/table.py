"""Reads one table of a site file, key by key; whatever cannot be used is named with what was given and what is allowed."""

import difflib
import re
from collections.abc import Mapping, Sequence

from contract.errors import ConfigurationError, Refused
from contract.identity import DeviceId, parse_device_id

_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^:\s\[\]]+):(?P<port>[0-9]{1,5})")
SHOWN_MAX = 60  # Characters of a given value in a message.


class Table:
    """A table on its way to becoming settings. Ask for every key it may have, then `finish`: what is left is a mistake."""

    def __init__(self, values: Mapping[str, object], place: str = "") -> None:
        self._values = dict(values)
        self.place = place
        self._asked: list[str] = []

    def wrong(self, key: str, given: object, allowed: str, *, secret: bool = False) -> ConfigurationError:
        """Make the error for a key; a secret is never shown."""
        shown = "a secret" if secret else "nothing" if given is None else repr(given)[:SHOWN_MAX]
        return ConfigurationError(f"{self.place}{key}: {shown} given; allowed: {allowed}")

    def text(self, key: str, default: str | None = None, *, words: Sequence[str] = (), most: int = 256) -> str:
        """Give a text, one of `words` where there are any; required without a default."""
        value = self._take(key, default)
        allowed = ", ".join(words) if words else f"text of 1 to {most} characters"
        if not isinstance(value, str) or len(value) > most or (words and value not in words):
            raise self.wrong(key, value, allowed)
        if not value and default != "":
            raise self.wrong(key, value, allowed)
        return value

    def secret(self, key: str, *, least: int, most: int = 256) -> str:
        """Give a secret, or "" where the key is missing; its value never reaches a message."""
        value = self._take(key, "")
        if value == "" and key not in self._values:
            return ""
        if not isinstance(value, str) or not least <= len(value) <= most or not value.isprintable():
            raise self.wrong(key, value, f"text of {least} to {most} printable characters", secret=True)
        return value

    def integer(self, key: str, default: int | None = None, *, low: int, high: int) -> int:
        """Give a whole number within a range."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, value, f"a whole number from {low} to {high}")
        return value

    def number(self, key: str, default: float | None = None, *, low: float, high: float) -> float:
        """Give a number within a range."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(key, value, f"a number from {low} to {high}")
        return float(value)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Give a yes or no."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false")
        return value

    def texts(self, key: str, default: Sequence[str] | None = None, *, most: int, words: Sequence[str] = ()) -> list[str]:
        """Give a list of up to `most` different texts, each one of `words` where there are any."""
        value = self._take(key, default)
        found = [one for one in value if isinstance(one, str) and one] if isinstance(value, list | tuple) else []
        wrong = not isinstance(value, list | tuple) or len(set(found)) < len(value) or len(found) > most
        if wrong or (words and not set(found) <= set(words)):
            raise self.wrong(key, value, f"up to {most} different texts" + (f" of {', '.join(words)}" if words else ""))
        return found

    def device(self, key: str) -> DeviceId:
        """Give a well-formed device id."""
        value = self._take(key, None)
        try:
            return parse_device_id(value if isinstance(value, str) else "")
        except Refused:
            raise self.wrong(key, value, "1 to 40 of a-z, 0-9, '.', '_' and '-'") from None

    def address(self, key: str) -> tuple[str, int] | None:
        """Give a host and port from `host:port`, or None where the key is missing; port 0 takes any free one."""
        value = self._take(key, "")
        if value == "":
            return None
        match = _ADDRESS.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match["port"]) > 65_535:  # noqa: PLR2004  # The highest port there is.
            raise self.wrong(key, value, "host:port, such as 0.0.0.0:8081")
        return match["host"].strip("[]"), int(match["port"])

    def line(self, key: str) -> int | str:
        """Give a GPIO line: its number, or its name."""
        value = self._take(key, None)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | str)
            or value == ""
            or (isinstance(value, int) and value < 0)
        ):
            raise self.wrong(key, value, "a line's number (0 or more) or its name")
        return value

    def table(self, key: str) -> "Table":
        """Give a table, empty where the key is missing."""
        value = self._take(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, value, f"a table [{key}]")
        return Table(value, f"{self.place}{key}.")

    def tables(self, key: str, *, most: int, least: int = 1) -> list["Table"]:
        """Give `least` to `most` tables of an array."""
        value = self._take(key, None if least else [])
        good = isinstance(value, list) and least <= len(value) <= most and all(isinstance(entry, Mapping) for entry in value)
        if not good:
            given = f"{len(value)} entries" if isinstance(value, list) else value
            raise self.wrong(key, given, f"{least} to {most} tables [[{key}]]")
        assert isinstance(value, list)
        return [Table(entry, f"{self.place}{key}[{index + 1}].") for index, entry in enumerate(value)]

    def rest(self) -> dict[str, object]:
        """Give the keys nobody has asked for, to another reader; they count as asked for here."""
        left = {key: value for key, value in self._values.items() if key not in self._asked}
        self._asked.extend(left)
        return left

    def finish(self) -> None:
        """Raise when the table holds a key nobody asked for: most often a misspelling. Its value may be a secret."""
        for key in self._values:
            if key not in self._asked:
                raise ConfigurationError(f"{self.place}{key}: unknown key; allowed: {', '.join(self._asked)}")

    def _take(self, key: str, default: object) -> object:
        self._asked.append(key)
        value = self._values.get(key, default)
        if value is None:
            meant = difflib.get_close_matches(key, [known for known in self._values if known not in self._asked], n=1)
            raise self.wrong(key, None, "something: this key is required" + (f"; is {meant[0]!r} meant?" if meant else ""))
        return value
