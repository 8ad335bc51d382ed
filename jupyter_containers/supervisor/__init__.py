"""Supervisor: the daemon's side of zygote and shims, on asyncio.

I own the zygote's process and the connections to shims. I touch their sockets, through zygote.protocol and
shim.protocol alone: I talk to processes, I do not call their code. What a request means is the engine's.

    Launcher.open ─▶ zygote          Launcher.launch ─▶ Shim ─ create, start, attach, exec, kill, wait, delete …
    recovery.reconnect ─▶ Shim of an earlier daemon's container, or how it ended meanwhile
    HostMounts ─▶ a process for the time of one mount, out where containers are made (zygote/mounter.py)

Start at launcher.py; connection.py is the conversation.
"""

from jupyter_containers.shim.protocol import Exit, LogOptions
from jupyter_containers.supervisor.connection import Created, Shim
from jupyter_containers.supervisor.launcher import Launcher
from jupyter_containers.supervisor.recovery import reconnect

__all__ = ["Created", "Exit", "Launcher", "LogOptions", "Shim", "reconnect"]
