from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.cgroups.v2 import UnifiedCgroup, UnifiedManager
from jupyter_containers.errors import Conflict, NotFound, Unsupported
from jupyter_containers.linux import namespaces
from jupyter_containers.oci.runtime_spec import DeviceRule, Resources
from tests.integration.cgroups.conftest import PARENT
from tests.support.children import answer_of, exit_of, waiting_child
from tests.support.eventually import eventually

# On a hybrid host the unified hierarchy has no controllers, so what limits is tested where it is the root.
pytestmark = pytest.mark.needs("root", "cgroup_unified", "cgroup_kill")
PATH = f"{PARENT}/two"
MIB = 1 << 20


@pytest.fixture
def unified() -> Iterator[UnifiedManager]:
    is_root = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    chosen = UnifiedManager("/sys/fs/cgroup" if is_root else "/sys/fs/cgroup/unified")
    yield chosen
    chosen.tidy(PARENT)


@pytest.fixture
def group(unified: UnifiedManager) -> Iterator[UnifiedCgroup]:
    made = unified.create(PATH, Resources())
    yield made
    made.kill()
    made.remove()


def own_group(pid: int | str = "self") -> str:
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return next(line.removeprefix("0::") for line in lines if line.startswith("0::"))


def can_open(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except PermissionError:
        return False
    return True


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_process_enters_by_itself_from_outside_and_by_birth(group: UnifiedCgroup) -> None:
    with waiting_child(group.enter) as one, waiting_child() as two:
        group.add(two)
        assert group.processes() == sorted([one, two])
        assert own_group(one).endswith(PATH)
    fd = group.directory_fd()
    assert fd is not None
    read_fd, write_fd = os.pipe()
    pid = namespaces.clone(0, cgroup_fd=fd)
    if pid == 0:
        os.write(write_fd, own_group().encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(read_fd, 1000).decode().endswith(PATH)
    for opened in (fd, read_fd, write_fd):
        os.close(opened)


def test_a_frozen_group_stands_still_until_thawed(group: UnifiedCgroup) -> None:
    def set_up() -> None:
        # A handled signal waits for the thaw; a fatal one would end even a frozen process here.
        signal.signal(signal.SIGUSR1, lambda *_: os._exit(0))
        group.enter()

    with waiting_child(set_up) as pid:
        group.freeze()
        assert "frozen 1" in (Path(group.paths["unified"]) / "cgroup.events").read_text()
        os.kill(pid, signal.SIGUSR1)
        assert state_of(pid) != "Z"
        group.thaw()
        eventually(lambda: state_of(pid) == "Z")


@pytest.mark.parametrize("frozen", [False, True])
def test_killing_kills_all_at_once(group: UnifiedCgroup, frozen: bool) -> None:
    with waiting_child(group.enter) as one, waiting_child(group.enter) as two:
        if frozen:
            group.freeze()
        group.kill()
        assert [os.waitpid(pid, 0)[1] for pid in (one, two)] == [signal.SIGKILL] * 2


def test_another_signal_reaches_every_process(group: UnifiedCgroup) -> None:
    with waiting_child(group.enter) as one, waiting_child(group.enter) as two:
        group.kill(signal.SIGTERM)
        assert [os.waitpid(pid, 0)[1] for pid in (one, two)] == [signal.SIGTERM] * 2


def test_only_allowed_devices_can_be_used_and_rules_can_change(group: UnifiedCgroup) -> None:
    def usable() -> list[str]:
        def inside() -> list[str]:
            group.enter()
            return [path for path in ("/dev/null", "/dev/zero") if can_open(path)]

        return list(answer_of(inside))

    assert usable() == ["/dev/null", "/dev/zero"]
    group.update(Resources(devices=(DeviceRule(False), DeviceRule(True, "c", 1, 3))))
    assert usable() == ["/dev/null"]
    group.update(Resources(devices=(DeviceRule(False), DeviceRule(True, "c", 1, 5))))
    assert usable() == ["/dev/zero"]


def test_cpu_time_is_counted(group: UnifiedCgroup) -> None:
    def inside() -> int:
        group.enter()
        return sum(range(300000)) and 1

    answer_of(inside)
    usage = group.usage()
    assert usage.cpu_total_ns > 1_000_000
    assert usage.cpu_total_ns >= usage.cpu_user_ns


def test_a_group_in_use_is_neither_made_again_nor_removed(group: UnifiedCgroup, unified: UnifiedManager) -> None:
    with waiting_child(group.enter) as pid:
        with pytest.raises(Conflict, match=str(pid)):
            unified.create(PATH, Resources())
        with pytest.raises(Conflict, match=str(pid)):
            group.remove()


def test_groups_that_the_container_made_are_counted_and_removed_too(group: UnifiedCgroup) -> None:
    inner = Path(group.paths["unified"]) / "inner"
    inner.mkdir()
    with waiting_child(lambda: (inner / "cgroup.procs").write_text("0")) as pid:
        assert group.processes() == [pid]
    group.remove()
    assert not inner.parent.exists()


def test_a_removed_group_is_not_found(group: UnifiedCgroup, unified: UnifiedManager) -> None:
    group.remove()
    with pytest.raises(NotFound):
        unified.open(PATH)
    with pytest.raises(FileNotFoundError):
        group.add(os.getpid())


def test_a_missing_controller_is_refused_with_its_name(unified: UnifiedManager) -> None:
    missing = [name for name in ("memory", "pids") if name in unified.reason]
    if not missing:
        pytest.skip("this host gives all controllers")
    limits = {"memory": Resources(memory_limit=8 * MIB), "pids": Resources(pids_limit=5)}
    with pytest.raises(Unsupported, match=f"controller {missing[0]} is not given"):
        unified.create(PATH, limits[missing[0]])
    with pytest.raises(NotFound):
        unified.open(PATH)


@pytest.mark.needs("cgroup_v2")
def test_limits_are_in_the_kernels_files(unified: UnifiedManager) -> None:
    limits = Resources(memory_limit=16 * MIB, memory_swap=16 * MIB, cpu_quota=50000, cpu_shares=512, pids_limit=7)
    group = unified.create(PATH, limits)
    try:
        names = ("memory.max", "memory.swap.max", "cpu.max", "cpu.weight", "pids.max")
        texts = [(Path(group.paths["unified"]) / name).read_text().strip() for name in names]
        assert texts == [str(16 * MIB), "0", "50000 100000", "59", "7"]
        group.update(Resources(memory_limit=32 * MIB, memory_swap=64 * MIB))
        assert group.usage().memory_limit_bytes == 32 * MIB
    finally:
        group.remove()


@pytest.mark.needs("cgroup_v2")
def test_running_out_of_memory_kills_and_is_told(unified: UnifiedManager) -> None:
    group = unified.create(PATH, Resources(memory_limit=16 * MIB, memory_swap=16 * MIB))
    event_fd = group.oom_event_fd()
    assert event_fd is not None
    try:

        def inside() -> None:
            group.enter()
            kept = [bytearray(os.urandom(1)) * MIB for _ in range(64)]
            raise AssertionError(len(kept))

        assert exit_of(inside) == -signal.SIGKILL
        assert group.oom_kills() == 1
        assert os.read(event_fd, 4096)
    finally:
        os.close(event_fd)
        group.remove()


@pytest.mark.needs("cgroup_v2")
def test_the_limit_of_processes_holds(unified: UnifiedManager) -> None:
    group = unified.create(PATH, Resources(pids_limit=1))
    try:

        def inside() -> None:
            group.enter()
            os.fork()

        assert answer_of(inside)["errno"] == errno.EAGAIN
    finally:
        group.remove()
