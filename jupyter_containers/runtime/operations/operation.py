"""What an operation is."""

from __future__ import annotations

from typing import Protocol

from jupyter_containers.runtime.operations.site import Site


class Operation(Protocol):
    """One frozen step of a plan. It holds all that it needs; the site gives it descriptors when it is its turn."""

    def describe(self) -> str:
        """Say what will be done in one line, as a person would: "mount tmpfs on /dev (nosuid, size=65536k)"."""
        ...

    def execute(self, site: Site) -> None:
        """Do it. Raises: OSError with syscall and path, or a ContainersError when the caller asked the impossible."""
        ...
