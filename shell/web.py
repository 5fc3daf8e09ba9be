"""A web server inside a process that has signal handlers of its own."""

import contextlib
from collections.abc import Iterator

import uvicorn


class WebServer(uvicorn.Server):
    """Uvicorn that leaves the signals alone: one place decides when the process stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
