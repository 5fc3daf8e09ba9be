"""From lines of the ledger to what the rules go by at one school."""

from collections.abc import Iterable, Sequence

from server.core.param import AS_BUILT, Param, Settings, edges_of
from server.core.rule import Rule
from server.registry.dossier import Dossier
from server.registry.sheets.rule_setting import RuleSetting

KEPT_MAX = 1_000  # Different sets of lines remembered; a city has a few, one for each unit that has set something.


class Tuning:
    """Makes settings of lines. Schools for which the same lines hold share theirs; without lines it is one for all."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._params: dict[str, Param] = {f"{rule.name}.{param.name}": param for rule in rules for param in rule.settings}
        self._usual = Settings({}, edges_of(self._params.values(), {}))
        self._known: dict[tuple[RuleSetting, ...], Settings] = {}

    def of(self, dossier: Dossier) -> Settings:
        """Give the settings of a school. What no rule of ours knows, or may not be so, is left out."""
        lines: Sequence[RuleSetting] = dossier.of(RuleSetting)
        if not lines:
            return self._usual
        key = tuple(lines)
        known = self._known.get(key)
        if known is None:
            told = {self._params[line.id]: line.value for line in lines if line.id in self._params}
            told = {param: value for param, value in told.items() if param.allows(value)}
            if len(self._known) >= KEPT_MAX:
                self._known.clear()
            known = self._known[key] = Settings(told, edges_of(self._params.values(), told))
        return known


def untuned(_dossier: Dossier) -> Settings:
    """Give what rules come with, where nobody asks for more."""
    return AS_BUILT
