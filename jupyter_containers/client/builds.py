"""Builds: a context goes out, events come back, and at the end there is an image."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.client.build_reader import BuildEvent, BuildReader, ImageBuilt
from jupyter_containers.client.context import Context
from jupyter_containers.client.credentials import header_for_builds
from jupyter_containers.client.failures import failure_in_stream
from jupyter_containers.client.streams import json_lines
from jupyter_containers.client.transport import Transport
from jupyter_containers.client.values import Json
from jupyter_containers.errors import ContainersError

_LINE = re.compile(r"\bline:? (\d+)")


class BuildFailed(ContainersError):
    """A build ended without an image. Details, where known: code, line, end_line and source of the Dockerfile."""

    def __init__(self, message: str, *, status: int = 500, **details: Any) -> None:
        super().__init__(message, **details)
        # A Dockerfile that nobody can build is the caller's, a step that failed is nobody's.
        self.status = status  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What a build is told beside its context, by docker's names. A build argument None takes no value."""

    tags: tuple[str, ...] = ()
    target: str = ""
    build_args: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    no_cache: bool = False
    pull: bool = False
    network: str = ""


class Builds:
    """Builds of a daemon."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def build(self, context: Context, settings: BuildSettings, progress: Callable[[BuildEvent], None]) -> str:
        """Build an image and return its id. Raises BuildFailed, with the lines of the Dockerfile where known.

        Leaving by an exception (an interrupt) closes the connection, which ends the build in the daemon.
        """
        reader, image_id = BuildReader(), ""
        try:
            answer = self._transport.request(
                "POST", "/build", query=_query(context, settings), body=context.chunks(), stream=True,
                headers={"Content-Type": "application/x-tar", **header_for_builds()},
            )  # fmt: skip
            with closing(answer):
                for line in json_lines(self._transport.chunks(answer)):
                    if problem := failure_in_stream(line):
                        raise problem
                    for event in reader.read(line):
                        progress(event)
                        image_id = event.image_id if isinstance(event, ImageBuilt) else image_id
        except ContainersError as error:
            raise _placed(error) from error
        return image_id

    def prune(self, *, every: bool = True) -> Json:
        """Forget the cache of builds; without `every` only the steps that no image shares."""
        body: Json = self._transport.request("POST", "/build/prune", query={"all": every}).json()
        return body


def _query(context: Context, settings: BuildSettings) -> dict[str, Any]:
    return {
        "dockerfile": context.dockerfile_name,
        "t": list(settings.tags),
        "target": settings.target,
        "buildargs": json.dumps(settings.build_args) if settings.build_args else "",
        "labels": json.dumps(settings.labels) if settings.labels else "",
        "nocache": settings.no_cache,
        "pull": settings.pull,
        "networkmode": settings.network,
        "forcerm": True,
        # The classic builder's protocol: BuildKit's own is another one, without HTTP.
        "version": "1",
    }


def _placed(error: ContainersError) -> ContainersError:
    """Return the error of a build with its line, which before the first step is told in its text only."""
    details = dict(error.details)
    status = details.pop("status", error.status)
    if status == 503:
        return error
    if "line" not in details and (match := _LINE.search(error.message)):
        details["line"] = details["end_line"] = int(match[1])
    return BuildFailed(error.message, status=status, **details)
