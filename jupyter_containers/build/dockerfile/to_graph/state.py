"""What a stage knows while its lines are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jupyter_containers.build.dockerfile.expand import ExpansionError, expand, expand_content
from jupyter_containers.build.dockerfile.instructions import Statement
from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.build.dockerfile.to_graph.plan import Opening, PlannedStep
from jupyter_containers.build.executor import NetworkMode
from jupyter_containers.build.graph import Operation, Vertex, vertex
from jupyter_containers.oci.image_config import ProcessDefaults

DEFAULT_SHELL = ("/bin/sh", "-c")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(slots=True)
class StageState:
    """Changes line by line. `arguments` are ARGs declared so far that have a value; `top` is the last vertex.

    `declared` are the names of all ARGs so far, each with its value or ""; `declarations` the names in their order, one
    that was declared again again.
    """

    number: int
    top: Vertex
    process: ProcessDefaults
    build_args: Mapping[str, str | None]
    global_arguments: Mapping[str, str]
    network: NetworkMode = "default"
    author: str = ""
    # The platform of the stage, if its programs do not run here.
    foreign: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    declarations: list[str] = field(default_factory=list)
    has_own_cmd: bool = False
    steps: list[PlannedStep] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        return dict(entry.partition("=")[::2] for entry in self.process.env)

    @property
    def variables(self) -> dict[str, str]:
        """What expansion sees: ENV beats ARG."""
        return self.arguments | self.env

    @property
    def shell(self) -> tuple[str, ...]:
        return self.process.shell or DEFAULT_SHELL

    @property
    def working_dir(self) -> str:
        return self.process.working_dir or "/"

    def expand(self, text: str, line: Line) -> str:
        """Return one word expanded. Raises DockerfileError with the line."""
        try:
            return expand(text, self.variables, line.escape)
        except ExpansionError as error:
            raise line.error(str(error)) from error

    def expand_content(self, text: str, line: Line) -> str:
        """Return the content of a heredoc with variables replaced; quotes in it are text."""
        try:
            return expand_content(text, self.variables, line.escape)
        except ExpansionError as error:
            raise line.error(str(error)) from error

    def change(self, **fields: Any) -> None:
        """Change the config."""
        self.process = replace(self.process, **fields)

    def set_env(self, name: str, value: str) -> None:
        """Set a variable where it stands, or at the end. The order is part of the image."""
        entries = list(self.process.env)
        position = next((i for i, entry in enumerate(entries) if entry.partition("=")[0] == name), len(entries))
        entries[position : position + 1] = [f"{name}={value}"]
        self.change(env=tuple(entries))

    def add_step(
        self,
        statement: Statement,
        created_by: str,
        *,
        operation: Operation | None = None,
        inputs: tuple[Vertex, ...] = (),
        opens: Opening | None = None,
    ) -> None:
        """Note what the statement did; with an operation the stage grows by a vertex on its top."""
        line = statement.line
        added: Vertex | None = None
        if operation is not None:
            added = self.top = vertex(operation, (self.top, *inputs), lines=line.lines, source=line.text)
        elif opens is not None:
            added = self.top
        self.steps.append(
            PlannedStep(self.number, line.text, line.lines, self.process, added, created_by, self.author, opens)
        )
