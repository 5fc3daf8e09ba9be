"""Finds the line of a site file that a complaint speaks of, so that a mistake is mended where it stands."""

import re

_STEP = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)\[(?P<number>[0-9]+)\]\.")
_HEADER = re.compile(r"\s*\[")


def line_of(text: str, place: str) -> int | None:
    """Give the 1-based line of a place such as `agents[2].lines[1].use`, or the nearest that can be found."""
    lines = text.splitlines()
    start, header, found = 0, "", None
    while step := _STEP.match(place):
        place = place[step.end() :]
        header = f"{header}.{step['name']}" if header else step["name"]
        pattern = re.compile(r"\s*\[\[\s*" + re.escape(header) + r"\s*\]\]")
        matches = [index for index, line in enumerate(lines) if index >= start and pattern.match(line)]
        if len(matches) < int(step["number"]):  # Written as an inline array: the key that holds it is the nearest.
            place = header.rpartition(".")[2]
            break
        found = matches[int(step["number"]) - 1]
        start = found + 1
    table, _, key = place.rpartition(".")
    if table:
        pattern = re.compile(r"\s*\[\s*" + re.escape(table) + r"\s*\]")
        found = next((index for index, line in enumerate(lines) if pattern.match(line)), None)
        start = 0 if found is None else found + 1
    pattern = re.compile(r"\s*[\"']?" + re.escape(key) + r"[\"']?\s*=")
    for index in range(start, len(lines)):
        if _HEADER.match(lines[index]):
            break
        if pattern.match(lines[index]):
            return index + 1
    return None if found is None else found + 1
