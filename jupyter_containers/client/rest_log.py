"""What this client asks of a daemon while somebody wants to know: each request with its status, time and size.

Never a body, and of a query only what cannot be a secret: build arguments and addresses of sources stay out.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jupyter_containers.errors import ContainersError

# Asks a daemon of ours for a record of the calls to its kernel; others do not know it.
HEADER = "Jupyter-Containers-Trace"
_SECRET_NAMES = frozenset({"buildargs", "remote", "fromSrc", "cachefrom", "outputs", "message"})
_PLAIN_VALUE = re.compile(r"[\w.:/@+,~-]{0,120}")


@dataclass(slots=True)
class RestCall:
    """A request. `status` 0: no answer came. Sizes are of the bodies, 0 where nobody has counted."""

    method: str
    path: str
    status: int = 0
    duration_us: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    began_us: int = 0  # since the log was begun

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class RestLog:
    """The requests since it was begun, in their order. `token` is the word under which the daemon keeps its record."""

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    calls: list[RestCall] = field(default_factory=list)
    on_call: Callable[[RestCall], None] = lambda _: None
    _began_ns: int = field(default_factory=time.perf_counter_ns)

    @contextmanager
    def timing(self, method: str, path: str) -> Iterator[RestCall]:
        """Write down what the block asks; the block fills in what came."""
        began = time.perf_counter_ns()
        call = RestCall(method, shown_path(path), began_us=(began - self._began_ns) // 1000)
        self.calls.append(call)
        try:
            yield call
        except ContainersError as error:
            call.status = int(error.details.get("status", 0))
            raise
        finally:
            call.duration_us = (time.perf_counter_ns() - began) // 1000
            self.on_call(call)


def shown_path(path: str) -> str:
    """Return a path with its query, less the values that may be secrets or are long."""
    parts = urlsplit(path)
    words = [
        f"{name}={value if name not in _SECRET_NAMES and _PLAIN_VALUE.fullmatch(value) else '…'}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return parts.path + (f"?{'&'.join(words)}" if words else "")
