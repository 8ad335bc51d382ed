"""The error of this room: what is wrong, and in which lines."""

from __future__ import annotations

from jupyter_containers.build.failures import place
from jupyter_containers.errors import InvalidParameter

# A line may have megabytes; nobody reads them in an error, and it goes through logs and JSON.
MAX_SHOWN = 2000


class DockerfileError(InvalidParameter):
    """A Dockerfile cannot be understood. `lines`: first and last, from 1; (0, 0) for the whole file."""

    def __init__(self, message: str, lines: tuple[int, int] = (0, 0), source: str = "") -> None:
        super().__init__(_shortened(message))
        self.lines = lines
        place(self, lines, _shortened(source))


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def syntax_error(message: str, lines: tuple[int, int], source: str = "") -> DockerfileError:
    """Return the error for a line that cannot be parsed, with the line number in its text, as dockerd writes it."""
    return DockerfileError(f"dockerfile parse error on line {lines[0]}: {message}", lines, source)
