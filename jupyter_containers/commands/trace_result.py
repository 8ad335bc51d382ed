"""A trace: one command seen as docker's line, as requests to the daemon, and as calls to the kernel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from jupyter_containers.commands.quantities import duration_text
from jupyter_containers.commands.results import Json, Result, aligned, visible
from jupyter_containers.commands.sentences import sentence
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported

FORMAT = "jupyter-containers-trace"
VERSION = 1
REGISTRY = "registry"
# A file may come from anywhere.
LARGEST_FILE = 64 << 20
_SHOWN_ARGUMENTS = 200
_ANSWER = ("openat2", "ENOENT")


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the kernel. `name` is "" for a step that was only timed; `side` is outside, inside or network."""

    side: str
    step: str
    name: str
    arguments: tuple[str, ...]
    result: str
    microseconds: int
    times: int = 1

    @property
    def sentence(self) -> str:
        """What it is for."""
        return sentence(self.name, self.arguments, self.step)

    @property
    def failed(self) -> bool:
        """Whether it was refused. That a path is not there is an answer: this kernel has nothing to hide there."""
        return self.result.startswith("E") and self.result.isupper() and (self.name, self.result) != _ANSWER

    @property
    def line(self) -> str:
        """The call as a programmer writes it: name(arguments) = result."""
        if not self.name:
            return self.step
        words = ", ".join(self.arguments)
        cut = words if len(words) <= _SHOWN_ARGUMENTS else f"{words[:_SHOWN_ARGUMENTS]}…"
        often = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.name}({cut}) = {self.result}{often}"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the daemon. `status` 0: no answer came."""

    method: str
    path: str
    status: int
    microseconds: int
    sent_bytes: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class Process:
    """What was called to make one process: `kind` is container, build step or exec; or what REGISTRY was asked."""

    kind: str
    id: str
    name: str
    calls: tuple[Call, ...]

    @property
    def title(self) -> str:
        took = duration_text(sum(call.microseconds for call in self.calls) / 1e6)
        number = f" ({self.id[:12]})" if self.id else ""
        return f"{self.kind} {self.name}{number}: {len(self.calls)} calls, {took}"


@dataclass(eq=False, repr=False)
class Trace(Result):
    """`command` is ours and `docker` docker's line; `records` are the calls to the kernel, `df` the same as a table."""

    kind: ClassVar[str] = "trace"

    command: str
    docker: str = ""
    requests: tuple[Request, ...] = ()
    processes: tuple[Process, ...] = ()
    note: str = field(default="")

    @property
    def made(self) -> tuple[Process, ...]:
        """The processes that were made, with the calls to the kernel for each."""
        return tuple(process for process in self.processes if process.kind != REGISTRY)

    @property
    def registries(self) -> tuple[Process, ...]:
        """What the daemon has asked of registries, in the same form."""
        return tuple(process for process in self.processes if process.kind == REGISTRY)

    @property
    def records(self) -> list[Json]:
        """The calls to the kernel, and the requests to registries, in their order, as dictionaries."""
        return [
            {
                "process": process.name, "side": call.side, "step": call.step, "call": call.name,
                "arguments": ", ".join(call.arguments), "result": call.result, "microseconds": call.microseconds,
                "times": call.times, "sentence": call.sentence,
            }
            for process in self.processes
            for call in process.calls
        ]  # fmt: skip

    @property
    def df(self) -> Any:
        """The records as a pandas DataFrame. Raises Unsupported without pandas."""
        try:
            import pandas
        except ImportError:
            raise Unsupported(
                "a trace as DataFrame: pandas is not installed here; install it, or take .records"
            ) from None
        return pandas.DataFrame(self.records)

    def text(self) -> str:
        parts = ["CLI", *(f"  {visible(line)}" for line in (self.docker or self.no_docker).splitlines())]
        if self.requests:
            parts += ["", "REST", *self._request_lines()]
        for word, processes in (("REGISTRY", self.registries), ("KERNEL", self.made)):
            for process in processes:
                parts += ["", f"{word}  {visible(process.title)}", *_call_lines(process.calls)]
        if self.note:
            parts += ["", f"KERNEL  {visible(self.note)}"]
        return "\n".join(parts)

    @property
    def no_docker(self) -> str:
        return f"docker has no command like {self.command}"

    def _request_lines(self) -> list[str]:
        rows = [
            [f"{one.microseconds} µs", one.method, one.path, str(one.status or "no answer"), f"{one.received_bytes} B"]
            for one in self.requests
        ]
        return [f"  {line}" for line in aligned(rows)]

    def summary(self) -> str:
        calls = sum(len(process.calls) for process in self.made)
        return f"trace of {visible(self.command)}: {len(self.requests)} requests, {calls} calls to the kernel"

    def data(self) -> Json:
        return {
            "format": FORMAT, "version": VERSION, "command": self.command, "docker": self.docker, "note": self.note,
            "requests": [{name: getattr(one, name) for name in Request.__slots__} for one in self.requests],
            "processes": [
                {
                    "kind": process.kind, "id": process.id, "name": process.name,
                    "calls": [{name: getattr(call, name) for name in Call.__slots__} for call in process.calls],
                }
                for process in self.processes
            ],
        }  # fmt: skip

    def save(self, path: str | Path) -> None:
        """Write it to a file that `load` and `trace replay` read anywhere: no daemon, no privileges."""
        Path(path).write_text(json.dumps(self.data(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read a saved trace. Raises NotFound without the file, InvalidParameter for one that is none."""
        try:
            if Path(path).stat().st_size > LARGEST_FILE:
                raise InvalidParameter(f"{path} is larger than {LARGEST_FILE >> 20} MiB: no trace is")
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls.of_json(content)
        except OSError as error:
            raise NotFound(f"cannot read the trace {path}: {error.strerror}") from None
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InvalidParameter):
                raise
            raise InvalidParameter(f"{path} is not a saved trace: {type(error).__name__}: {error}") from None

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Trace:
        """Return a trace from its `data`. Raises InvalidParameter for another version, ValueError and such for none."""
        if content["format"] != FORMAT:
            raise ValueError("another format")
        if content["version"] != VERSION:
            raise InvalidParameter(
                f"a trace of version {content['version']!r} is another jupyter-containers'; this one reads {VERSION}"
            )
        requests = tuple(request_of(one) for one in content["requests"])
        processes = tuple(process_of(one) for one in content["processes"])
        command, docker, note = (str(content[name]) for name in ("command", "docker", "note"))
        return cls(command, docker, requests, processes, note)


def request_of(one: Mapping[str, Any]) -> Request:
    numbers = (int(one[name]) for name in ("status", "microseconds", "sent_bytes", "received_bytes"))
    return Request(str(one["method"]), str(one["path"]), *numbers)


def process_of(record: Mapping[str, Any]) -> Process:
    """Return a record of a daemon's, or of a saved trace: they differ in what a call's name is called."""
    calls = tuple(
        Call(
            str(call["side"]), str(call["step"]), str(call.get("call", call.get("name", ""))),
            tuple(str(argument) for argument in call["arguments"]), str(call["result"]), int(call["microseconds"]),
            int(call.get("times", 1)),
        )
        for call in record["calls"]
    )  # fmt: skip
    return Process(str(record["kind"]), str(record["id"]), str(record["name"]), calls)


def _call_lines(calls: Sequence[Call]) -> list[str]:
    rows = [[f"{call.microseconds} µs", call.side, call.sentence, call.line if call.name else ""] for call in calls]
    return [f"  {line}" for line in aligned(rows)] if rows else ["  nothing was recorded"]
