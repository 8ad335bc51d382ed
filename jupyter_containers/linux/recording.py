"""What a process asks of the kernel, call by call; for one that makes a container and then is it, or ends.

Nothing of this is there when nobody wants a record: no question "is it on?" stands in the way of any call. `begin` puts
a wrapper in the place of each function by which this package reaches the kernel, in this process and in those that it
forks from then on; `end` takes the wrappers away again.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from jupyter_containers.linux import libc, namespaces

# A call as it is kept: the step that it was part of, its name, its arguments, what came of it (None: it failed), errno,
# microseconds. A list, since it travels as JSON.
Call = list[Any]

_LONGEST_TEXT = 300

# What else than libc.py leads to the kernel, by where it is. Reading is left out: it changes nothing.
_PYTHONS_OWN: tuple[tuple[ModuleType, str], ...] = (
    (namespaces, "clone"),
    (socket, "sethostname"),
    (resource, "setrlimit"),
    *((os, name) for name in (
        "open", "dup", "write", "mkdir", "mknod", "symlink", "chown", "fchown", "chdir", "fchdir", "setsid", "umask",
        "setgroups", "setresgid", "setresuid",
    )),
)  # fmt: skip


class Recorder:
    """The calls since `begin`, in their order."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._named = 0
        self._originals: list[tuple[ModuleType, str, Any]] = []

    def name_step(self, step: str) -> None:
        """Say what the calls since the last step were for."""
        for call in self._calls[self._named :]:
            call[0] = step
        self._named = len(self._calls)

    def steps(self, steps: Iterator[Any]) -> Iterator[Any]:
        """Pass steps on, which `describe` themselves, and give each the calls that are made before the next one."""
        for step in steps:
            yield step
            self.name_step(step.describe())

    def take(self, step: str = "") -> list[Call]:
        """Return the calls, the last of them for `step`, and begin anew."""
        self.name_step(step)
        taken, self._calls, self._named = self._calls, [], 0
        return taken

    def install(self) -> None:
        for name in ("syscall", "call"):
            self._replace(libc, name, self._watched_libc(getattr(libc, name), 1 if name == "syscall" else 0))
        for module, name in _PYTHONS_OWN:
            self._replace(module, name, self._watched(getattr(module, name), name))

    def remove(self) -> None:
        while self._originals:
            module, name, function = self._originals.pop()
            setattr(module, name, function)

    def _replace(self, module: ModuleType, name: str, wrapper: Callable[..., Any]) -> None:
        self._originals.append((module, name, getattr(module, name)))
        setattr(module, name, wrapper)

    def _watched_libc(self, function: Callable[..., int], name_at: int) -> Callable[..., int]:
        def watched(*arguments: Any, path: str | bytes | None = None) -> int:
            shown = arguments[name_at + 1 :]
            return int(self._observe(str(arguments[name_at]), shown, function, *arguments, path=path))

        return watched

    def _watched(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def watched(*arguments: Any, **keywords: Any) -> Any:
            return self._observe(name, (*arguments, *keywords.values()), function, *arguments, **keywords)

        return watched

    def _observe(
        self, name: str, shown: tuple[Any, ...], function: Callable[..., Any], *arguments: Any, **keywords: Any
    ) -> Any:
        began = time.perf_counter_ns()
        result, number = None, 0
        try:
            result = function(*arguments, **keywords)
            return result
        except OSError as error:
            number = error.errno or 0
            raise
        finally:
            duration = (time.perf_counter_ns() - began) // 1000
            if (name, result) != ("clone", 0):  # the child's own return from it, which its parent has, too
                told = None if number else result if isinstance(result, int) else 0
                self._calls.append(["", name, [_plain(argument) for argument in shown], told, number, duration])


_active: list[Recorder] = []


def begin() -> Recorder:
    """Record what this process asks of the kernel from now on."""
    recorder = Recorder()
    recorder.install()
    _active.append(recorder)
    return recorder


def active() -> Recorder | None:
    """Return the recorder of this process, its own or inherited by fork; None when nothing is recorded."""
    return _active[-1] if _active else None


def end() -> None:
    """Record no more."""
    if _active:
        _active.pop().remove()


def _plain(value: Any) -> Any:
    """Return an argument as JSON: numbers and text as they are, the numbers in a structure, else its kind."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace").rstrip("\0")[:_LONGEST_TEXT]
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)[:_LONGEST_TEXT]
    if isinstance(value, (list, tuple, ctypes.Array)):
        return [_plain(one) for one in value][:64]
    return str(value)[:_LONGEST_TEXT] if isinstance(value, str) else type(value).__name__
