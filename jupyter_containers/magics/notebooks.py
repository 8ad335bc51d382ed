"""Which notebook this is, so that its containers are found again when its kernel has been restarted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_containers.client import autostart
from jupyter_containers.commands.results import visible
from jupyter_containers.commands.session import NOTEBOOK_LABEL, Session
from jupyter_containers.errors import ContainersError


def notebook_of(shell: Any) -> str:
    """Return what stays when the kernel is restarted: the notebook's path, else the kernel's id; "" in a terminal."""
    if getattr(shell, "kernel", None) is None:
        return ""
    # Jupyter Server tells the one, VS Code the other.
    return os.environ.get("JPY_SESSION_NAME") or str(shell.user_ns.get("__vsc_ipynb_file__") or _kernel_id())


def _kernel_id() -> str:
    from ipykernel.connect import get_connection_file

    try:
        return Path(get_connection_file()).stem.removeprefix("kernel-")
    except RuntimeError:
        return ""


def tell_of_earlier(session: Session) -> None:
    """Say which containers of this notebook run, from a kernel before this one. Starts no daemon; fails in silence."""
    if not session.notebook or not _is_near(session):
        return
    try:
        found = session.client.containers.list(filters={"label": [f"{NOTEBOOK_LABEL}={session.notebook}"]})
    except ContainersError:
        return
    if found:
        names = ", ".join(visible(container.name) for container in found)
        which = (
            "1 container of this notebook is" if len(found) == 1 else f"{len(found)} containers of this notebook are"
        )
        session.front.note(f"{which} still running: {names}")


def _is_near(session: Session) -> bool:
    """Tell whether asking takes no time: a daemon elsewhere may be slow, or not there."""
    return autostart.is_running() if session.uses_own_daemon else session.host.startswith("unix://")
