"""How a build fails beside its Dockerfile being wrong. The messages are dockerd's."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_containers.errors import ContainersError, InvalidParameter


class CopyFailed(InvalidParameter):
    """A COPY names something that is not there, or cannot stand where it should."""


class StepFailed(ContainersError):
    """A RUN's process ended with another code than 0; it is `code`, and in the details, as the end of its output."""

    def __init__(self, args: Sequence[str], code: int, output: Sequence[str] = ()) -> None:
        super().__init__(
            f"The command '{' '.join(args)}' returned a non-zero code: {code}", code=code, output=list(output)
        )
        self.code = code


def place(error: ContainersError, lines: tuple[int, int], source: str) -> None:
    """Note in the error's details which lines it is about, unless it knows better already."""
    if lines[0]:
        error.details.setdefault("line", lines[0])
        error.details.setdefault("end_line", lines[1])
        error.details.setdefault("source", source)
