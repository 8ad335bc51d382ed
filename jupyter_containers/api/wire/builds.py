"""Docker's JSON of builds: parameters of /build, and the lines of its answer in the classic style.

Beside Docker's fields a line may carry `step`: the number, Dockerfile lines and result that the text was made from.
Clients that do not know it ignore it; ours draws the build from it.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_containers.api import filters
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.progress import progress_json
from jupyter_containers.build.executor import STDERR, StepLimits
from jupyter_containers.build.operations.caches import CacheDirectory
from jupyter_containers.build.progress import (
    Event,
    GraphPlanned,
    NodeChanged,
    PullProgress,
    StepCached,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)
from jupyter_containers.engine.cached_steps import CachedStep
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.registry import Progress

RED, RESET = "\x1b[91m", "\x1b[0m"

# BuildKit's word for what a cache mount has kept.
DIRECTORY_TYPE = "exec.cachemount"


class BuildLines:
    """Turns events into lines. Keeps what is needed to cut output at character borders.

    `tells_removal`: say that the container of a step has gone, as dockerd does with `rm`. `tells_graph`: tell of steps
    out of their turn too, in lines (`graph`) that clients of Docker's would print as empty ones.
    """

    def __init__(self, *, tells_removal: bool = False, tells_graph: bool = False) -> None:
        self._decoders: dict[tuple[int, int], codecs.IncrementalDecoder] = {}
        self._tells_removal = tells_removal
        self._tells_graph = tells_graph
        self._containers: dict[int, str] = {}

    def lines(self, event: Event) -> list[dict[str, Any]]:
        """Return the lines that an event becomes."""
        if isinstance(event, GraphPlanned | NodeChanged):
            return [{"graph": _graph(event)}] if self._tells_graph else []
        if isinstance(event, PullProgress):
            return [progress_json(Progress(event.id, event.status, event.current or 0, event.total or 0))]
        if isinstance(event, StepOutput):
            return self._output(event)
        if isinstance(event, StepRunning):
            self._containers[event.number] = event.container_id[:12]
        line = {"stream": _text(event), "step": _step(event)}
        if isinstance(event, StepDone) and self._tells_removal and event.number in self._containers:
            container_id = self._containers.pop(event.number)
            return [{"stream": f"Removing intermediate container {container_id}\n", "step": {}}, line]
        return [line]

    def _output(self, event: StepOutput) -> list[dict[str, Any]]:
        decoder = self._decoders.setdefault(
            (event.number, event.stream), codecs.getincrementaldecoder("utf-8")("replace")
        )
        text = decoder.decode(event.content)
        if not text:
            return []
        if event.stream == STDERR:
            # So dockerd tells the two apart for everybody who only prints.
            text = f"{RED}{text}{RESET}"
        return [{"stream": text, "step": {"number": event.number, "output": event.stream}}]


def _text(event: Event) -> str:
    match event:
        case StepStarted(number=number, total=total, text=text):
            return f"Step {number}/{total} : {text}\n"
        case StepRunning(container_id=container_id):
            return f" ---> Running in {container_id[:12]}\n"
        case StepCached():
            return " ---> Using cache\n"
        case StepDone(image_id=image_id):
            return f" ---> {image_id.removeprefix('sha256:')[:12]}\n" if image_id else ""
        case Warned(line=line, text=text):
            return f"[Warning] {f'line {line}: ' if line else ''}{text}\n"
    return ""


def _step(event: Event) -> dict[str, Any]:
    match event:
        case StepStarted():
            return {
                "number": event.number, "total": event.total, "text": event.text, "line": event.line,
                "endLine": event.end_line, "stage": event.stage, "state": "started",
            }  # fmt: skip
        case StepRunning():
            return {"number": event.number, "state": "running"}
        case StepCached():
            return {"number": event.number, "state": "cached"}
        case StepDone():
            return {"number": event.number, "state": "done", "seconds": event.seconds, "cached": event.cached}
        case Warned():
            last = {"endLine": event.end_line} if event.end_line > event.line else {}
            return {"line": event.line, **last, "warning": event.text}
    return {}


def _graph(event: GraphPlanned | NodeChanged) -> dict[str, Any]:
    if isinstance(event, NodeChanged):
        known = {"seconds": event.seconds, "size": event.size}
        return {"number": event.number, "state": event.state, **{k: v for k, v in known.items() if v is not None}}
    return {
        "steps": [
            {
                "number": node.number, "text": node.text, "line": node.lines[0], "endLine": node.lines[1],
                "stage": node.stage, "stageName": node.stage_name, "inputs": list(node.inputs),
            }
            for node in event.nodes
        ]
    }  # fmt: skip


def limits_from_wire(
    numbers: Mapping[str, int],
    ulimits: Sequence[object],
    *,
    extra_hosts: Sequence[str],
    cpuset_cpus: str,
    cpuset_mems: str,
) -> StepLimits:
    """Read what the processes of a build may use. Raises InvalidParameter."""
    found = []
    for each in ulimits:
        if not isinstance(each, dict):
            raise InvalidParameter(f"parameter ulimits must be a list of objects, not {each!r}")
        found.append((fields.text(each, "Name"), fields.number(each, "Soft"), fields.number(each, "Hard")))
    return StepLimits(
        **numbers,
        ulimits=tuple(found),
        extra_hosts=tuple(extra_hosts),
        cpuset_cpus=cpuset_cpus,
        cpuset_mems=cpuset_mems,
    )


@dataclass(frozen=True, slots=True)
class Prunable:
    """What the filters of a prune look at in a part of the build cache. `last_used` is seconds since the epoch."""

    key: str
    last_used: float
    kind: str = "regular"
    parent: str = ""
    is_shared: bool = False

    def passes(self, wanted: filters.Filters, until: Sequence[float]) -> bool:
        """Tell whether it passes. None has labels, and none is in use outside of a build."""
        if wanted.get("label") or any(self.last_used > moment for moment in until):
            return False
        booleans = (("shared", self.is_shared), ("private", not self.is_shared), ("inuse", False))
        if any(filters.boolean(wanted, name) not in (None, value) for name, value in booleans):
            return False
        texts = (("parent", self.parent), ("type", self.kind))
        return all(value in wanted[name] for name, value in texts if name in wanted) and any(
            self.key.startswith(prefix) for prefix in wanted.get("id", ("",))
        )


def is_directory_prunable(found: CacheDirectory, wanted: filters.Filters, until: Sequence[float]) -> bool:
    """Tell whether what a cache mount has kept passes the filters of a prune."""
    return not found.in_use and Prunable(found.key, found.last_used, DIRECTORY_TYPE).passes(wanted, until)


def is_prunable(step: CachedStep, wanted: filters.Filters, until: Sequence[float], is_shared: bool) -> bool:
    """Tell whether a step of the cache passes the filters of a prune."""
    part = Prunable(step.key, step.last_used, parent=step.parent, is_shared=is_shared)
    return part.passes(wanted, until)
