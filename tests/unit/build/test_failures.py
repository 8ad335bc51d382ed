from __future__ import annotations

from jupyter_containers.build.failures import CopyFailed, StepFailed, place


def test_a_failed_step_says_the_command_and_the_code_as_dockerd_does() -> None:
    error = StepFailed(("/bin/sh", "-c", "exit 3"), 3, ["said"])
    assert error.message == "The command '/bin/sh -c exit 3' returned a non-zero code: 3"
    assert error.details == {"code": 3, "output": ["said"]}


def test_the_first_place_of_an_error_stays() -> None:
    error = CopyFailed("no")
    place(error, (3, 4), "COPY a b")
    place(error, (9, 9), "other")
    assert error.details == {"line": 3, "end_line": 4, "source": "COPY a b"}


def test_no_place_is_not_noted() -> None:
    error = CopyFailed("no")
    place(error, (0, 0), "")
    assert error.details == {}
