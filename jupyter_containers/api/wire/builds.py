"""Docker's JSON of builds: parameters of /build, and the lines of its answer in the classic style.

Beside Docker's fields a line may carry `step`: the number, Dockerfile lines and result that the text was made from.
Clients that do not know it ignore it; ours draws the build from it.
"""

from __future__ import annotations

import codecs
from typing import Any

from jupyter_containers.api.wire.progress import progress_json
from jupyter_containers.build.progress import (
    Event,
    PullProgress,
    StepCached,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)
from jupyter_containers.registry import Progress


class BuildLines:
    """Turns events into lines. Keeps what is needed to cut output at character borders."""

    def __init__(self) -> None:
        self._decoders: dict[tuple[int, int], codecs.IncrementalDecoder] = {}

    def line(self, event: Event) -> dict[str, Any]:
        if isinstance(event, PullProgress):
            return progress_json(Progress(event.id, event.status, event.current or 0, event.total or 0))
        if isinstance(event, StepOutput):
            return self._output(event)
        return {"stream": _text(event), "step": _step(event)}

    def _output(self, event: StepOutput) -> dict[str, Any]:
        decoder = self._decoders.setdefault(
            (event.number, event.stream), codecs.getincrementaldecoder("utf-8")("replace")
        )
        return {"stream": decoder.decode(event.content), "step": {"number": event.number, "output": event.stream}}


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
            return f"[Warning] line {line}: {text}\n"
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
            return {"line": event.line, "warning": event.text}
    return {}
