"""What the registry has answered, and what it keeps, for a Prometheus that asks now and then.

Source: Prometheus, Exposition formats, "Text-based format".
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

from aiohttp import web

PATH = "/metrics"
_FORM = "text/plain; version=0.0.4; charset=utf-8"
# Each name of a method would be kept for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_ANSWERS = "registry_answers_total"
# What `measure` may tell.
_GAUGES = {
    "registry_repositories": "Repositories that have a manifest.",
    "registry_stored_bytes": "Bytes of all blobs and manifests.",
    "registry_unfinished_bytes": "Bytes that have come of uploads that are not finished.",
}


class Metrics:
    """Counts answers, on one event loop. `measure` tells what is there, by the names of gauges; it blocks."""

    def __init__(self, measure: Callable[[], Mapping[str, int]]) -> None:
        self._measure = measure
        self._answers: Counter[tuple[str, int]] = Counter()

    def count(self, method: str, status: int) -> None:
        self._answers[method if method in _METHODS else "other", status] += 1

    async def answer(self) -> web.Response:
        """Return all of it as an answer."""
        measured = await asyncio.to_thread(self._measure)
        return web.Response(body=self._text(measured).encode(), headers={"Content-Type": _FORM})

    def _text(self, measured: Mapping[str, int]) -> str:
        lines = [f"# HELP {_ANSWERS} Answers, by the request's method and their status.", f"# TYPE {_ANSWERS} counter"]
        for (method, status), count in sorted(self._answers.items()):
            lines.append(f'{_ANSWERS}{{method="{method}",code="{status}"}} {count}')
        for name, words in _GAUGES.items():
            if name in measured:
                lines += [f"# HELP {name} {words}", f"# TYPE {name} gauge", f"{name} {measured[name]}"]
        return "\n".join(lines) + "\n"
