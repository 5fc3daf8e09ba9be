"""What an audit says in the end: of each check how much was compared and what differs, in words and for machines."""

import msgspec

from server.audit.days import day_name, day_of, instant_name

SHOWN_MAX = 20  # Differences told in words, of each check; all are counted.


class Check(msgspec.Struct):
    """One comparison."""

    name: str
    about: str  # What is compared with what.
    compared: int = 0
    differences: int = 0
    unchecked: int = 0  # What should have been compared and could not be; the day is then not passed.
    notes: list[str] = []  # What is accounted for and yet worth knowing.
    shown: list[str] = []  # The first differences in words.
    why_unchecked: str = ""

    def differs(self, words: str, count: int = 1) -> None:
        """Count a difference, and tell it as long as there is room."""
        self.differences += count
        if len(self.shown) < SHOWN_MAX:
            self.shown.append(words)

    def skipped(self, why: str, count: int = 1) -> None:
        """Count what could not be compared."""
        self.unchecked += count
        self.why_unchecked = self.why_unchecked or why

    @property
    def passed(self) -> bool:
        """Say whether everything was compared and nothing differs."""
        return not self.differences and not self.unchecked


class Report(msgspec.Struct):
    """The result. [`from_ms`, `to_ms`) is the span that was audited; the sequences say how far the journal reaches."""

    from_ms: int
    to_ms: int
    first_sequence: int
    last_sequence: int
    started_ms: int
    ended_ms: int
    store: str
    batches: int
    readings: int
    values: int
    events: int
    checks: list[Check]

    @property
    def passed(self) -> bool:
        """Say whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def differences(self) -> int:
        """Count the differences."""
        return sum(check.differences for check in self.checks)


def in_words(report: Report) -> str:
    """Write a report for a person."""
    seconds = (report.ended_ms - report.started_ms) / 1_000
    last_day = day_of(max(report.from_ms, report.to_ms - 1))
    head = (
        f"audited {instant_name(report.from_ms)} to {instant_name(report.to_ms)}"
        f" ({day_name(day_of(report.from_ms))} to {day_name(last_day)}), Asia/Shanghai\n"
        f"{report.batches} raw batches, {report.readings} readings, {report.events} alarm events; history: {report.store};"
        f" {seconds:.1f} s"
    )
    lines = [head, ""]
    for check in report.checks:
        verdict = "ok" if check.passed else f"{check.differences} DIFFERENT" if check.differences else "NOT CHECKED"
        lines.append(f"{check.name:<12} {verdict:<14} {check.compared} compared: {check.about}")
        lines += [f"             - {words}" for words in check.shown]
        if check.differences > len(check.shown):
            lines.append(f"             - and {check.differences - len(check.shown)} more")
        if check.unchecked:
            lines.append(f"             - {check.unchecked} not compared: {check.why_unchecked}")
        lines += [f"             · {note}" for note in check.notes]
    if report.passed:
        lines += ["", "passed: everything derived agrees with the journal"]
    else:
        lines += [
            "",
            f"FAILED: {report.differences} differences" if report.differences else "NOT PASSED: not all was compared",
        ]
    return "\n".join(lines)
