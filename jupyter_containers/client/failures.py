"""What went wrong, as a kind of errors.py: by the status of an answer, with the daemon's own message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jupyter_containers.errors import KINDS, ContainersError, Unavailable

_BY_STATUS: Mapping[int, type[ContainersError]] = {kind.status: kind for kind in KINDS.values()}
_DETAILS = ("code", "file", "line", "end_line", "source", "output", "failure")


def failure(status: int, content: bytes) -> ContainersError:
    """Return the error for an answer: its kind by status, its message from {"message": …} or the bare text."""
    try:
        body = json.loads(content)
    except ValueError:
        body = content.decode("utf-8", "replace").strip()
    message = body.get("message") if isinstance(body, dict) else body
    return _BY_STATUS.get(status, ContainersError)(str(message or f"the daemon answered {status}"), status=status)


def failure_in_stream(line: Mapping[str, Any]) -> ContainersError | None:
    """Return the error that a line of a stream reports, None when it reports none.

    The answer's status has gone out long before, so that the kind is not known.
    """
    if not line.get("error") and not line.get("errorDetail"):
        return None
    detail = line.get("errorDetail")
    known = detail if isinstance(detail, dict) else {}
    message = known.get("message") or line.get("error") or "unknown error"
    return ContainersError(str(message), **{name: known[name] for name in _DETAILS if known.get(name) is not None})


def no_connection(host: str, reason: object) -> Unavailable:
    """Return the error for a daemon that cannot be reached."""
    return Unavailable(f"cannot connect to the daemon at {host}: {reason}; is it running?")


def connection_lost(host: str, reason: object) -> Unavailable:
    """Return the error for a daemon that went away before its answer was complete."""
    return Unavailable(f"the daemon at {host} went away in the middle of its answer: {reason}")
