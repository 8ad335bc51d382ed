"""What a child or the kernel has refused becomes an error with its step."""

from __future__ import annotations

import errno

from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.runtime.create import broken, failure
from jupyter_containers.runtime.executable import CannotExecute
from jupyter_containers.runtime.handshake import Message


def message(kind: str, text: str, **details: object) -> Message:
    return Message("failed", {"kind": kind, "message": text, "details": details})


def test_what_the_user_asked_wrongly_keeps_its_own_words() -> None:
    error = failure(message("invalid_parameter", "unable to find user x", step="look the user up"), "failed")
    assert type(error) is InvalidParameter
    assert error.message == "unable to find user x"


def test_what_broke_is_told_with_its_step() -> None:
    error = failure(message("system", "mount: no", step="mount proc", errno=1), "failed")
    assert type(error) is ContainersError
    assert error.message == "failed: cannot mount proc: mount: no"
    assert error.details == {"step": "mount proc", "errno": 1}


def test_a_command_that_cannot_run_carries_its_exit_code() -> None:
    error = failure(message("invalid_parameter", 'exec: "x": no', exit_code=127), "failed")
    assert isinstance(error, CannotExecute)
    assert error.exit_code == 127
    assert error.message == 'failed: unable to start container process: exec: "x": no: unknown'


def test_a_refusal_outside_names_its_path() -> None:
    error = broken(OSError(errno.ENOSPC, "clone: No space left on device", b"/x"), "clone", "failed")
    assert error.message == "failed: cannot clone: clone: No space left on device: /x"
    assert error.details == {"step": "clone", "errno": errno.ENOSPC, "path": "/x"}
