"""Leases: an image that was sent for a build is kept from prunes until that build is over, though it has no name.

A lease is given with the image, taken up by the build that names the image's id, and ends by itself if none comes.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from jupyter_containers.engine.shelf import KEPT_SECONDS
from jupyter_containers.oci.digest import Digest

_ID = re.compile(r"sha256:[0-9a-f]{64}")


class Leases:
    """Of images of one data root, by their ids; `monotonic` answers seconds. Several for one image count as several."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._given: list[tuple[float, Digest]] = []
        self._taken: Counter[Digest] = Counter()

    def give(self, image_id: Digest) -> None:
        """Keep an image until somebody takes the lease up and is done, or nobody has come for it."""
        self._given.append((self._monotonic() + KEPT_SECONDS, image_id))

    @contextmanager
    def taken(self, names: Iterable[str]) -> Iterator[None]:
        """Keep those images while the block lasts that are named by their ids; a lease of each ends with it."""
        ids = [Digest.parse(name) for name in names if _ID.fullmatch(name)]
        for image_id in ids:
            self._taken[image_id] += 1
            given = next((lease for lease in self._given if lease[1] == image_id), None)
            if given is not None:
                self._given.remove(given)
        try:
            yield
        finally:
            self._taken -= Counter(ids)

    def __contains__(self, image_id: Digest) -> bool:
        now = self._monotonic()
        self._given = [lease for lease in self._given if lease[0] > now]
        return bool(self._taken[image_id]) or any(image_id == leased for _, leased in self._given)
