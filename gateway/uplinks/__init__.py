"""The ways a gateway reaches the server: MQTT brokers and HTTPS doors."""
