"""Docker's defaults."""

from __future__ import annotations

from jupyter_containers.linux.capabilities import NAMES
from jupyter_containers.oci.runtime_spec import DeviceRule
from jupyter_containers.runtime import defaults


def test_there_are_docker_s_fourteen_capabilities() -> None:
    names = defaults.default_capabilities()
    assert len(names) == 14
    bits = sum(1 << NAMES.index(name) for name in names)
    assert bits == 0xA80425FB  # CapEff of a process in a container of dockerd


def test_inheritable_and_ambient_stay_empty() -> None:
    sets = defaults.capability_sets(("CAP_CHOWN",))
    assert sets.bounding == sets.effective == sets.permitted == ("CAP_CHOWN",)
    assert sets.inheritable == sets.ambient == ()


def test_devices_are_closed_before_they_are_opened() -> None:
    first, *others = defaults.default_device_rules()
    assert first == DeviceRule(allow=False, type="a", access="rwm")
    assert all(rule.allow for rule in others)
    assert not any(rule.type == "b" and rule.access != "m" for rule in others)


def test_every_default_device_may_be_used() -> None:
    rules = defaults.default_device_rules()
    for device in defaults.default_devices():
        assert any((rule.major, rule.minor) == (device.major, device.minor) for rule in rules), device


def test_the_mounts_are_in_an_order_in_which_each_has_its_parent() -> None:
    seen = {"/"}
    for mount in defaults.default_mounts():
        parent = mount.destination.rpartition("/")[0] or "/"
        assert parent in seen or parent == "/sys/fs", mount
        seen.add(mount.destination)


def test_the_size_of_shm_is_as_asked() -> None:
    shm = next(mount for mount in defaults.default_mounts(shm_size_bytes=1 << 20) if mount.destination == "/dev/shm")
    assert "size=1048576" in shm.options


def test_proc_and_sys_are_quiet_and_sys_is_read_only() -> None:
    options = {mount.destination: set(mount.options) for mount in defaults.default_mounts()}
    assert options["/proc"] >= {"nosuid", "nodev", "noexec"}
    assert options["/sys"] >= {"nosuid", "nodev", "noexec", "ro"}
    assert options["/sys/fs/cgroup"] >= {"nosuid", "nodev", "noexec", "ro"}


def test_all_namespaces_but_the_user_s_are_made() -> None:
    types = {namespace.type for namespace in defaults.default_namespaces()}
    assert types == {"mount", "pid", "network", "ipc", "uts", "cgroup"}
    assert not any(namespace.path for namespace in defaults.default_namespaces())


def test_what_shows_the_host_is_masked() -> None:
    assert {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"} <= set(defaults.masked_paths())
    assert {"/proc/sys", "/proc/sysrq-trigger"} <= set(defaults.readonly_paths())
