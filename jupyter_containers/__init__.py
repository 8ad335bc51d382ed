"""jupyter_containers: containers for people who live in notebooks.

Three buildings on one lot (README has the map):

    shop       client  commands  verbs  magics              what people touch; speaks HTTP to the daemon
    office     daemon  api  engine  supervisor  build …     one asyncio process that owns the database
    workshop   zygote  shim  runtime  cgroups  linux        thin and synchronous: forks, isolates, executes

This door imports nothing until somebody asks: the zygote comes through it too, and must stay small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_containers.version import __version__

if TYPE_CHECKING:
    from jupyter_containers.client import Client
    from jupyter_containers.verbs import Connection, connect

__all__ = ["Client", "Connection", "__version__", "connect", "load_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:
    """Register `%container` and `%%container` in an IPython shell (`%load_ext jupyter_containers`)."""
    from jupyter_containers.magics import register

    register(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Take the magics and their completion out again (`%unload_ext jupyter_containers`)."""
    from jupyter_containers.magics import unregister

    unregister(ipython)


def __getattr__(name: str) -> Any:
    if name == "Client":
        from jupyter_containers.client import Client

        return Client
    if name in ("Connection", "connect"):
        from jupyter_containers import verbs

        return getattr(verbs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
