"""An InteractiveShell for a test, with a folder of its own and nothing left at the end of the interpreter."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@contextmanager
def interactive_shell() -> Iterator[InteractiveShell]:
    """Yield the shell that IPython.display finds, too. The test sets IPYTHONDIR."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        yield shell
    finally:
        atexit.unregister(shell.atexit_operations)
        shell.atexit_operations()
        InteractiveShell.clear_instance()
