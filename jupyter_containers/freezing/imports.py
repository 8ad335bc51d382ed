"""Which modules a session uses: those that its cells import, and those that its variables come from."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

_MAGIC = re.compile(r"^(\s*)[%!].*$", re.M)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
# Cell magics below which there is still Python of this kernel.
_PYTHON_MAGICS = frozenset({"time", "timeit", "capture", "prun"})
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)", re.M)


def of_source(source: str) -> set[str]:
    """Return the names of the top-level modules that a cell imports; what is no Python of this kernel has none."""
    magic = _CELL_MAGIC.match(source)
    if magic is not None:
        if magic[1] not in _PYTHON_MAGICS:
            return set()
        source = source[magic.end() :]
    source = _MAGIC.sub(r"\1pass", source)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set(_IMPORT.findall(source))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def of_namespace(namespace: Mapping[str, Any]) -> set[str]:
    """Return the top-level modules that the variables of a session are, or come from."""
    found: set[str] = set()
    for name, value in list(namespace.items()):
        if name.startswith("_") or name in ("In", "Out", "get_ipython", "exit", "quit", "open"):
            continue
        module = value.__name__ if isinstance(value, ModuleType) else getattr(type(value), "__module__", None)
        if isinstance(value, type) or callable(value):
            module = getattr(value, "__module__", None) or module
        if isinstance(module, str):
            found.add(module.partition(".")[0])
    # Results of ours are in every session that freezes; who uses the package in his code imports it.
    return found - {"jupyter_containers"}


def foreign(names: Iterable[str]) -> list[str]:
    """Return those names that are not the standard library's, in alphabetical order."""
    return sorted({name for name in names if name not in sys.stdlib_module_names and name != "__main__"})
