"""Steps of builds that failed, which our own daemon keeps. A container there is made as any other: RunSettings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import quote

from jupyter_containers.client.values import Json
from jupyter_containers.errors import Unsupported

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


LAST = "last"


@dataclass(frozen=True, slots=True)
class FailedStep:
    """A step that failed. `line` and `end_line` are of the Dockerfile `file`; `names` what the image was to be called.

    `shell` is what ran its line (`/bin/sh -c`), `output` the end of what it wrote, `missing` are sentences about mounts
    that a container of it does not have. `size` is in bytes; `is_used` when a container stands on it.
    """

    id: str
    names: tuple[str, ...]
    created_at: datetime
    file: str
    line: int
    end_line: int
    instruction: str
    exit_code: int
    output: tuple[str, ...]
    shell: tuple[str, ...]
    environment: tuple[str, ...]
    workdir: str
    user: str
    network: str
    size: int
    is_used: bool
    missing: tuple[str, ...]

    @classmethod
    def from_wire(cls, body: Json) -> Self:
        return cls(
            id=str(body["Id"]),
            names=tuple(body["Names"]),
            created_at=datetime.fromisoformat(body["Created"]),
            file=str(body["File"]),
            line=int(body["Line"]),
            end_line=int(body["EndLine"]),
            instruction=str(body["Instruction"]),
            exit_code=int(body["ExitCode"]),
            output=tuple(body["Output"]),
            shell=tuple(body["Shell"]),
            environment=tuple(body["Env"]),
            workdir=str(body["WorkingDir"]),
            user=str(body["User"]),
            network=str(body["NetworkMode"]),
            size=int(body["Size"]),
            is_used=bool(body["InUse"]),
            missing=tuple(body["Missing"]),
        )


# Within the class, `list` is a method.
Steps: TypeAlias = list[FailedStep]


def failed_step_path(name: str) -> str:
    return f"/build/failures/{quote(name, safe='')}"


class FailedSteps:
    """The failed steps of a daemon of ours; `name` is `last`, an id or its beginning, or the name of the image to be.

    Raises Unsupported for another daemon, NotFound for a name that is not kept.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Steps:
        """Return what is kept, the newest first."""
        self._check_daemon()
        return [FailedStep.from_wire(body) for body in self._transport.request("GET", "/build/failures").json()]

    def find(self, name: str = LAST) -> FailedStep:
        self._check_daemon()
        return FailedStep.from_wire(self._transport.request("GET", failed_step_path(name)).json())

    def remove(self, name: str) -> None:
        """Let go of one. Raises Conflict when a container stands on it."""
        self._check_daemon()
        self._transport.request("DELETE", failed_step_path(name))

    def _check_daemon(self) -> None:
        if not self._transport.is_own_daemon:
            raise Unsupported(
                f"failed steps: the daemon at {self._transport.address} is not ours and keeps none; build with "
                "jupyter-containers' own daemon"
            )
