"""Large frames between a program and its engine go through files: the other end is `packages/python/src/frame-files.ts`."""
from __future__ import annotations

import itertools
import os
from contextlib import suppress
from typing import Optional

from ._worker.frames import Block

# From here on. A socket gives 64 KiB at a time and changes the process for each: 3.5 MB take 10 ms, and 1.5 ms as a file, which hardly ever
# reaches the disk.
_LEAST_BYTES = 1 << 18
_numbers = itertools.count(1)


class FrameFiles:
    """One end's view of the folder in which an engine's socket lies. Each file is one block, which its reader removes."""

    def __init__(self, folder: str):
        self._folder = folder
        self._last = ""

    def leave(self, block: Block) -> Optional[bytes]:
        """Leaves a block, and gives the name of its file. None for a small one, and where the last still waits: then the socket makes us wait."""
        if block.size < _LEAST_BYTES or os.path.exists(self._last):
            return None
        name = f"from-program-{next(_numbers)}"
        self._last = os.path.join(self._folder, name)
        try:
            with open(self._last, "xb", buffering=0, opener=_private) as file:
                file.write(block.head)
                rest = block.data
                while rest.nbytes > 0:
                    rest = rest[file.write(rest) :]
        except OSError:  # the disk is full: there is still the socket
            with suppress(OSError):
                os.unlink(self._last)
            return None
        return name.encode()

    def take(self, name: memoryview) -> memoryview:
        """The block that the other end left."""
        path = os.path.join(self._folder, os.path.basename(str(name, "ascii")))
        with open(path, "rb", buffering=0) as file:
            os.unlink(path)
            return memoryview(file.read())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
