"""The other side of notifications: gateways, robots, mail servers and sirens that take, refuse, stall, lie or are down."""
