"""Why a kernel has ended, in words, kept beside its kernel.json until it is started again."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_containers.client import Client
from jupyter_containers.errors import ContainersError

_FILE = "last-end.json"
_READ_BYTES = 4096
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def reason(state: Mapping[str, Any], *, memory_bytes: int = 0, last_words: str = "") -> str:
    """Return why a container with this state has ended. `last_words` are the last line that it wrote."""
    code = int(state.get("ExitCode") or 0)
    said = f": {_CONTROL.sub('?', last_words)[:200]}" if last_words else ""
    if state.get("OOMKilled"):
        limit = f" ({memory_bytes / 2**20:g} MiB)" if memory_bytes else ""
        return f"killed at its memory limit{limit}"
    if code == 0:
        return "ended by itself"
    if code > 128:
        try:
            return f"ended by {signal.Signals(code - 128).name}{said}"
        except ValueError:
            pass  # a number of its own
    return f"ended with exit code {code}{said}"


def telling(text: str) -> tuple[str, ...]:
    """Return arguments by which a new kernel says with its first cell why the one before it has ended; () for "".

    A front end only says that a kernel has died, and nothing that is printed while one starts is shown.
    """
    if not text:
        return ()
    sentence = f"The kernel was started again, and its variables are gone: the one before was {text}"
    lines = (
        "import sys as _sys",
        "def _tell(*_):\n"
        "    get_ipython().events.unregister('pre_run_cell', _tell)\n"
        f"    print({sentence!r}, file=_sys.stderr, flush=True)",
        "get_ipython().events.register('pre_run_cell', _tell)",
    )
    return (f"--IPKernelApp.exec_lines={list(lines)!r}",)


def last_words(client: Client, container: str) -> str:
    """Return the last line that a container has written, "" when it is not known."""
    written = b""
    try:
        for _, content in client.containers.logs(container, tail="5"):
            # A line may be as long as it likes.
            written = (written + content)[-_READ_BYTES:]
    except ContainersError:
        return ""
    lines = written.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def note(folder: Path, text: str) -> None:
    """Keep a reason in the folder of a kernelspec, if it can be written."""
    try:
        (folder / _FILE).write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "reason": text}))
    except OSError:
        pass  # it was said in the log as well


def noted(folder: Path) -> str:
    """Return the reason kept, "" if there is none."""
    try:
        found = json.loads((folder / _FILE).read_text())
        return str(found["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
