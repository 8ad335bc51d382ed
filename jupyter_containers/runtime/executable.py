"""Find the program a process names, and become it; when that fails, in Docker's words with Docker's exit code.

127: there is no such program; 126: there is one, and it cannot be executed. Source: execve(2); how dockerd answers.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from typing import NoReturn

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.runtime_spec import Process

NOT_FOUND = 127
NOT_EXECUTABLE = 126


class CannotExecute(InvalidParameter):
    """The process could not become its program; `exit_code` (also in details) is what the container ends with.

    `number` is the errno, by the exit code where nobody has asked the kernel.
    """

    def __init__(self, message: str, *, exit_code: int, number: int | None = None) -> None:
        self.exit_code = exit_code
        self.number = number or (errno.ENOENT if exit_code == NOT_FOUND else errno.EACCES)
        super().__init__(message, exit_code=exit_code, errno=self.number)


def environment(process: Process, home: str) -> dict[str, str]:
    """Return the process's variables; HOME comes from the user's account when it is not set, as in Docker."""
    variables = {}
    for entry in process.env:
        name, equals, value = entry.partition("=")
        if name and equals:
            variables[name] = value
    if not variables.get("HOME"):
        variables["HOME"] = home
    return variables


def execute(process: Process, variables: Mapping[str, str]) -> NoReturn:
    """Become the program of `process`. Raises: CannotExecute."""
    if not process.args:
        raise CannotExecute("no command specified", exit_code=NOT_FOUND)
    name = process.args[0]
    path = find(name, variables.get("PATH", ""))
    try:
        os.execve(path, process.args, dict(variables))
    except OSError as error:
        raise _refused(name, error, stage="") from None
    raise AssertionError("execve came back")


def find(name: str, search_path: str) -> str:
    """Return the path to execute: `name` itself when it has a slash, else the first match in `search_path`.

    Raises: CannotExecute.
    """
    if "/" in name:
        _check(name)
        return name
    for directory in search_path.split(":") if name and search_path else ():
        path = f"{directory or '.'}/{name}"
        try:
            _check(path)
        except CannotExecute:
            continue
        if not path.startswith("/"):
            # A program of the current directory must be asked for by ./, or the directory decides what `ls` is.
            message = f'exec: "{name}": cannot run executable found relative to current directory'
            raise CannotExecute(message, exit_code=NOT_EXECUTABLE)
        return path
    raise CannotExecute(f'exec: "{name}": executable file not found in $PATH', exit_code=NOT_FOUND)


def _check(path: str) -> None:
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else errno.EINVAL
        raise _refused(path, OSError(number, ""), stage=f"stat {path}: ") from None
    if stat.S_ISDIR(found.st_mode) or not os.access(path, os.X_OK):
        raise _refused(path, PermissionError(errno.EACCES, ""), stage="")


def _refused(name: str, error: OSError, *, stage: str) -> CannotExecute:
    number = error.errno or errno.EIO
    exit_code = NOT_FOUND if number == errno.ENOENT else NOT_EXECUTABLE
    return CannotExecute(f'exec: "{name}": {stage}{os.strerror(number).lower()}', exit_code=exit_code, number=number)
