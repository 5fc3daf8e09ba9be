"""What differs between two days, school by school. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.core.verdict import Judgement, Verdict
from server.snapshots.frozen import FrozenDay

FIGURES = ("ledger", "live")


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one school that was judged otherwise, or for other reasons; None where it was not asked."""

    school: str
    indicator: str
    figure: str
    before: Verdict | None
    after: Verdict | None

    @property
    def turned(self) -> bool:
        """Say whether the judgement itself is another one."""
        return judgement(self.before) is not judgement(self.after)


def judgement(verdict: Verdict | None) -> Judgement | None:
    """Give a verdict's judgement; None of a school that was not asked."""
    return None if verdict is None else verdict.judgement


def differences(
    before: FrozenDay, after: FrozenDay, schools: Iterable[str], indicator: str | None = None, figure: str | None = None
) -> Iterator[Difference]:
    """List what differs of some schools; a younger proof of the same verdict is no difference."""
    names = [name for name in dict.fromkeys([*after.names, *before.names]) if indicator in (None, name)]
    for school in schools:
        was, now = before.verdicts(school), after.verdicts(school)
        for name in names:
            old, new = was.get(name), now.get(name)
            if old == new:
                continue
            for place, which in enumerate(FIGURES):
                one, other = (None if pair is None else pair[place] for pair in (old, new))
                if figure in (None, which) and _seen(one) != _seen(other):
                    yield Difference(school, name, which, one, other)


def _seen(verdict: Verdict | None) -> object:
    return None if verdict is None else (verdict.judgement, verdict.reasons)
