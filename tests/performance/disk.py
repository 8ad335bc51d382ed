"""A disk of the benchmarks' own, so that what was removed from another one does not count.

Ext4 without a journal, which some virtual machines have, passes over each file number that was freed in the last
minutes before it gives out one. After a removal of 20,000 files a new file takes 0.1 ms there instead of 5 µs, on both
sides and in C, and all that could be measured would be that. Source: Linux, fs/ext4/ialloc.c, recently_deleted().
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.performance.daemons import MEMORY

SIZE_BYTES = 8 << 30


@contextmanager
def own_disk() -> Iterator[None]:
    """Let temporary folders be on a new ext4 with a journal, in memory as far as it is filled. Needs root."""
    place = Path(tempfile.mkdtemp(prefix="jcd-"))
    image = MEMORY / place.name
    before = tempfile.tempdir
    try:
        with image.open("wb") as file:
            file.truncate(SIZE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, place], check=True)
        try:
            tempfile.tempdir = str(place)
            yield
        finally:
            tempfile.tempdir = before
            # Lazily: what a daemon leaves to end after it may still stand on it, and it goes with the last of them.
            subprocess.run(["umount", "--lazy", place], check=True)
    finally:
        image.unlink(missing_ok=True)
        place.rmdir()
