"""The pure core: liveness, coverage, rules and alerts. No async, files, sockets, clock, randomness or logging."""
