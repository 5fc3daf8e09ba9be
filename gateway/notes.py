"""Small files beside the lanes of an outbox, each with its checksum."""

from collections.abc import Sequence

import structlog

from contract.errors import StorageError
from gateway.disk import Disk
from gateway.lane_front import Settled
from gateway.sealed import seal, unseal
from gateway.shelves import Home
from gateway.writer import Writer

_log = structlog.get_logger("gateway.outbox")


def keep(writer: Writer, disk: Disk, name: str, content: bytes) -> None:
    """Have a note written, without a promise."""

    def job() -> None:
        try:
            disk.replace(name, seal(content), durable=False)
        except OSError as error:
            _log.debug("note_not_kept", name=name, error=str(error))

    writer.submit(job)


def keep_vital(writer: Writer, home: Home, dead: str | None, name: str, content: bytes, done: Settled) -> None:
    """Have a note written durably, at once; `done` is told, or why it is not there. `dead` says that no disk works."""

    def job() -> None:
        error = StorageError(dead or str(home.error)) if dead or home.error is not None else None
        try:
            if error is None:
                home.disk.replace(name, seal(content), durable=True)
        except OSError as failure:
            error = StorageError(f"the disk does not keep {name}: {failure}")
        finally:
            writer.deliver(lambda: done(error))

    writer.submit(job, urgent=True)


def read_each(disks: Sequence[Disk], name: str) -> list[bytes]:
    """Give a note as each disk has it. Blocks; for the start."""
    found = []
    for disk in {id(disk): disk for disk in disks}.values():
        try:
            content = unseal(disk.read(name))
        except OSError as error:
            _log.warning("note_not_read", name=name, error=str(error))
            continue
        if content is not None:
            found.append(content)
    return found
