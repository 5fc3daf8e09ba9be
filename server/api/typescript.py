"""The generator from the OpenAPI document to the dashboard's types: `python -m server.api.typescript [--check]`."""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from server.api.openapi import document

TARGET = Path(__file__).parents[2] / "dashboard" / "src" / "api.gen.ts"
HEADER = (
    "// Made by `python -m server.api.typescript` from the server's OpenAPI document. Do not edit: change server/api/.\n"
)
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")

Schema = dict[str, Any]


def generate(openapi: Schema) -> str:
    """Write one interface for each schema, the stream's events by name, and each route's query, body and reply."""
    schemas: dict[str, Schema] = openapi["components"]["schemas"]
    parts = [HEADER]
    parts += [_declare(name, schemas[name]) for name in sorted(schemas)]
    parts.append(_events(openapi["x-stream-events"]))
    parts.append(_routes(openapi["paths"]))
    return "\n".join(parts)


def _declare(name: str, schema: Schema) -> str:
    comment = f"/** {' '.join(schema['description'].split())} */\n" if schema.get("description") else ""
    if schema.get("type") != "object" or "properties" not in schema:
        return f"{comment}export type {name} = {_type(schema)};\n"
    required = set(schema.get("required", ()))
    lines = [
        f"  {_key(field)}{'' if field in required else '?'}: {_type(inner)};"
        for field, inner in schema["properties"].items()
    ]
    return f"{comment}export interface {name} {{\n" + "\n".join(lines) + "\n}\n"


def _type(schema: Schema) -> str:  # noqa: PLR0911  # One line for each shape, read top-down.
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(option) for option in schema["anyOf"]))
    match schema.get("type"):
        case "array":
            return _array(schema)
        case "object":
            values = schema.get("additionalProperties")
            return f"Record<string, {_type(values)}>" if isinstance(values, dict) else "Record<string, unknown>"
        case str(plain):
            return _PLAIN[plain]
        case _:
            return "unknown"


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return "[" + ", ".join(_type(item) for item in schema["prefixItems"]) + "]"
    items = schema.get("items", {})
    inner = _type(items)
    return f"({inner})[]" if "anyOf" in items or "enum" in items else f"{inner}[]"


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name)


def _events(events: dict[str, Schema]) -> str:
    lines = [f"  {name}: {_type(schema)};" for name, schema in events.items()]
    return "/** The stream's events by name. */\nexport interface StreamEvents {\n" + "\n".join(lines) + "\n}\n"


def _routes(paths: dict[str, Schema]) -> str:
    lines: list[str] = []
    for path, operations in sorted(paths.items()):
        for method, operation in sorted(operations.items()):
            lines.append(f'  "{method.upper()} {path}": {_route(operation)};')
    return "/** Every route: what it takes and what it answers. */\nexport interface Routes {\n" + "\n".join(lines) + "\n}\n"


def _route(operation: Schema) -> str:
    query = [
        f"{_key(parameter['name'])}{'' if parameter.get('required') else '?'}: {_type(parameter['schema'])}"
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    ]
    body = _content(operation.get("requestBody", {}))
    good: Schema = next((answer for status, answer in operation["responses"].items() if status.startswith("2")), {})
    asked = f"{{ {'; '.join(query)} }}" if query else "undefined"
    return f"{{ query: {asked}; body: {body or 'undefined'}; reply: {_content(good) or 'undefined'} }}"


def _content(holder: Schema) -> str:
    media = holder.get("content", {}).get("application/json")
    return _type(media["schema"]) if media else ""


def main() -> int:
    """Write the file, or with `--check` say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is not current")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    text = generate(document())
    if options.check:
        current = options.target.read_text() if options.target.exists() else ""
        if current != text:
            sys.stderr.write(f"{options.target} is not current: run python -m server.api.typescript\n")
            return 1
        return 0
    options.target.parent.mkdir(parents=True, exist_ok=True)
    options.target.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
