"""The parts of which an indicator's ledger asks: each school's answer to each, told from the verdict's reasons. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from server.core.verdict import Judgement, Tally, Verdict

_MISSING = "missing"


def of_items(verdict: Verdict, items: Sequence[str]) -> Mapping[str, Judgement]:
    """Judge each item of a school: what the verdict says nothing against is in place; an exemption is of all of them.

    Where it names no item and is not met, nobody knows of any.
    """
    if verdict.judgement is Judgement.EXEMPT:
        return dict.fromkeys(items, Judgement.EXEMPT)
    found = dict.fromkeys(items, Judgement.MET)
    for reason in verdict.reasons:
        item, _, word = reason.rpartition(".")
        if item in found:
            found[item] = Judgement.NOT_MET if word == _MISSING else Judgement.UNKNOWN
    named = any(judged is not Judgement.MET for judged in found.values())
    return found if named or verdict.judgement is Judgement.MET else dict.fromkeys(items, Judgement.UNKNOWN)


def tally_items(verdicts: Iterable[Verdict], items: Sequence[str]) -> Mapping[str, Tally]:
    """Count each item over some schools."""
    judged = [of_items(verdict, items) for verdict in verdicts]
    return {item: Tally.of(Verdict(one[item]) for one in judged) for item in items}
