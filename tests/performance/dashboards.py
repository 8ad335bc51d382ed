"""What a dashboard costs: `python -m tests.performance.dashboards [containers]`.

Processor time of the daemon with its zygote and of the notebook's kernel, in thousandths of a core: while nobody looks
(the daemon keeps its history), while a dashboard is in sight, and while it is open, but out of sight.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.performance import daemons
from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.notebook_kernel import Kernel, running_kernel
from tests.support.standing_daemon import load_image

CONTAINERS, SECONDS = 50, 30.0
# What the page does when it shows a dashboard, and when it goes out of sight.
_SHOW = """
front = get_ipython().magics_manager.registry["ContainerMagics"]._front
[view] = front._panels._views
view.mount.seen.set()
_ = view.actions()["begin"]({})
"""
_HIDE = "view.actions()['visible']({'is': False})"


@dataclass(frozen=True)
class Cost:
    """Thousandths of a core: 20 are 2 %."""

    what: str
    daemon: float
    kernel: float


def measure(containers: int, seconds: float) -> list[Cost]:
    """Return what a dashboard of so many running containers costs, each time for so long."""
    with _site(containers) as (daemon, kernel):
        ours = [daemon.pid, *(pid for pid in daemons.children(daemon.pid) if "shim" not in daemons.command(pid))]
        pid = int(kernel.run("import os\nprint(os.getpid())").text)

        def cost(what: str) -> Cost:
            before = (_spent(ours), _spent([pid]))
            time.sleep(seconds)
            after = (_spent(ours), _spent([pid]))
            return Cost(what, *((now - then) / seconds / 1e6 for now, then in zip(after, before, strict=True)))

        found = [cost("nobody looks")]
        _run(kernel.run, "%load_ext jupyter_containers", "%container dashboard", _SHOW)
        found.append(cost("a dashboard is in sight"))
        _run(kernel.run, _HIDE)
        found.append(cost("a dashboard is open, and out of sight"))
    return found


@contextmanager
def _site(containers: int) -> Iterator[tuple[Daemon, Kernel]]:
    folder = Path(tempfile.mkdtemp(prefix="jcp-"))
    try:
        with running_daemon(folder / "d") as daemon:
            api = Api(str(daemon.socket))
            load_image(api)
            for number in range(containers):
                script = "while true; do echo working; sleep 1; done"
                api.run("sh", "-c", script, name=f"c{number}", host={"NetworkMode": "bridge", "Memory": 64 << 20})
            with running_kernel(folder, DOCKER_HOST=daemon.host) as kernel:
                yield daemon, kernel
    finally:
        shutil.rmtree(folder)


def _run(run: Callable[[str], object], *cells: str) -> None:
    for cell in cells:
        error = getattr(run(cell), "error", None)
        assert error is None, error


def _spent(pids: list[int]) -> int:
    return sum(map(daemons.cpu_ns, pids))


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else CONTAINERS
    print(f"| {count} running containers | daemon | kernel | together |\n|---|---:|---:|---:|")
    for cost in measure(count, SECONDS):
        parts = (cost.daemon, cost.kernel, cost.daemon + cost.kernel)
        print(f"| {cost.what} | {' | '.join(f'{part / 10:.2f} %' for part in parts)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
