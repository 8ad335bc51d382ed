"""What a notebook waits for: the extension, a cell in a container beside the same cell of bash, a cached build.

python -m tests.performance.notebooks [rounds]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.daemon import running_daemon
from tests.support.notebook_kernel import Kernel, running_kernel

ROUNDS = 20
# What the aims of issue and README are told in.
LOADING, RUNNING, BUILDING = 150.0, 150.0, 300.0
_LOADING = """
import json, time
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
import ipykernel.zmqshell
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
wall, cpu = time.perf_counter(), time.process_time()
shell.extension_manager.load_extension("jupyter_containers")
print(json.dumps([(time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000]))
"""
_BUILD = "%%container build -t speed\nFROM host\nRUN true\nRUN echo x > /tmp/x\nCOPY --from=host /etc/hostname /h\n"


@dataclass(frozen=True)
class Speed:
    """Medians in ms: wall time, and of the loading also what the processor was busy."""

    loading: float
    loading_cpu: float
    bash: float
    container: float
    cached_build: float


def measure(rounds: int = ROUNDS) -> Speed:
    """Measure everything; the cells take turns in one kernel."""
    with tempfile.TemporaryDirectory(prefix="speed-") as folder:
        place = Path(folder)
        loads = [_load(place) for _ in range(max(1, rounds // 4))]
        with running_daemon(place) as daemon, running_kernel(place, DOCKER_HOST=daemon.host) as kernel:
            kernel.run("%load_ext jupyter_containers")
            bash, container, builds = _cells(kernel, rounds)
    wall, cpu = (statistics.median(values) for values in zip(*loads, strict=True))
    return Speed(wall, cpu, *(statistics.median(times) for times in (bash, container, builds)))


def _load(place: Path) -> tuple[float, float]:
    environment = {**os.environ, "IPYTHONDIR": str(place / "ipython")}
    run = subprocess.run([sys.executable, "-c", _LOADING], env=environment, capture_output=True, text=True, check=True)
    wall, cpu = json.loads(run.stdout)
    return wall, cpu


def _cells(kernel: Kernel, rounds: int) -> tuple[list[float], list[float], list[float]]:
    cells = ("%%bash\necho hello\n", "%%container run host\necho hello\n", _BUILD)
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for number in range(rounds + 1):
        for cell, taken in zip(cells, times, strict=True):
            reply = kernel.run(cell)
            assert reply.error is None, reply.error_lines
            if number:
                taken.append(reply.seconds * 1000)
    return times


def told(speed: Speed, rounds: int) -> str:
    """Return the measures as people read them."""
    return "\n".join((
        f"loading the extension, over IPython's own: {speed.loading:.0f} ms, {speed.loading_cpu:.0f} ms of a processor "
        f"(aim: {LOADING:.0f})",
        f"`%%container run host` with a line: {speed.container:.0f} ms; `%%bash` with it: {speed.bash:.0f} ms "
        f"(aim: {RUNNING:.0f})",
        f"a build of three steps, all cached: {speed.cached_build:.0f} ms (aim: {BUILDING:.0f})",
        f"Medians of {rounds}, in turn; load {os.getloadavg()[0]:.2f}.",
    ))  # fmt: skip


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    print(told(measure(wanted), wanted))
