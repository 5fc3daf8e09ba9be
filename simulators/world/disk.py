"""A disk of the world: what `MemoryDisk` does, and a power cut in the middle of any of its operations."""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass

from gateway.disk import OpenFile
from gateway.memory_disk import MemoryDisk


@dataclass
class _Fused:
    """An open file whose disk may end with any write or sync."""

    disk: "Disk"
    file: OpenFile

    def write(self, offset: int, content: bytes) -> None:
        """Write; where the power goes now, any part of it may be there."""
        self.file.write(offset, content)
        self.disk.burn()

    def sync(self) -> None:
        """Sync, or not any more."""
        self.disk.burn()
        self.file.sync()

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()


class Disk(MemoryDisk):
    """Implements `gateway.disk.Disk`. `fuse` is how many more operations the power lasts; None for as many as come."""

    def __init__(self, blown: Callable[[], None]) -> None:
        super().__init__()
        self.fuse: int | None = None
        self._blown = blown

    def burn(self) -> None:
        """Count one operation."""
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse <= 0:
                self.fuse = None
                self._blown()

    def create(self, name: str, size: int) -> OpenFile:  # type: ignore[override]  # It is that of the protocol.
        """Make a file."""
        self.burn()
        return _Fused(self, super().create(name, size))

    def reopen(self, name: str, new_name: str) -> OpenFile:  # type: ignore[override]
        """Rename and open."""
        self.burn()
        return _Fused(self, super().reopen(name, new_name))

    def replace(self, name: str, content: bytes, *, durable: bool) -> None:
        """Put a small file in the place of another."""
        self.burn()
        super().replace(name, content, durable=durable)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self.burn()
        super().remove(name)

    # ---------------------------------------------------------------- what is done to it from outside

    def image(self) -> object:
        """Copy what it holds."""
        return copy.deepcopy(self._files)

    def put_back(self, image: object) -> None:
        """Hold what an image holds, as after a card was written back."""
        self._files = copy.deepcopy(image)  # type: ignore[arg-type]  # Of `image` above.
        self._locked = False

    def spoil(self, chance: random.Random) -> str:
        """Flip one bit somewhere in what has been written, and say where."""
        names = [name for name in self.names() if self._files[name].durable.strip(b"\0")]
        if not names:
            return ""
        name = chance.choice(names)
        offset = chance.randrange(len(self._files[name].durable))
        self.flip_bit(name, offset, chance.randrange(8))
        return f"bit {offset} of {name}"

    def cut(self, chance: random.Random, *, whole: bool) -> str:
        """Truncate or delete a segment, and say which."""
        names = [name for name in self.names() if name.endswith(".seg")]
        if not names:
            return ""
        name = chance.choice(names)
        if whole:
            del self._files[name]
            return f"{name} is gone"
        content = self._files[name].durable
        keep = chance.randrange(len(content) + 1)
        del content[keep:]
        return f"{name} is {keep} bytes"
