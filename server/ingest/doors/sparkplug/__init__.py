"""Sparkplug B 3.0, host side: edge nodes of other makers, taken in as telemetry grade and kept in the same journal."""
