"""What a format is, and the error of a value that has none."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_containers.errors import InvalidParameter


class CannotTravel(InvalidParameter):
    """A value cannot be carried into a container, or what a container wrote cannot be read."""


@dataclass(frozen=True, slots=True)
class Codec:
    """A format. `unpack` raises ValueError (or a kind of it) for bytes that are not of the format."""

    suffix: str
    takes: Callable[[object], bool]
    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Any]


def loaded(module: str) -> Any:
    """Return a module if it has been imported already: a value cannot be of a class whose module is not there."""
    return sys.modules.get(module)


def importable(module: str) -> Any:
    """Return a module, None if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def needed(module: str, suffix: str) -> Any:
    """Return a module. Raises ValueError if it is not installed."""
    found = importable(module)
    if found is None:
        raise ValueError(f"{suffix} needs {module} in the notebook's environment, where it is not installed")
    return found
