"""Commands that a service has run in its container after it starts and before it stops.

Source: Compose Specification, services.post_start and services.pre_stop.
"""

from __future__ import annotations

import shlex
from contextlib import suppress

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import ExecSettings
from jupyter_containers.compose.model import Json, Project, Service
from jupyter_containers.compose.observing import Container
from jupyter_containers.compose.wire import words
from jupyter_containers.errors import ContainersError

_SHOWN = 300


class HookFailed(ContainersError):
    """A command of post_start, pre_stop or a watch ended with another exit code than 0."""


def run_hooks(client: Client, service: Service, kind: str, container: str) -> None:
    """Run the commands of `post_start` or `pre_stop` in a container that runs, in their order. Raises HookFailed."""
    for hook in service.definition.get(kind, ()):
        run_inside(client, container, exec_settings(hook, kind), f"{kind} of {service.name}")


def before_stop(client: Client, project: Project | None, container: Container) -> None:
    """Run what a container's service wants done before it stops; what fails keeps nobody from stopping."""
    service = project.services.get(container.service) if project is not None else None
    if service is not None and container.is_running:
        with suppress(ContainersError):
            run_hooks(client, service, "pre_stop", container.id)


def exec_settings(hook: Json, key: str) -> ExecSettings:
    """Return the process that a hook is, which `key` has in the file. Raises InvalidParameter."""
    return ExecSettings(
        command=tuple(words(hook["command"], key) or ()),
        environment=tuple(f"{name}={value or ''}" for name, value in hook.get("environment", {}).items()),
        workdir=hook.get("working_dir", ""),
        user=hook.get("user", ""),
        privileged=hook.get("privileged", False),
    )


def run_inside(client: Client, container: str, settings: ExecSettings, what: str) -> None:
    """Run a process in a container to its end. Raises HookFailed, which begins with `what`, for its exit code."""
    id_ = client.execs.create(container, settings)
    output = b""
    with client.execs.start(id_) as stream:
        for _, content in stream.exchange():
            output = (output + content)[-_SHOWN:]
    code = client.execs.inspect(id_).get("ExitCode")
    if code:
        said = output.decode("utf-8", "replace").strip()
        command = shlex.join(settings.command)[:80]
        raise HookFailed(f"{what}: {command} ended with exit code {code}{f': {said}' if said else ''}")
