"""Audits by the API: one at a time, read while they run, when they have ended, and when they could not."""

from tests.api.conftest import AUDIT, FakeAuditor, House


async def test_an_administrator_starts_an_audit_and_the_log_says_so(house: House) -> None:
    client = await house.sign_in("administrator")
    started = await client.post("/api/v1/audits", json={"start": "2026-09-01", "end": ""})
    wrong = await client.post("/api/v1/audits", json={"start": "yesterday"})
    log = (await client.get("/api/v1/audit")).json()["items"]
    auditor = house.parts.auditor
    assert isinstance(auditor, FakeAuditor)
    auditor.busy = True
    busy = await client.post("/api/v1/audits", json={})

    assert (started.status_code, started.json()) == (202, {"id": "started"})
    assert auditor.asked[0][1:] == (20_697, None)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert "2026-09-01" in wrong.json()["detail"]
    assert (busy.status_code, busy.json()["code"]) == (429, "too_many")
    assert [(line["what"], line["target"]) for line in log if line["what"] == "audit_started"] == [
        ("audit_started", "audit:started")
    ]


async def test_an_audit_is_read_in_each_of_its_states(house: House) -> None:
    client = await house.sign_in("administrator")
    listed = (await client.get("/api/v1/audits")).json()["items"]
    states = {run: (await client.get(f"/api/v1/audits/{run}")).json() for run in (AUDIT, "running", "failed")}
    unknown = await client.get("/api/v1/audits/nothing")
    stats = (await client.get("/api/v1/stats")).json()["audit"]
    metrics = (await client.get("/metrics")).text

    assert [(run["id"], run["passed"]) for run in listed] == [(AUDIT, False)]
    assert (states[AUDIT]["state"], states[AUDIT]["checks"][0]["shown"]) == ("ended", ["a row is missing"])
    assert (states["running"]["state"], states["running"]["done"], states["running"]["total"]) == ("running", 3, 7)
    assert (states["failed"]["state"], states["failed"]["trouble"]) == ("failed", "database: down")
    assert unknown.status_code == 404
    assert stats == {"ended": 5, "passed": False, "differences": 2, "running": False}
    assert "anxiao_audit_passed 0.0" in metrics
    assert "anxiao_archived_batches_total 7.0" in metrics
