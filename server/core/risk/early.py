"""What the engine is told of a school's early warnings; the profile behind it stays outside."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Early:
    """What is told of a school's early warnings; neither warned nor clear: it cannot be told now."""

    warned: bool
    clear: bool
    since: float
    rules: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
