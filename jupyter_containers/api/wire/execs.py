"""Docker's JSON of execs."""

from __future__ import annotations

import base64
from typing import Any

from jupyter_containers.api.streams import parse_detach_keys
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.engine.containers.record import ExecSettings
from jupyter_containers.engine.processes import Exec


def exec_settings_from_wire(body: Body) -> ExecSettings:
    """Read a create request. Raises InvalidParameter."""
    return ExecSettings(
        args=fields.texts(body, "Cmd") or (),
        env=fields.texts(body, "Env") or (),
        user=fields.text(body, "User"),
        working_dir=fields.text(body, "WorkingDir"),
        tty=fields.flag(body, "Tty"),
        attach_stdin=fields.flag(body, "AttachStdin"),
        attach_stdout=fields.flag(body, "AttachStdout"),
        attach_stderr=fields.flag(body, "AttachStderr"),
        privileged=fields.flag(body, "Privileged"),
        detach_keys=fields.text(body, "DetachKeys"),
        console_size=fields.pair(body, "ConsoleSize"),
    )


def exec_json(exec_: Exec) -> dict[str, Any]:
    """Write what inspect answers."""
    settings = exec_.settings
    process: dict[str, Any] = {
        "tty": settings.tty,
        "entrypoint": settings.args[0],
        "arguments": list(settings.args[1:]),
        "privileged": settings.privileged,
    }
    if settings.user:
        process["user"] = settings.user
    return {
        "ID": exec_.id,
        "Running": exec_.is_running,
        "ExitCode": exec_.exit_code,
        "ProcessConfig": process,
        "OpenStdin": settings.attach_stdin,
        "OpenStderr": settings.attach_stderr,
        "OpenStdout": settings.attach_stdout,
        "CanRemove": False,
        "ContainerID": exec_.container.id,
        # dockerd tells the bytes, and Go writes bytes so.
        "DetachKeys": base64.b64encode(parse_detach_keys(settings.detach_keys)).decode(),
        "Pid": exec_.pid,
    }
