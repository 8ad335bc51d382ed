"""Execute a notebook in a real kernel and print each cell with its output, beside a real registry on loopback.

Used by `make demo`. Ends what it started: the registry always, the daemon when there was none before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
from demo_registry import registry_with_busybox
from nbclient import NotebookClient

from jupyter_containers.client import autostart

REGISTRY = "127.0.0.1:5000"


def main(path: Path) -> int:
    if os.geteuid() != 0:
        print("the demo must be run by root for now: rootless use is not supported yet", file=sys.stderr)
        return 1
    # The demo shows our own daemon, whatever this shell is pointed at.
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        os.environ.pop(name, None)
    notebook = nbformat.read(path, as_version=4)
    with ExitStack() as stack:
        stack.enter_context(registry_with_busybox(REGISTRY))
        stack.enter_context(stopped_afterwards())
        failed = execute(notebook, path.parent)
    print("\n" + ("a cell failed" if failed else f"all {len(notebook.cells)} cells executed"))
    return 1 if failed else 0


@contextmanager
def stopped_afterwards() -> Iterator[None]:
    """Stop the daemon at the end, unless it was running before."""
    was_running = autostart.is_running()
    try:
        yield
    finally:
        if not was_running:
            autostart.stop()


def execute(notebook: nbformat.NotebookNode, folder: Path) -> bool:
    """Run all cells in order, printing as they end; return whether one raised where it was not to."""
    failed = False

    def show(cell: nbformat.NotebookNode, cell_index: int, **_: object) -> None:
        nonlocal failed
        if cell.cell_type == "code":
            print(f"\n\033[1mIn [{cell_index}]:\033[0m\n{indented(cell.source)}")
            for output in cell.outputs:
                print(indented(text_of(output).rstrip(), "  │ "))
                expected = "raises-exception" in cell.metadata.get("tags", ())
                failed |= output.output_type == "error" and not expected
        else:
            print(f"\n{cell.source}")

    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, allow_errors=True,
        on_cell_executed=show,
    )  # fmt: skip
    client.execute()
    return failed


def text_of(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return str(output.data.get("text/plain", ""))


def indented(text: str, margin: str = "    ") -> str:
    return "\n".join(margin + line for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
