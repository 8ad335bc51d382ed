"""Front ends that print a display once and leave out its updates: jupyter console, qtconsole and what is made of it.

No message says which front end sent it. jupyter_client writes the id of its process into the id of each message
(`Session.msg_id`: session, process, number), and a front end in Python that runs on this machine has a name there. One
whose process is not here is on another machine, or outside of the container that the kernel is in: a console, too, if
somebody is there who can be asked. Front ends in browsers write other ids.
"""

from __future__ import annotations

import os
import re
from typing import Any

PROGRAMS = frozenset({"jupyter-console", "jupyter_console", "jupyter-qtconsole", "qtconsole", "spyder"})
_MESSAGE = re.compile(r".+_(\d+)_\d+")
# The interpreter, -m or options of its own, the program.
_MOST_WORDS = 4


def is_asked_by_console(kernel: Any) -> bool:
    """Tell whether the running cell of an ipykernel was typed into one of PROGRAMS, as far as can be known."""
    parent: dict[str, Any] = getattr(kernel, "get_parent", dict)()
    found = _MESSAGE.fullmatch(str(parent.get("header", {}).get("msg_id", "")))
    if found is None:
        return False
    words = _words(int(found[1]))
    return is_console(words) if words else bool(getattr(kernel, "_allow_stdin", False))


def is_console(words: list[str]) -> bool:
    """Tell whether words are those that start one of PROGRAMS."""
    return any(os.path.basename(word).removesuffix(".py") in PROGRAMS for word in words[:_MOST_WORDS])


def _words(process: int) -> list[str]:
    """Return the words that started a process; none, if it is not here."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")]
    except OSError:
        return []
