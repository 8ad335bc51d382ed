from __future__ import annotations

import errno
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_containers.cgroups import manager
from jupyter_containers.cgroups.manager import Cgroup, CgroupManager
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.oci.runtime_spec import DeviceRule, Resources
from tests.integration.cgroups.conftest import PARENT
from tests.support.children import answer_of, exit_of, waiting_child
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "cgroup_v1", "cgroup_memory", "cgroup_cpu", "cgroup_cpuset", "cgroup_pids")
Make = Callable[..., Cgroup]
MIB = 1 << 20


def read(group: Cgroup, controller: str, name: str) -> str:
    return (Path(group.paths[controller]) / name).read_text().strip()


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def group_lines(pid: int) -> dict[str, str]:
    lines = (line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
    return {name: path for _, names, path in lines for name in names.split(",")}


@pytest.mark.parametrize(
    ("limits", "controller", "name", "value"),
    [
        ({"memory_limit": 64 * MIB}, "memory", "memory.limit_in_bytes", str(64 * MIB)),
        ({"memory_reservation": 8 * MIB}, "memory", "memory.soft_limit_in_bytes", str(8 * MIB)),
        ({"memory_swappiness": 7}, "memory", "memory.swappiness", "7"),
        ({"cpu_shares": 333}, "cpu", "cpu.shares", "333"),
        ({"cpu_quota": 25000, "cpu_period": 50000}, "cpu", "cpu.cfs_quota_us", "25000"),
        ({"cpu_quota": 25000, "cpu_period": 50000}, "cpu", "cpu.cfs_period_us", "50000"),
        ({"cpu_quota": 300000, "cpu_period": 1000000}, "cpu", "cpu.cfs_period_us", "1000000"),
        ({"cpuset_cpus": "0"}, "cpuset", "cpuset.cpus", "0"),
        ({"cpuset_mems": "0"}, "cpuset", "cpuset.mems", "0"),
        ({"pids_limit": 17}, "pids", "pids.max", "17"),
        ({"pids_limit": -1}, "pids", "pids.max", "max"),
    ],
)
def test_a_limit_is_in_the_kernels_file(
    make: Make, limits: dict[str, object], controller: str, name: str, value: str
) -> None:
    assert read(make(**limits), controller, name) == value


@pytest.mark.needs("cgroup_swap")
def test_memory_with_swap_goes_up_and_down_in_either_order(make: Make) -> None:
    group = make(memory_limit=64 * MIB, memory_swap=128 * MIB)
    for memory, swap in ((256, 512), (32, 32), (48, 96), (8, 16)):
        group.update(Resources(memory_limit=memory * MIB, memory_swap=swap * MIB))
        assert read(group, "memory", "memory.limit_in_bytes") == str(memory * MIB)
        assert read(group, "memory", "memory.memsw.limit_in_bytes") == str(swap * MIB)
    group.update(Resources(memory_limit=-1, memory_swap=-1))
    assert group.usage().memory_limit_bytes is None


@pytest.mark.needs("cgroup_swap")
def test_memory_over_the_sum_with_swap_is_refused(make: Make) -> None:
    group = make(memory_limit=8 * MIB, memory_swap=16 * MIB)
    with pytest.raises(InvalidParameter, match="set both at the same time"):
        group.update(Resources(memory_limit=32 * MIB))
    assert group.usage().memory_limit_bytes == 8 * MIB


def test_cpus_that_are_not_there_leave_no_group(cgroups: CgroupManager) -> None:
    with pytest.raises(InvalidParameter, match=r"requested CPUs are not available: requested 4095, available: 0"):
        cgroups.create(f"{PARENT}/bad", Resources(memory_limit=8 * MIB, cpuset_cpus="4095"))
    with pytest.raises(NotFound):
        cgroups.open(f"{PARENT}/bad")
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{PARENT}/bad"))


def test_a_process_enters_every_hierarchy_by_itself(make: Make) -> None:
    group = make()
    with waiting_child(group.enter) as pid:
        assert group.processes() == [pid]
        places = group_lines(pid)
        assert {places[name] for name in group.paths if name != "systemd"} == {f"/{PARENT}/one"}


def test_a_process_is_added_from_outside(make: Make) -> None:
    group = make()
    with waiting_child() as pid:
        group.add(pid)
        assert group.processes() == [pid]


def test_adding_nobody_is_an_error(make: Make) -> None:
    with pytest.raises(ProcessLookupError):
        make().add(2**22 - 1)


def test_the_limit_of_processes_holds(make: Make) -> None:
    group = make(pids_limit=3)

    def inside() -> list[int | None]:
        group.enter()
        made = []
        try:
            for _ in range(10):
                pid = os.fork()
                if pid == 0:
                    signal.pause()
                made.append(pid)
        except BlockingIOError:
            count = group.usage().pids
        for pid in made:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return [len(made), count]

    assert answer_of(inside) == [2, 3]
    assert group.usage().pids_limit == 3
    assert read(group, "pids", "pids.events") == "max 1"


def test_the_choice_of_cpus_holds(make: Make) -> None:
    group = make(cpuset_cpus="0")

    def inside() -> list[int]:
        group.enter()
        return sorted(os.sched_getaffinity(0))

    assert answer_of(inside) == [0]


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_the_cpu_quota_throttles_and_is_counted(make: Make) -> None:
    group = make(cpu_quota=5000, cpu_period=20000)
    used = time.monotonic()

    def inside() -> int:
        group.enter()
        burn(0.05)
        return 1

    answer_of(inside)
    assert time.monotonic() - used > 0.1  # a quarter of a CPU makes 50 ms last about 200
    usage = group.usage()
    assert usage.throttled_periods > 2
    assert usage.periods >= usage.throttled_periods
    assert usage.throttled_ns > 20_000_000
    assert usage.cpu_total_ns > 40_000_000
    assert usage.cpu_user_ns + usage.cpu_system_ns > 20_000_000  # counted by sampling
    assert sum(usage.per_cpu_ns) == usage.cpu_total_ns


def test_memory_is_counted_and_running_out_of_it_kills_and_is_told(make: Make) -> None:
    group = make(memory_limit=16 * MIB, memory_swappiness=0)
    event_fd = group.oom_event_fd()
    assert event_fd is not None
    try:
        assert select.select([event_fd], [], [], 0)[0] == []

        def inside() -> None:
            group.enter()
            kept = [bytearray(os.urandom(1)) * MIB for _ in range(64)]
            raise AssertionError(len(kept))

        assert exit_of(inside) == -signal.SIGKILL
        assert select.select([event_fd], [], [], 5)[0] == [event_fd]
    finally:
        os.close(event_fd)
    assert group.oom_kills() == 1
    usage = group.usage()
    assert usage.memory_limit_bytes == 16 * MIB
    assert usage.memory_max_bytes is not None and 15 * MIB < usage.memory_max_bytes <= 16 * MIB
    assert usage.memory_failures
    assert "total_inactive_file" in usage.memory_stat


def test_a_limit_below_what_is_used_is_refused(make: Make) -> None:
    group = make()
    kept: list[bytearray] = []

    def fill() -> None:
        group.enter()
        kept.append(bytearray(b"x") * (32 * MIB))

    with waiting_child(fill), pytest.raises(InvalidParameter, match="already uses more"):
        group.update(Resources(memory_limit=4 * MIB))


def test_only_allowed_devices_can_be_used(make: Make) -> None:
    rules = (DeviceRule(False), DeviceRule(True, "c", None, None, "m"), DeviceRule(True, "c", 1, 3))
    group = make(devices=rules)
    assert read(group, "devices", "devices.list").splitlines() == ["c *:* m", "c 1:3 rwm"]

    def inside() -> list[int]:
        group.enter()
        os.close(os.open("/dev/null", os.O_RDWR))
        answers = []
        for path in ("/dev/zero", "/dev/full"):
            try:
                os.close(os.open(path, os.O_RDONLY))
            except OSError as error:
                answers.append(error.errno or 0)
        return answers

    assert answer_of(inside) == [errno.EPERM, errno.EPERM]


def test_the_device_rule_that_was_refused_is_named(make: Make) -> None:
    good, bad = DeviceRule(allow=True, type="c", major=1, minor=3), DeviceRule(allow=True, type="c", access="x")
    with pytest.raises(InvalidParameter, match=r"^invalid devices c \*:\* x: the kernel refuses it"):
        make(devices=(good, bad))


def test_groups_in_a_parent_of_ours_are_born_with_its_cpus_and_a_strangers_parent_stays_as_it_is(
    make: Make, cgroups: CgroupManager
) -> None:
    parent = Path(make().paths["cpuset"]).parent
    assert (parent / "cgroup.clone_children").read_text() == "1\n"
    stranger = parent.parent / f"{PARENT}-stranger"
    stranger.mkdir()
    try:
        for name in ("cpuset.cpus", "cpuset.mems"):
            (stranger / name).write_text((parent / name).read_text())
        group = cgroups.create(f"{stranger.name}/one", Resources())
        assert read(group, "cpuset", "cpuset.cpus") == (parent / "cpuset.cpus").read_text().strip()
        assert (stranger / "cgroup.clone_children").read_text() == "0\n"
        group.remove()
    finally:
        cgroups.tidy(stranger.name)


def test_a_frozen_group_stands_still_until_thawed(make: Make) -> None:
    group = make()
    with waiting_child(group.enter) as pid:
        group.freeze()
        assert read(group, "freezer", "freezer.state") == "FROZEN"
        os.kill(pid, signal.SIGTERM)
        assert state_of(pid) in "DT"
        group.thaw()
        eventually(lambda: state_of(pid) == "Z")


@pytest.mark.parametrize("frozen", [False, True])
def test_killing_kills_a_group_that_forks_all_the_time(make: Make, frozen: bool) -> None:
    group = make(pids_limit=50)

    def fork_for_ever() -> None:
        group.enter()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            while True:
                try:
                    if os.fork() == 0:
                        continue
                except BlockingIOError:
                    pass

    with waiting_child(fork_for_ever):
        eventually(lambda: len(group.processes()) > 10)
        if frozen:
            group.freeze()
        group.kill()
        eventually(lambda: not group.processes())


def test_another_signal_reaches_every_process(make: Make) -> None:
    group = make()
    with waiting_child(group.enter) as one, waiting_child(group.enter) as two:
        group.kill(signal.SIGTERM)
        assert [os.waitpid(pid, 0)[1] for pid in (one, two)] == [signal.SIGTERM] * 2


def test_a_group_in_use_is_neither_made_again_nor_removed(make: Make, cgroups: CgroupManager) -> None:
    group = make()
    with waiting_child(group.enter) as pid:
        with pytest.raises(Conflict, match=str(pid)):
            cgroups.create(f"{PARENT}/one", Resources())
        with pytest.raises(Conflict, match=str(pid)):
            group.remove()
        assert group.processes() == [pid]


def test_groups_that_the_container_made_are_counted_and_removed_too(make: Make) -> None:
    group = make()
    inner = Path(group.paths["freezer"]) / "inner" / "deep"
    inner.mkdir(parents=True)
    with waiting_child(lambda: (inner / "tasks").write_text("0")) as pid:
        assert group.processes() == [pid]
        group.kill()
        os.waitpid(pid, 0)
    group.remove()
    assert not Path(group.paths["freezer"]).exists()


def test_a_group_left_by_a_crash_is_taken_over(make: Make, cgroups: CgroupManager) -> None:
    make(pids_limit=5)
    assert read(make(pids_limit=9), "pids", "pids.max") == "9"
    assert cgroups.open(f"{PARENT}/one").usage().pids_limit == 9


def test_a_removed_group_is_gone_for_good(make: Make, cgroups: CgroupManager) -> None:
    group = make()
    group.remove()
    group.remove()
    group.kill()
    assert group.processes() == []
    assert group.oom_kills() == 0
    with pytest.raises(NotFound):
        group.usage()
    with pytest.raises(NotFound):
        cgroups.open(f"{PARENT}/one")


def test_tidying_spares_a_parent_in_use(make: Make, cgroups: CgroupManager) -> None:
    group = make()
    cgroups.tidy(PARENT)
    assert Path(group.paths["memory"]).exists()
    group.remove()
    cgroups.tidy(PARENT)
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{PARENT}"))


def test_everything_that_works_here_is_told(cgroups: CgroupManager) -> None:
    assert cgroups.version == 1
    assert {"memory", "cpu", "cpuset", "pids", "freezer", "devices"} <= cgroups.capabilities() <= manager.LIMITS
    assert cgroups.reason == ""
