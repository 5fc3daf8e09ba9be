"""Who stands under whom: the members of each group, kept as the book tells of each change."""

from server.core.alert import Alert


class Members:
    """The open alerts that stand under others, by the one they stand under."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, None]] = {}

    def seen(self, before: Alert | None, after: Alert | None) -> None:
        """Follow one change of an alert."""
        was = before.group if before is not None and before.open else ""
        now = after.group if after is not None and after.open else ""
        one = after or before
        if was == now or one is None:
            return
        if was:
            mine = self._of.get(was, {})
            mine.pop(one.id, None)
            if not mine:
                self._of.pop(was, None)
        if now:
            self._of.setdefault(now, {})[one.id] = None

    def of(self, group: str) -> list[str]:
        """List the open alerts that stand directly under one, in the order in which they joined."""
        return list(self._of.get(group, ()))

    def groups(self) -> list[str]:
        """List the ids under which something stands."""
        return list(self._of)

    def count(self, group: str, depth: int = 4) -> int:
        """Count the alerts under one that have nothing under themselves; groups stand under groups."""
        if depth == 0:
            return 0
        return sum(self.count(one, depth - 1) or 1 for one in self._of.get(group, ()))
