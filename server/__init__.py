"""The server: ingest, journal, history, core, channels, reports, stream and API. It meets gateways only on the wire."""
