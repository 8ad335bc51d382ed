"""--changes: which files a run has added, changed or deleted, asked before its container is removed."""

from __future__ import annotations

from jupyter_containers.client import Client
from jupyter_containers.client.runs import Luggage
from jupyter_containers.commands.carrying import FOLDER
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import MAGIC

LETTERS = {0: "C", 1: "A", 2: "D"}
CHANGES = Argument(
    ("--changes",), "tell which files it added (A), changed (C) or deleted (D)", Takes.NOTHING, only_in=MAGIC
)


def noting(client: Client, result: RunResult, luggage: Luggage | None = None) -> Luggage:
    """Return luggage that also writes the changes into the result."""

    def pack(container: str) -> None:
        if luggage is not None:
            luggage.pack(container)

    def unpack(container: str) -> None:
        found = client.containers.changes(container)
        told = [(LETTERS.get(change["Kind"], "?"), str(change["Path"])) for change in found]
        # The folder of the variables is this side's doing, not the run's.
        result.changes = [(letter, path) for letter, path in told if luggage is None or path != FOLDER]
        if luggage is not None:
            luggage.unpack(container)

    return Luggage(pack, unpack)
