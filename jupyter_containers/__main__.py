"""`python -m jupyter_containers`, `jupyter-containers`, `jupyter containers`: the daemon, the doctor, the commands.

The daemon and the doctor are the office's; all other words come from the command table of the shop.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["daemon"]:
        from jupyter_containers.daemon.main import main as daemon

        return daemon(words[1:])
    if words[:1] == ["doctor"]:
        from jupyter_containers.daemon.doctor import main as doctor

        return doctor(words[1:])
    from jupyter_containers.commands.terminal import main as command

    return command(words)


if __name__ == "__main__":
    sys.exit(main())
