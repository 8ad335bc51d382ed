"""What images that come in cost in C on this machine, beside ours: `python -m tests.performance.plain_c [rounds]`.

The same bytes are hashed (sha256sum), inflated (gzip) and written (tar) by programs of C, each in a process of its own,
beside each other as far as the work allows: the wire form is hashed while it is inflated, and the inflated form while
it is unpacked. Nothing of it is kept by a store, and nobody is told how it goes.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.performance import daemons, transfers
from tests.performance.daemons import Side
from tests.performance.disk import own_disk
from tests.support import tiny_image
from tests.support.docker_archive import docker_archive

_UNPACK = "tee >(sha256sum >&2) < {blob} | gzip -dc | tee >(sha256sum >&2) | tar -x -C {folder}"


def by_programs(folder: Path, blobs: list[bytes]) -> Callable[[], None]:
    """Return what unpacks the compressed layers, all at once as ours are."""
    paths = [folder / f"layer{number}" for number, _ in enumerate(blobs)]
    for path, blob in zip(paths, blobs, strict=True):
        path.write_bytes(blob)

    def unpack() -> None:
        target = folder / "root"
        places = [target / path.name for path in paths]
        for place in places:
            place.mkdir(parents=True)
        words = [_UNPACK.format(blob=path, folder=place) for path, place in zip(paths, places, strict=True)]
        begun = [subprocess.Popen(["bash", "-c", word], stderr=subprocess.DEVNULL) for word in words]
        assert [process.wait() for process in begun] == [0] * len(begun)
        shutil.rmtree(target)

    return unpack


def load(side: Side, content: bytes) -> None:
    assert b"Loaded image" in side.api.post("/images/load", content)
    side.api.call("DELETE", f"/images/{transfers.NAME}")


def median_ms(work: Callable[[], None], rounds: int) -> float:
    taken = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken[1:])


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else 5
    large = transfers.large_image(transfers.LAYER_MEGABYTES)
    many = tiny_image.image(transfers.layer(transfers.many_files(transfers.FILES)))
    with own_disk(), daemons.both() as (ours, _), tempfile.TemporaryDirectory(prefix="jcp-c-") as folder:
        pairs = {
            "pull of 300 MB, and its removal": (transfers.pull(ours, megabytes=transfers.LAYER_MEGABYTES), large),
            "load of 20,000 files, and its removal": (
                partial(load, ours, docker_archive({transfers.NAME: many})),
                many,
            ),
        }
        for number, (what, (work, image)) in enumerate(pairs.items()):
            place = Path(folder) / str(number)
            place.mkdir()
            plain = by_programs(place, [layer.content for layer in image.layers])
            us, them = median_ms(work, rounds), median_ms(plain, rounds)
            print(f"{what}: {us:.0f} ms; in C {them:.0f} ms; {us / them:.2f} x")


if __name__ == "__main__":
    main(sys.argv[1:])
