"""Exports from a running server: for administrators, within their reach, one at a time, and written down."""

import json
from dataclasses import replace

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.records import Reading, encode_record
from server.api.app import build_app
from server.journal.model import BatchWrite
from server.journal.sql import SqlJournal
from tests.api.conftest import House
from tests.registry.city import FIRST, THIRD


async def fill(house: House) -> None:
    """Store a reading of two schools' gateways."""
    assert house.parts.export is not None
    journal = SqlJournal(house.parts.export._database)
    for gateway in ("gw-first", "gw-third"):
        body = encode_batch(
            GatewayId(gateway), EpochId("000001abcd"), Lane.TELEMETRY, 1, 0, [encode_record(Reading("cam-1", 5, {"fps": 1}))]
        )
        write = BatchWrite(GatewayId(gateway), EpochId("000001abcd"), Lane.TELEMETRY, 1, 1, 900, gateway.encode(), body)
        await journal.write([write])


async def test_an_export_is_cut_to_the_asker_and_audited(house: House) -> None:
    await fill(house)
    client = await house.sign_in("administrator")
    answer = await client.get("/api/v1/export/readings?from=0&to=1000")
    lines = [json.loads(line) for line in answer.text.splitlines()]

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert 'filename="readings.jsonl"' in answer.headers["content-disposition"]
    schools = [line["school"] for line in lines[:-1]]
    assert FIRST in schools
    assert lines[-1] == {"kind": "end", "lines": len(schools)}
    user = house.registry.accounts.find("administrator")
    assert user is not None
    assert (THIRD in schools) is (THIRD in house.registry.tree.branch(user.scope))
    assert ("administrator", "export", "readings 0 to 1000") in await house.audited()


async def test_a_span_of_nothing_or_of_years_is_refused(house: House) -> None:
    client = await house.sign_in("administrator")
    for query in ("from=5&to=5", "from=0&to=99999999999", "from=0"):
        assert (await client.get(f"/api/v1/export/incidents?{query}")).status_code == 422


async def test_a_server_without_an_export_says_so(house: House) -> None:
    house.app = build_app(replace(house.parts, export=None))
    client = await house.sign_in("administrator")

    assert (await client.get("/api/v1/export/incidents?from=0&to=5")).status_code == 503
