"""What several containers write, in one stream: each line with the name of its container before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from jupyter_containers.client.streams import Decoder
from jupyter_containers.commands.containers import Logs
from jupyter_containers.commands.results import Said, visible
from jupyter_containers.compose.watching import LogEnded, Wrote

# A line that is longer is not waited for.
_LONGEST = 16 * 1024


class Prefixed:
    """Turns bytes of containers into whole lines. A line that is not complete yet is kept back."""

    def __init__(self, project: str, *, plain: bool = False) -> None:
        self._project = project
        self._plain = plain
        self._decoders: dict[str, Decoder] = {}
        self._rests: dict[tuple[str, int], str] = {}
        self._width = 0

    def add(self, wrote: Wrote) -> str:
        """Take bytes in; return the lines that are complete now, "" if none is."""
        key = (wrote.name, wrote.stream)
        text = self._decoders.setdefault(wrote.name, Decoder()).decode(wrote.stream, wrote.content)
        *lines, rest = (self._rests.pop(key, "") + text).split("\n")
        if len(rest) > _LONGEST:
            lines, rest = [*lines, rest], ""
        if rest:
            self._rests[key] = rest
        return "".join(self._line(wrote.name, line) for line in lines)

    def rest(self, name: str) -> Iterator[Said]:
        """Return the lines of a container that it has not ended, and will not."""
        for key in [key for key in self._rests if key[0] == name]:
            yield key[1], self._line(name, self._rests.pop(key))

    def _line(self, name: str, line: str) -> str:
        if self._plain:
            return f"{line}\n"
        short = visible(name.removeprefix(f"{self._project}-"))
        self._width = max(self._width, len(short))
        return f"{short:<{self._width}} | {line}\n"


class ProjectLogs(Logs):
    """The output kept of the containers of a project."""

    kind: ClassVar[str] = "logs"

    def __init__(self, project: str, *, plain: bool = False) -> None:
        super().__init__(project)
        self._lines = Prefixed(project, plain=plain)

    def apply(self, event: object) -> Iterable[Said]:
        if isinstance(event, Wrote):
            return self._keep(event.stream, self._lines.add(event))
        if isinstance(event, LogEnded):
            return [said for stream, text in self._lines.rest(event.name) for said in self._keep(stream, text)]
        return ()

    def _keep(self, stream: int, text: str) -> tuple[Said, ...]:
        self.output.add_text(stream, text)
        return ((stream, text),) if text else ()
