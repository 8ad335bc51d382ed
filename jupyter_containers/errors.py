"""The kinds of failure a caller can act on, and their form as data between processes.

ContainersError                the request failed, nothing more is known            500
├── InvalidParameter           the caller must send something else                  400
├── Unauthorized               the caller must log in                               401
├── Forbidden                  the caller may not, logged in or not                 403
├── NotFound                   the object named is not there                        404
├── Conflict                   the object is there, in a state that does not allow it 409
├── Unsupported                this program, kernel or user cannot do that          501
├── Unavailable                try again later: something needed does not answer    503
├── DeadlineExceeded           the time given ran out                               504
└── Cancelled                  the caller gave up                                   499

Specific errors live beside the code that raises them and inherit one of these. The kinds are those of moby's and
containerd's errdefs. Between processes an error is data (`to_data`, `from_data`), never a pickle and never only text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ContainersError(Exception):
    """Base of all failures that this package reports on purpose; `details` are JSON values (errno, path, step, …)."""

    kind: ClassVar[str] = "system"
    status: ClassVar[int] = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidParameter(ContainersError):
    kind = "invalid_parameter"
    status = 400


class Unauthorized(ContainersError):
    kind = "unauthorized"
    status = 401


class Forbidden(ContainersError):
    kind = "forbidden"
    status = 403


class NotFound(ContainersError):
    kind = "not_found"
    status = 404


class Conflict(ContainersError):
    kind = "conflict"
    status = 409


class Unsupported(ContainersError):
    kind = "unsupported"
    status = 501


class Unavailable(ContainersError):
    kind = "unavailable"
    status = 503


class DeadlineExceeded(ContainersError):
    kind = "deadline_exceeded"
    status = 504


class Cancelled(ContainersError):
    kind = "cancelled"
    status = 499


KINDS: Mapping[str, type[ContainersError]] = {
    kind.kind: kind
    for kind in (
        ContainersError, InvalidParameter, Unauthorized, Forbidden, NotFound, Conflict, Unsupported, Unavailable,
        DeadlineExceeded, Cancelled,
    )
}  # fmt: skip


def to_data(error: BaseException) -> dict[str, Any]:
    """Return the error as JSON values: kind, message, and what is known of errno, path and step."""
    if isinstance(error, ContainersError):
        return {"kind": error.kind, "message": error.message, "details": error.details}
    details: dict[str, Any] = {"type": type(error).__name__}
    if isinstance(error, OSError):
        details["errno"] = error.errno
        details["path"] = _as_text(error.filename)
    return {"kind": ContainersError.kind, "message": str(error) or type(error).__name__, "details": details}


def from_data(data: Mapping[str, Any]) -> ContainersError:
    """Return the error that `to_data` described; an unknown kind becomes the base class."""
    kind = KINDS.get(str(data.get("kind")), ContainersError)
    details = data.get("details")
    # Not through the constructor of a specific class: only kinds travel, and they take a message and details.
    return kind(str(data.get("message", "unknown error")), **(details if isinstance(details, dict) else {}))


def _as_text(name: object) -> str | None:
    if isinstance(name, bytes):
        return name.decode("utf-8", "backslashreplace")
    return None if name is None else str(name)
