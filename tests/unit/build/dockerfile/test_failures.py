from __future__ import annotations

from jupyter_containers.build.dockerfile.failures import DockerfileError, syntax_error
from jupyter_containers.errors import to_data


def test_a_located_error_travels_with_its_lines() -> None:
    error = syntax_error("unknown instruction: RUNN", (3, 4), "RUNN x")
    assert error.message == "dockerfile parse error on line 3: unknown instruction: RUNN"
    assert to_data(error)["details"] == {"line": 3, "end_line": 4, "source": "RUNN x"}


def test_an_error_of_the_whole_file_has_no_line() -> None:
    assert to_data(DockerfileError("empty"))["details"] == {}
