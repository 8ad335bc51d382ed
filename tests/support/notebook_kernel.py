"""A real kernel: cells in, outputs out as a front end would have them, interrupts in between."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


@dataclass
class Reply:
    """What a cell left: its outputs, updates applied, and the error that ended it. `messages` counts displays."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    messages: int = 0
    seconds: float = 0.0
    displays: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All that is to be read, in its order."""
        return "\n".join(str(output.get("text/plain", "")) for output in self.outputs)

    @property
    def error_lines(self) -> list[str]:
        return [] if self.error is None else list(self.error["traceback"])


class Kernel:
    """Runs cells one after the other."""

    def __init__(self, manager: KernelManager) -> None:
        self._manager = manager
        self._client = manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=SECONDS)

    def begin(self, cell: str) -> str:
        """Send a cell; return what `finish` wants."""
        # Else ipykernel refuses, for a moment after an error, the next one, too.
        return str(self._client.execute(cell, stop_on_error=False))

    def finish(self, request: str, *, until: str | Callable[[str], bool] = "", reply: Reply | None = None) -> Reply:
        """Collect outputs to the end of the cell, or until `until` is to be read, or says so of all that is."""
        reply, begun = reply or Reply(), time.monotonic()
        is_enough = until if callable(until) else lambda text: bool(until) and until in text
        while not is_enough(reply.text):
            message = self._client.get_iopub_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            _take(reply, kind, content)
        reply.seconds += time.monotonic() - begun
        return reply

    def run(self, cell: str) -> Reply:
        return self.finish(self.begin(cell))

    def answer(self, text: str) -> dict[str, Any]:
        """Type what the running cell asks for; return the question."""
        question: dict[str, Any] = self._client.get_stdin_msg(timeout=SECONDS)["content"]
        self._client.input(text)
        return question

    def interrupt(self) -> None:
        """Do what the Interrupt button does."""
        self._manager.interrupt_kernel()

    def complete(self, text: str) -> list[str]:
        """Return what Tab proposes at the end of a text, with what stands there already."""
        answer = self._client.complete(text, len(text), reply=True, timeout=SECONDS)["content"]
        return [text[: answer["cursor_start"]] + match for match in answer["matches"]]

    def close(self) -> None:
        self._client.stop_channels()


def _take(reply: Reply, kind: str, content: Mapping[str, Any]) -> None:
    if kind == "stream":
        reply.outputs.append({"text/plain": content["text"], "kind": kind})
    elif kind in ("display_data", "execute_result"):
        output = {**content["data"], "kind": kind}
        reply.messages += 1
        reply.outputs.append(output)
        reply.displays[content.get("transient", {}).get("display_id", "")] = output
    elif kind == "update_display_data":
        reply.messages += 1
        output = reply.displays[content["transient"]["display_id"]]
        output.clear()
        output.update({**content["data"], "kind": "display_data"})
    elif kind == "error":
        reply.error = dict(content)


@contextmanager
def running_kernel(folder: Path, **environment: str) -> Iterator[Kernel]:
    """Run a kernel for the time of the block, in a folder, with this checkout to import."""
    manager = KernelManager(kernel_name="python3", transport="ipc")
    manager.ip = str(folder / "k")
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    manager.start_kernel(env={**os.environ, "PYTHONPATH": paths, **environment}, cwd=str(folder))
    kernel = None
    try:
        kernel = Kernel(manager)
        yield kernel
    finally:
        if kernel is not None:
            kernel.close()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
        manager.context.destroy(linger=0) if manager.context is not None else None
