"""The limits of cgroup v2: which file, and Docker's v1-shaped numbers in v2's terms."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping

from jupyter_containers.cgroups import files
from jupyter_containers.cgroups.checks import check_values
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.block_rates import NO_RATES, BlockRates
from jupyter_containers.oci.runtime_spec import Resources

_DEFAULT_PERIOD = 100000

# Field of Resources → controller, and the words for a message.
_NEEDS: Mapping[str, tuple[str, str]] = {
    "memory_limit": ("memory", "memory"),
    "memory_reservation": ("memory", "memory reservation"),
    "memory_swap": ("memory", "memory and swap"),
    "cpu_shares": ("cpu", "CPU shares"),
    "cpu_quota": ("cpu", "CPU quota"),
    "cpu_period": ("cpu", "CPU period"),
    "cpuset_cpus": ("cpuset", "CPUs"),
    "cpuset_mems": ("cpuset", "memory nodes"),
    "pids_limit": ("pids", "processes"),
    "blkio_weight": ("io", "block I/O weight"),
}


def supported(base: str, controllers: Collection[str]) -> frozenset[str]:
    """Return the kinds of limits that work with these controllers (names of manager.LIMITS)."""
    kinds = {name for name in ("memory", "cpu", "cpuset", "pids") if name in controllers} | {"freezer"}
    if "io" in controllers:
        # The files of a weight are only in groups below the root, so they cannot be looked for: io.weight is io.cost's
        # and always there since Linux 5.4.
        kinds |= {"blkio", "blkio_weight"}
    if "memory" in controllers and _counts_swap(base):
        kinds.add("swap")
    if os.geteuid() == 0:
        kinds.add("devices")
    return frozenset(kinds)


def _counts_swap(base: str) -> bool:
    # The real root has no memory.swap.max; its parameter on the kernel's command line is the other evidence.
    if os.path.exists(f"{base}/memory.swap.max"):
        return True
    is_root = not os.path.exists(f"{base}/cgroup.type")
    try:
        with open("/proc/cmdline", "rb") as line:
            return is_root and b"swapaccount=0" not in line.read().split()
    except OSError:
        return False


def check(resources: Resources, controllers: Collection[str]) -> None:
    """Refuse what cannot be, before anything is made. Raises InvalidParameter, Unsupported."""
    check_values(resources)
    if resources.memory_swappiness is not None:
        raise Unsupported("cannot set swappiness: cgroup v2 has one for the whole machine only")
    if resources.oom_kill_disable:
        raise Unsupported("cannot disable the OOM killer: cgroup v2 always has it")
    for name, (controller, what) in _NEEDS.items():
        value = getattr(resources, name)
        if value is not None and controller not in controllers and not (name == "memory_swap" and value == -1):
            raise Unsupported(f"cannot limit {what}: cgroup controller {controller} is not given to this group")
    _check_io(resources, controllers)


def _check_io(resources: Resources, controllers: Collection[str]) -> None:
    if resources.block_rates != NO_RATES and "io" not in controllers:
        raise Unsupported("cannot limit block I/O: cgroup controller io is not given to this group")


def write(resources: Resources, directory: str) -> None:
    """Write the limits that are set, except devices. Raises InvalidParameter, Unsupported."""
    _write_memory(resources, directory)
    if resources.cpu_shares is not None:
        weight = weight_of_shares(resources.cpu_shares)
        files.write_limit(directory, "cpu.weight", weight, limit="CPU shares")
    if resources.cpu_quota is not None or resources.cpu_period is not None:
        files.write_limit(directory, "cpu.max", _cpu_max(resources, directory), limit="CPU quota")
    if resources.cpuset_cpus is not None:
        _write_cpuset(directory, "cpuset.cpus", resources.cpuset_cpus, "CPUs")
    if resources.cpuset_mems is not None:
        _write_cpuset(directory, "cpuset.mems", resources.cpuset_mems, "memory nodes")
    if resources.pids_limit is not None:
        files.write_limit(directory, "pids.max", _or_max(resources.pids_limit), limit="number of processes")
    if resources.blkio_weight is not None:
        _write_io_weight(directory, resources.blkio_weight)
    _write_block_rates(resources.block_rates, directory)


def weight_of_shares(shares: int) -> int:
    """Return the v2 weight (1 to 10000, default 100) for v1 shares (2 to 262144, default 1024).

    The curve goes through the least, the default and the most of both. Source: opencontainers/cgroups,
    ConvertCPUSharesToCgroupV2Value.
    """
    if shares <= 2:
        return 1
    if shares >= 262144:
        return 10000
    power = math.log2(shares)
    return math.ceil(10 ** ((power * power + 125 * power) / 612 - 7 / 34))


def _write_memory(resources: Resources, directory: str) -> None:
    limit, swap = resources.memory_limit, resources.memory_swap
    if swap is not None and not (swap == -1 and not os.path.exists(f"{directory}/memory.swap.max")):
        files.write_limit(
            directory, "memory.swap.max", _swap_only(swap, limit, directory), limit="memory and swap limit"
        )
    if limit is not None:
        files.write_limit(directory, "memory.max", _or_max(limit), limit="memory limit")
    if resources.memory_reservation is not None:
        value = _or_max(resources.memory_reservation)
        files.write_limit(directory, "memory.low", value, limit="memory reservation")


def _swap_only(swap: int, limit: int | None, directory: str) -> str | int:
    """Return v2's limit of swap alone for a limit of memory and swap together."""
    if swap == -1:
        return "max"
    memory = limit if limit is not None else files.read_number(directory, "memory.max")
    if memory is None or memory == -1:
        raise InvalidParameter(f"a memory and swap limit of {swap} needs a memory limit; set both")
    if swap < memory:
        raise InvalidParameter(f"invalid memory and swap limit {swap}: must not be less than the memory limit {memory}")
    return swap - memory


def _cpu_max(resources: Resources, directory: str) -> str:
    old_quota, _, old_period = (files.read(directory, "cpu.max") or b"max").decode().strip().partition(" ")
    quota = old_quota if resources.cpu_quota is None else _or_max(resources.cpu_quota)
    return f"{quota} {resources.cpu_period or old_period or _DEFAULT_PERIOD}"


def _or_max(value: int) -> str | int:
    return value if value > 0 else "max"


def _write_cpuset(directory: str, name: str, value: str, what: str) -> None:
    try:
        files.write(directory, name, value)
    except OSError as error:
        raise files.refusal(error, name, value, what) from error
    # v2 takes CPUs that are not there and leaves them without effect; say it instead.
    effective = (files.read(directory, f"{name}.effective") or b"").decode().strip()
    if value and numbers(value) - numbers(effective):
        message = f"requested {what} are not available: requested {value}, available: {effective}"
        raise InvalidParameter(message, path=f"{directory}/{name}")


def numbers(text: str) -> set[int]:
    """Return the numbers of a list as the kernel writes it: "0-2,7". Raises InvalidParameter."""
    found: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        try:
            found.update(range(int(first), int(last or first) + 1))
        except ValueError:
            raise InvalidParameter(f"not a list of numbers like 0-2,7: {text!r}") from None
    return found


def _write_block_rates(rates: BlockRates, directory: str) -> None:
    for entry in rates.weights:
        _write_io_weight(directory, entry.rate, f"{entry.major}:{entry.minor} ")
    for word, entries in (
        ("rbps", rates.read_bps), ("wbps", rates.write_bps), ("riops", rates.read_iops), ("wiops", rates.write_iops),
    ):  # fmt: skip
        for entry in entries:
            text = f"{entry.major}:{entry.minor} {word}={entry.rate or 'max'}"
            files.write_limit(directory, "io.max", text, limit="block I/O rate")


def _write_io_weight(directory: str, weight: int, device: str = "") -> None:
    # BFQ has v1's scale of 10 to 1000; io.weight goes from 1 to 10000.
    if os.path.exists(f"{directory}/io.bfq.weight"):
        files.write_limit(directory, "io.bfq.weight", f"{device}{weight}", limit="block I/O weight")
        return
    scaled = 1 + (weight - 10) * 9999 // 990
    files.write_limit(directory, "io.weight", f"{device}{scaled}", limit="block I/O weight")
