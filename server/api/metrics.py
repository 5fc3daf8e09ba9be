"""The Prometheus metrics: read from the parts when asked, so that nothing on the alarm path counts twice."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server.api.parts import Parts


class _Now(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        hub, ingest = self._parts.hub, self._parts.ingest
        counted = CounterMetricFamily("anxiao_ingest", "What ingest counted, by name.", labels=["what"])
        for name, value in ingest.counters().items():
            counted.add_metric([name], value)
        yield counted
        yield GaugeMetricFamily("anxiao_dead_letters", "Messages kept as dead letters.", ingest.dead_letters())
        yield GaugeMetricFamily("anxiao_ingest_lag_seconds", "How far ingest is behind.", ingest.lag_ms() / 1000)
        yield GaugeMetricFamily("anxiao_history_behind", "Batches the history is behind.", ingest.history_behind())
        yield GaugeMetricFamily("anxiao_shares", "Of 64: the telemetry that this server commits.", ingest.shares())
        yield GaugeMetricFamily("anxiao_leads", "Whether this server leads; of all, one does.", int(ingest.leads()))
        yield GaugeMetricFamily("anxiao_stream_clients", "Open streams.", hub.clients)
        yield CounterMetricFamily("anxiao_stream_sent", "Events told to streams.", hub.sent)
        yield CounterMetricFamily("anxiao_stream_resets", "Times a screen had to start again.", hub.resets)
        yield CounterMetricFamily("anxiao_stream_stuck", "Streams ended because nobody read.", hub.stuck)
        yield from self._audits()
        yield self._police()
        yield self._schools()
        opened = GaugeMetricFamily("anxiao_alerts_open", "Open alerts, real ones only.", labels=["severity"])
        severities = [0, 0, 0, 0]
        for alert in self._parts.engine.alerts.values():
            if alert.open and alert.mode == "real":
                severities[alert.severity - 1] += 1
        for severity, number in enumerate(severities, 1):
            opened.add_metric([str(severity)], number)
        yield opened
        screens = GaugeMetricFamily("anxiao_screens", "Screens heard lately, by sound.", labels=["audio"])
        for audio, number in self._parts.screens.by_audio().items():
            screens.add_metric([audio], number)
        yield screens

    def _audits(self) -> Iterator[Metric]:
        auditor = self._parts.auditor
        if auditor is None:
            return
        standing, archiver = auditor.standing, auditor.archiver
        yield GaugeMetricFamily("anxiao_audit_passed", "Whether the last audit passed.", int(standing.last_passed))
        yield GaugeMetricFamily("anxiao_audit_differences", "What the last audit found.", standing.last_differences)
        yield GaugeMetricFamily("anxiao_audit_ended_seconds", "When it ended, Unix time.", standing.last_ended_ms / 1000)
        yield CounterMetricFamily("anxiao_audits", "Audits that came to an end.", standing.runs)
        yield CounterMetricFamily("anxiao_audit_failures", "Audits that could not come to an end.", standing.failures)
        yield CounterMetricFamily("anxiao_archived_batches", "Raw batches moved into the archive.", archiver.batches)

    def _police(self) -> CounterMetricFamily:
        """Count police receipts by what each did: moved, late, repeated; and those not taken: unknown, forged."""
        told = CounterMetricFamily("anxiao_police_receipts", "Police receipts, by what each did.", labels=["what"])
        for what, number in self._parts.notifying.desk.counts.items():
            told.add_metric([what], number)
        return told

    def _schools(self) -> GaugeMetricFamily:
        """Count the schools by what is known of their gateway; a school without one is unknown."""
        engine, tree = self._parts.engine, self._parts.registry.tree
        states = {"live": 0, "suspect": 0, "offline": 0, "unknown": 0}
        for school in tree.schools:
            gateway = tree.gateway_of.get(school)
            known = engine.gateway(gateway) if gateway else None
            states[known.liveness if known and known.liveness in states else "unknown"] += 1
        schools = GaugeMetricFamily("anxiao_schools", "Schools by what is known of their gateway.", labels=["liveness"])
        for state, number in states.items():
            schools.add_metric([state], number)
        return schools


def expose(parts: Parts) -> tuple[bytes, str]:
    """Write all metrics in the text format, with its media type."""
    registry = CollectorRegistry()
    registry.register(_Now(parts))
    return generate_latest(registry), CONTENT_TYPE_LATEST
