"""Lock-out: counted by name, in a window, within bounds."""

from server.security import lockout
from server.security.lockout import WINDOW_SECONDS, WRONG_MAX, LockOut


def wrong(book: LockOut, name: str, *times: float) -> None:
    """Count wrong passwords."""
    for at in times:
        book.wrong(name, at)


def test_the_fifth_wrong_password_refuses_for_a_quarter_of_an_hour() -> None:
    """Not the fourth; and for the whole span from the last one."""
    book = LockOut()

    wrong(book, "chief", *range(WRONG_MAX - 1))
    assert book.refused_for("chief", 4) == 0
    wrong(book, "chief", 10)

    assert book.refused_for("chief", 10) == WINDOW_SECONDS
    assert book.refused_for("chief", 10 + WINDOW_SECONDS - 1) == 1
    assert book.refused_for("chief", 10 + WINDOW_SECONDS) == 0


def test_wrong_ones_outside_the_window_are_forgotten() -> None:
    """Somebody who mistypes once a day is never locked out."""
    book = LockOut()

    wrong(book, "chief", *(at * WINDOW_SECONDS for at in range(20)))

    assert book.refused_for("chief", 19 * WINDOW_SECONDS) == 0


def test_right_password_wipes_the_slate() -> None:
    """Four wrong, one right, four wrong: still in."""
    book = LockOut()

    wrong(book, "chief", 1, 2, 3, 4)
    book.right("chief")
    wrong(book, "chief", 5, 6, 7, 8)

    assert book.refused_for("chief", 8) == 0


def test_name_is_the_same_however_it_is_written() -> None:
    """Capitals and blanks are no way around, and a neighbour is not touched."""
    book = LockOut()

    for name in ("chief", "CHIEF", " Chief", "chief ", "cHIEF"):
        book.wrong(name, 1)

    assert book.refused_for("Chief", 1) > 0
    assert book.refused_for("chie", 1) == 0


def test_after_the_span_it_takes_as_many_wrong_ones_again() -> None:
    """One more mistake does not lock out at once."""
    book = LockOut()
    wrong(book, "chief", *[0.0] * WRONG_MAX)

    wrong(book, "chief", WINDOW_SECONDS)

    assert book.refused_for("chief", WINDOW_SECONDS) == 0


def test_invented_names_cannot_fill_the_memory() -> None:
    """The oldest are forgotten beyond the limit."""
    book = LockOut()
    for number in range(lockout.NAMES_MAX + 50):
        wrong(book, f"user-{number}", *[1.0] * WRONG_MAX)

    assert len(book._wrong) == len(book._until) == lockout.NAMES_MAX
    assert book.refused_for("user-0", 1) == 0
    assert book.refused_for(f"user-{lockout.NAMES_MAX + 49}", 1) > 0
