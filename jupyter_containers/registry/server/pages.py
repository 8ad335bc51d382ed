"""Lists in pages: `n` and `last`, and the Link to the next."""

from __future__ import annotations

import bisect
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_containers.registry.server.refusals import Refusal

MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """`link` is the value of the Link header, "" on the last page."""

    entries: Sequence[str]
    link: str = ""


def page(entries: Sequence[str], path: str, *, n: str | None = None, last: str | None = None) -> Page:
    """Return the entries after `last`, `n` at most. `entries` must be sorted. Raises Refusal if `n` is no number."""
    if n is not None and not (n.isascii() and n.isdigit() and len(n) < 10):
        raise Refusal(400, "PAGINATION_NUMBER_INVALID", f"n must be a number of entries, not {n!r}")
    start = bisect.bisect_right(entries, last) if last is not None else 0
    count = MAX_ENTRIES if n is None else min(int(n), MAX_ENTRIES)
    shown = entries[start : start + count]
    if not shown or start + count >= len(entries):
        return Page(shown)
    query = urllib.parse.urlencode({"n": count, "last": shown[-1]})
    return Page(shown, f'<{path}?{query}>; rel="next"')
