"""What is measured, and how: times in turn on both sides and as medians, then what each holds at rest."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.performance import builds, contents, crowds, daemons, transfers
from tests.performance.boxes import remove_all, sleeping
from tests.performance.daemons import Side, Timed

IDLE_SECONDS = 3.0
# Starts of a daemon are long, and vary little.
MAX_STARTS = 5
MAX_CROWDS = 3
MAX_BUILDS = 5
MAX_TRANSFERS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table: `ours` and `theirs` in `unit`, smaller is better."""

    what: str
    unit: str
    ours: float
    theirs: float


def measure(rounds: int) -> list[Row]:
    """Run everything; the sides take turns within each benchmark."""
    rows = []
    with daemons.both() as sides:
        rows += [timed(what, work, sides, rounds) for what, work in (*TIMED, *contents.TIMED)]
        few = min(rounds, MAX_CROWDS)
        share = 1.0 if rounds > 1 else 0.05
        rows += [timed(what, work, sides, min(rounds, MAX_BUILDS)) for what, work in builds.timed_at(share)]
        rows += [timed(what, work, sides, min(rounds, MAX_TRANSFERS)) for what, work in transfers.timed_at(share)]
        rows.append(timed(f"{crowds.AT_ONCE} at once: `run --rm` over the API", crowds.run_at_once, sides, few))
        rows += at_rest(sides)
        rows += holding(sides, 1.0 if rounds > 1 else 0.1)
    return [*rows, starting(min(rounds, MAX_STARTS))]


def timed(what: str, work: Callable[[Side], Callable[[], None]], sides: Sequence[Side], rounds: int) -> Row:
    """Measure one thing on both sides in turn, after one unmeasured round each."""
    prepared = [work(side) for side in sides]
    taken: list[list[float]] = [[] for _ in sides]
    gc.disable()
    for number in range(rounds + 1):
        for once, times in zip(prepared, taken, strict=True):
            began = time.perf_counter()
            once()
            if number:
                times.append((time.perf_counter() - began) * 1000)
    gc.enable()
    for side in sides:
        remove_all(side)
    ours, theirs = (statistics.median(times) for times in taken)
    return Row(what, "ms", ours, theirs)


def run_without_network(side: Side) -> Callable[[], None]:
    return lambda: side.api.run("true", network="none")


def run_on_bridge(side: Side) -> Callable[[], None]:
    return lambda: side.api.run("true", network="bridge")


def run_by_cli(side: Side) -> Callable[[], None]:
    def run() -> None:
        side.docker("run", "--rm", daemons.IMAGE, "true")

    return run


def execute(side: Side) -> Callable[[], None]:
    container_id = sleeping(side)
    return lambda: side.api.execute(container_id, "true")


TIMED: tuple[Timed, ...] = (
    ("create + start + wait + remove, no network", run_without_network),
    ("create + start + wait + remove, bridge", run_on_bridge),
    ("`docker run --rm busybox true`", run_by_cli),
    ("exec: create + start + inspect until it has ended", execute),
)

# --- at rest ---------------------------------------------------------------------------------------------------------


def at_rest(sides: Sequence[Side]) -> list[Row]:
    """Measure memory and processor time with one container that does nothing."""
    ids = [sleeping(side) for side in sides]
    shims = [_shim_of(side, container_id) for side, container_id in zip(sides, ids, strict=True)]
    megabytes = [sum(map(daemons.resident_bytes, side.family())) / 1e6 for side in sides]
    private = [daemons.private_bytes(pid) / 1e6 for pid in shims]
    everybody = [[*side.family(), shim] for side, shim in zip(sides, shims, strict=True)]
    before = [sum(map(daemons.cpu_ns, pids)) for pids in everybody]
    time.sleep(IDLE_SECONDS)
    used = [
        (sum(map(daemons.cpu_ns, pids)) - old) / IDLE_SECONDS / 1e6 for pids, old in zip(everybody, before, strict=True)
    ]
    for side in sides:
        remove_all(side)
    return [
        Row("memory of daemon and zygote (dockerd and containerd), resident", "MB", *megabytes),
        Row("memory of an idle container's shim, private", "MB", *private),
        Row("processor time of all these at rest, per second", "ms", *used),
    ]


def holding(sides: Sequence[Side], share: float) -> list[Row]:
    """Measure what each of many running containers costs; `share` of as many as crowds.HELD says."""
    megabytes, used = crowds.held(sides, share)
    what = " and ".join(f"{count} ({name})" for name, count in crowds.HELD.items())
    return [
        Row(f"memory for each of {what} running containers, daemon's share and shim", "MB", *megabytes),
        Row("processor time of all these, per second", "ms", *used),
    ]


def _shim_of(side: Side, container_id: str) -> int:
    return daemons.parent(side.api.call("GET", f"/containers/{container_id}/json")["State"]["Pid"])


# --- starting a daemon -----------------------------------------------------------------------------------------------


def starting(rounds: int) -> Row:
    """Measure from the start of the process to the first answer, each time on the roots of the time before."""
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    with daemons.temporary() as folder:
        commands = {
            "ours": daemons.our_command(folder / "ours"),
            "theirs": daemons.dockerd_command(folder / "theirs"),
        }
        for number in range(rounds + 1):
            for name, words in commands.items():
                process, seconds = daemons.start(words, folder / name)
                daemons.stop(process)
                if number:
                    taken[name].append(seconds * 1000)
    return Row("daemon ready, from its start to its first answer", "ms", *map(statistics.median, taken.values()))
