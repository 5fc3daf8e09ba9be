"""Rows as InfluxDB line protocol: one line for each record, its metrics as fields. Pure."""

from collections.abc import Sequence

from server.history.store import Row

MEASUREMENT = "reading"
CHECKPOINT = "history_checkpoint"
TEXT_SUFFIX = ".text"  # A metric's texts have a field of their own: InfluxDB refuses a field that changes its type.


def encode_lines(rows: Sequence[Row], *, texts: bool, ns_per_unit: int = 1) -> bytes:
    """Write rows as lines; numbers and booleans (1 or 0) all as floats, texts only where the store keeps them.

    Identities and metric names need no escaping: their alphabets hold nothing that line protocol reads as a sign.
    """
    lines: list[str] = []
    for row in rows:
        fields: list[str] = []
        for name, value in row.metrics.items():
            kind = type(value)
            if kind is float or kind is int:
                fields.append(f"{name}={value}")
            elif kind is bool:
                fields.append(f"{name}=1" if value else f"{name}=0")
            elif kind is str and texts:
                fields.append(f'{name}{TEXT_SUFFIX}="{_escaped(str(value))}"')
        if fields:
            lines.append(f"reading,device={row.device},gateway={row.gateway} {','.join(fields)} {row.t_ns // ns_per_unit}")
    return "\n".join(lines).encode()


def encode_checkpoint(checkpoint: int, at: int) -> bytes:
    """Write the projector's checkpoint as a line of a measurement of its own."""
    return f"{CHECKPOINT} sequence={checkpoint}i {at}".encode()


def _escaped(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("\n", " ") if "\n" in text else text  # Some readers of line protocol split at every line end.
