"""The ways in: MQTT brokers and HTTPS, all telling the same ingest the same bytes."""
