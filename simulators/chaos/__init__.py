"""Chaos with real processes: the operators' own commands are killed, frozen, cut off and lied to while people press."""
