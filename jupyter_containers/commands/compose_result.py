"""The result of a compose command that changes things: what was done, how the services are, what they wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from jupyter_containers.client.streams import STDERR
from jupyter_containers.commands.compose_output import Prefixed
from jupyter_containers.commands.output import Output, plain
from jupyter_containers.commands.quantities import duration_text
from jupyter_containers.commands.results import Json, LiveResult, Said, aligned, visible
from jupyter_containers.compose.attending import Stopping
from jupyter_containers.compose.executing import Began, Done, Failed
from jupyter_containers.compose.members import Status
from jupyter_containers.compose.model import Dependency, Project
from jupyter_containers.compose.noticing import NotActed, Noticed
from jupyter_containers.compose.up import Outcome
from jupyter_containers.compose.watching import LogEnded, Wrote
from jupyter_containers.errors import ContainersError

TITLES = ("SERVICE", "CONTAINER", "STATE", "PORTS")


class ProjectResult(LiveResult):
    """A project after `up`, `down` and the like. True unless something failed.

    `containers` maps names of containers to how they are (service, state, health, exit_code, ports); `done` are the
    operations as sentences; `needs` has for each service what it waits for; `notes` are sentences on the file: keys
    that are left aside, and variables that are not set.
    """

    kind: ClassVar[str] = "compose"

    def __init__(self, verb: str, name: str, project: Project | None = None) -> None:
        self.verb = verb
        self.name = name
        services = project.services if project is not None else {}
        self.needs: Mapping[str, Sequence[Dependency]] = {one.name: one.depends_on for one in services.values()}
        self.notes = project.warnings if project is not None else ()
        self.containers: dict[str, Status] = {}
        self.done: list[str] = []
        self.doing: dict[str, None] = {}
        self.orphans: tuple[str, ...] = ()
        self.stopping = ""
        self.error = ""
        self.interrupts = 0
        self.exit_code: int | None = None
        self.started = datetime.now(UTC)
        self.finished: datetime | None = None
        self.output = Output()
        self._lines = Prefixed(name)

    def __bool__(self) -> bool:
        return not self.error

    @property
    def stdout(self) -> str:
        return self.output.stdout

    @property
    def stderr(self) -> str:
        return self.output.stderr

    def apply(self, event: object) -> Iterable[Said]:
        """Take in what happens to the project, the Outcome, and the error or interrupt that ended it."""
        if isinstance(event, Wrote):
            return self._keep(event.stream, self._lines.add(event))
        if isinstance(event, LogEnded):
            return [said for stream, text in self._lines.rest(event.name) for said in self._keep(stream, text)]
        if isinstance(event, Status):
            return self._status(event)
        if isinstance(event, Began):
            self.doing[event.operation.describe()] = None
        elif isinstance(event, (Done, Failed)):
            self.doing.pop(event.operation.describe(), None)
            if isinstance(event, Done):
                self.done.append(visible(event.operation.describe()))
                return ((STDERR, f"{self.done[-1]}\n"),)
        elif isinstance(event, Noticed):
            said = visible(event.describe())
            self.done += [] if isinstance(event, NotActed) else [said]
            # Among what the services write, as it tells why they write it.
            return self._keep(STDERR, f"watch | {said}\n")
        elif isinstance(event, Stopping):
            self.stopping = "killing" if event.kills else "stopping"
            return ((STDERR, f"{self.stopping}: {visible(event.reason)}\n"),)
        else:
            self._end(event)
        return ()

    def _status(self, status: Status) -> tuple[Said, ...]:
        before = self.containers.get(status.name)
        self.containers[status.name] = status
        if status.state == "exited" and before is not None and before.state != "exited":
            return ((STDERR, f"{visible(status.name)} exited with code {status.exit_code}\n"),)
        return ()

    def _end(self, event: object) -> None:
        self.finished = datetime.now(UTC)
        self.doing.clear()
        if isinstance(event, Outcome):
            self.containers = {status.name: status for status in event.members}
            self.interrupts, self.orphans = event.interrupts, event.orphans
        elif isinstance(event, ContainersError):
            self.error = event.message
        elif isinstance(event, KeyboardInterrupt):
            self.interrupts = max(1, self.interrupts)

    def _keep(self, stream: int, text: str) -> tuple[Said, ...]:
        self.output.add_text(stream, text)
        return ((stream, text),) if text else ()

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each container, by their services in the order of the file."""
        order = {name: place for place, name in enumerate(self.needs)}
        found = sorted(self.containers.values(), key=lambda one: (order.get(one.service, len(order)), one.name))
        return [(one.service, one.name, one.words, ", ".join(one.ports)) for one in found]

    def verdict(self) -> str:
        """Return in one line how it is, or how it ended."""
        took = duration_text((self.finished or datetime.now(UTC)) - self.started)
        if self.error:
            return f"{self.verb} of {self.name} failed after {took}: {self.error}"
        if self.finished is None:
            now = self.stopping or next(iter(self.doing), "")
            return f"{self.verb} of {self.name} · {now + ' · ' if now else ''}{took}"
        if self.interrupts:
            return f"{self.verb} of {self.name} was interrupted after {took}"
        if not self.containers:
            return f"{self.verb} of {self.name}: {len(self.done)} operation{'s' * (len(self.done) != 1)} in {took}"
        return f"{self.verb} of {self.name}: {self._counts()} after {took}"

    def _counts(self) -> str:
        counts: dict[str, int] = {}
        for one in self.containers.values():
            counts[one.words] = counts.get(one.words, 0) + 1
        return ", ".join(f"{count} {words}" for words, count in counts.items())

    @property
    def duration(self) -> timedelta:
        return (self.finished or datetime.now(UTC)) - self.started

    def text(self) -> str:
        parts = [plain(self.output.last()).rstrip("\n")]
        if self.containers:
            parts += aligned([TITLES, *self.rows()])
        elif self.done:
            parts += self.done
        if self.orphans:
            parts.append(self.orphans_told())
        return "\n".join(part for part in [*parts, f"[{visible(self.verdict())}]"] if part)

    def orphans_told(self) -> str:
        names = visible(", ".join(self.orphans))
        return f"there are containers whose services are not in the file: {names}; --remove-orphans removes them"

    def summary(self) -> str:
        return visible(self.verdict())

    def data(self) -> Json:
        return {
            "verb": self.verb,
            "project": self.name,
            "services": [
                {"name": name, "needs": [{"service": need.service, "condition": need.condition} for need in needs]}
                for name, needs in self.needs.items()
            ],
            "containers": [
                {"service": one.service, "name": one.name, "id": one.id, "state": one.state, "health": one.health,
                 "exitCode": one.exit_code, "ports": list(one.ports)}
                for one in self.containers.values()
            ],
            "done": self.done,
            "orphans": list(self.orphans),
            "notes": list(self.notes),
            "error": self.error,
            "interrupts": self.interrupts,
            "seconds": self.duration.total_seconds(),
            "output": [{"stream": stream, "text": text} for stream, text in self.output.last()],
            "linesInAll": self.output.lines,
        }  # fmt: skip
