"""How many pages the kernel copies for a fork that does something."""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable

from tests.support.children import answer_of


def copies(work: Callable[[], object], *, after: Callable[[], object] = lambda: None) -> int:
    """Return how many pages are copied for `work` in a new fork of this process, which has done `after` before."""

    def step() -> int:
        after()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        work()
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    # A collection writes to every object there is.
    gc.disable()
    try:
        return int(answer_of(step))
    finally:
        gc.enable()
