"""Writes the JSON Schemas of CS1 to docs/schema/, from the very types that both ends decode with.

python -m scripts.schema
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from contract.identity import Lane
from contract.limits import BATCH_RECORDS_MAX, INTEGER_ABS_MAX, VERSIONS_ACCEPTED
from contract.messages import Birth, Command, Heartbeat, Link, Now, Receipt, Seen, ServerNotice
from contract.records import CheckIn, Clear, ClockAnchor, DeviceAlert, Hole, Press, Reading, Reply

FOLDER = Path(__file__).parent.parent / "docs" / "schema"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
MESSAGES: dict[str, type] = {
    "birth": Birth,
    "link": Link,
    "heartbeat": Heartbeat,
    "receipt": Receipt,
    "seen": Seen,
    "now": Now,
    "command": Command,
    "server": ServerNotice,
}
RECORDS: dict[Lane, tuple[type, ...]] = {
    Lane.ALARM: (Press, Clear, DeviceAlert, Reply, Hole),
    Lane.TELEMETRY: (Reading, CheckIn, Hole, ClockAnchor),
}
TITLES = {Lane.ALARM: "batch-alarm", Lane.TELEMETRY: "batch-telemetry"}


def schemas() -> dict[str, dict[str, Any]]:
    """Give every schema by the name of its file."""
    found = {name: {"$schema": DRAFT, **msgspec.json.schema(kind)} for name, kind in MESSAGES.items()}
    return found | {TITLES[lane]: _batch(lane, kinds) for lane, kinds in RECORDS.items()}


def _batch(lane: Lane, kinds: tuple[type, ...]) -> dict[str, Any]:
    """Describe a batch: its head by hand, as it is framed by hand, and its records by their types."""
    references, definitions = msgspec.json.schema_components(kinds)
    if Reading in kinds:  # Only a reading has no `k`; without saying so a press would pass as one with strange keys.
        definitions["Reading"]["properties"]["k"] = {"const": ""}
    position = {"type": "integer", "minimum": 1, "maximum": INTEGER_ABS_MAX}
    properties = {
        "v": {"enum": list(VERSIONS_ACCEPTED)},
        "g": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{2,39}$", "description": "the gateway"},
        "ep": {"type": "string", "pattern": "^[0-9a-z]{10}$", "description": "the epoch: one start of the gateway"},
        "x": {"const": lane.value, "description": "the lane"},
        "p": {**position, "description": "the position of the first record"},
        "s": {"type": "integer", "description": "when it was sent, milliseconds UTC by the gateway's clock"},
        "r": {"type": "array", "minItems": 1, "maxItems": BATCH_RECORDS_MAX, "items": {"anyOf": list(references)}},
    }
    return {
        "$schema": DRAFT,
        "title": TITLES[lane],
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "$defs": definitions,
    }


def written(schema: dict[str, Any]) -> str:
    """Write a schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file, and remove those that no type stands behind any more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = schemas()
    for path in FOLDER.glob("*.json"):
        if path.stem not in made:
            path.unlink()
    for name, schema in made.items():
        (FOLDER / f"{name}.json").write_text(written(schema))


if __name__ == "__main__":
    main()
