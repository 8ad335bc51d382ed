"""Rules that a request must keep, in dockerd's words where it has the rule."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers import checks
from jupyter_containers.engine.containers.limit_checks import HostLimits
from jupyter_containers.engine.containers.record import (
    HostSettings,
    PortBinding,
    RestartPolicy,
    Settings,
    Ulimit,
)
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.image_config import Healthcheck

HOST = HostLimits(range(2), range(1), {"memory", "swap", "cpu", "cpuset", "pids", "blkio"})


def host() -> HostLimits:
    return HOST


@pytest.mark.parametrize("name", ["ab", "/ab", "a.b-c_d", "0x"])
def test_names_are_taken(name: str) -> None:
    assert checks.check_name(name) == name.removeprefix("/")


@pytest.mark.parametrize("name", ["", "x", "-x", "a/b", "//ab", "a b", "ab\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid container name"):
        checks.check_name(name)


HOST_SETTINGS = [
    (HostSettings(restart_policy=RestartPolicy("bad")), "invalid restart policy 'bad'"),
    (HostSettings(restart_policy=RestartPolicy("always", 2)), "cannot be used with restart policy 'always'"),
    (HostSettings(restart_policy=RestartPolicy("on-failure", -1)), "maximum retry count cannot be negative"),
    (HostSettings(auto_remove=True, restart_policy=RestartPolicy("always")), "can't create 'AutoRemove' container"),
    (HostSettings(shm_size=-1), "SHM size can not be less than 0"),
    (HostSettings(oom_score_adj=5000), "Invalid value 5000, range for oom score adj is [-1000, 1000]"),
    (HostSettings(oom_score_adj=1001), "Invalid value 1001, range for oom score adj is [-1000, 1000]"),
    (HostSettings(oom_score_adj=-1001), "Invalid value -1001, range for oom score adj is [-1000, 1000]"),
    (HostSettings(ulimits=(Ulimit("nofile", 5, 1),)), "ulimit nofile: soft limit 5 is over the hard limit 1"),
    (HostSettings(ulimits=(Ulimit("nofile", -1, 1),)), "ulimit nofile: soft limit -1 is over the hard limit 1"),
    (HostSettings(restart_policy=RestartPolicy("no", 1)), "cannot be used with restart policy 'no'"),
    (HostSettings(pid_mode="container:"), "invalid PID mode: container:"),
    (HostSettings(cgroup_parent="a/./b"), "invalid cgroup parent 'a/./b'"),
    (HostSettings(extra_hosts=(":1.2.3.4",)), 'bad format for add-host: ":1.2.3.4"'),
    (HostSettings(network_mode="container:"), "invalid container format container:<name|id>"),
    (HostSettings(cgroupns_mode="bad"), "invalid cgroup namespace mode: bad"),
    (HostSettings(pid_mode="bad"), "invalid PID mode: bad"),
    (HostSettings(ipc_mode="container:"), "invalid IPC mode"),
    (HostSettings(uts_mode="bad"), "invalid UTS mode: bad"),
    (HostSettings(userns_mode="bad"), "invalid user namespace mode: bad"),
    (HostSettings(sysctls={"kernel.panic": "1"}), 'sysctl "kernel.panic" is not in a separate kernel namespace'),
    (HostSettings(cgroup_parent="../x"), "invalid cgroup parent '../x'"),
    (HostSettings(cgroup_parent="a//b"), "invalid cgroup parent 'a//b'"),
    (HostSettings(dns=("bad",)), "invalid IP address in dns: 'bad'"),
    (HostSettings(extra_hosts=("bad",)), 'bad format for add-host: "bad"'),
    (HostSettings(extra_hosts=("a:bad",)), 'invalid IP address in add-host: "bad"'),
    (HostSettings(log_driver="syslog"), "error looking up logging plugin syslog"),
    (HostSettings(log_options={"zz": "1"}), "unknown log opt 'zz' for json-file log driver"),
    (HostSettings(log_options={"max-size": "zz"}), "invalid size: 'zz'"),
    (HostSettings(log_options={"max-file": "0"}), "max-file cannot be less than 1"),
]


@pytest.mark.parametrize(("settings", "sentence"), HOST_SETTINGS)
def test_host_settings_that_cannot_be_kept_are_refused(settings: HostSettings, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        checks.check_host_settings(settings, host)
    assert sentence in caught.value.message


def test_an_unknown_network_is_not_refused_before_the_start() -> None:
    checks.check_host_settings(HostSettings(network_mode="mine"), host)


@pytest.mark.parametrize(
    "settings",
    [
        HostSettings(),
        HostSettings(
            network_mode="none", pid_mode="host", ipc_mode="none", extra_hosts=("a:1.2.3.4", "b:::1", "c=::2")
        ),
        HostSettings(sysctls={"net.ipv4.ip_forward": "1", "fs.mqueue.msg_max": "9"}),
        HostSettings(log_options={"max-size": "10m", "max-file": "3"}, extra_hosts=("gw:host-gateway",)),
        HostSettings(oom_score_adj=1000, shm_size=0, pid_mode="container:a", ipc_mode="container:a"),
        HostSettings(oom_score_adj=-1000, ipc_mode="shareable", cgroupns_mode="host", uts_mode="host", dns=("::1",)),
        HostSettings(ulimits=(Ulimit("nofile", 5, 5), Ulimit("core", -1, -1), Ulimit("cpu", 5, -1))),
        HostSettings(auto_remove=True, restart_policy=RestartPolicy("no"), userns_mode="host"),
        HostSettings(restart_policy=RestartPolicy("on-failure", 1), cgroup_parent="/a/b/", pid_mode="private"),
        HostSettings(restart_policy=RestartPolicy("unless-stopped"), ipc_mode="private", cgroupns_mode="private"),
    ],
)
def test_host_settings_that_can_be_kept_are_taken(settings: HostSettings) -> None:
    checks.check_host_settings(settings, host)


SETTINGS = [
    (Settings(env=("=x",)), "invalid environment variable: =x"),
    (Settings(env=("A=\0",)), "zero byte"),
    (Settings(cmd=("\0",)), "zero byte"),
    (Settings(working_dir="rel"), "the working directory 'rel' is invalid, it needs to be an absolute path"),
    (Settings(hostname="bad host!"), "invalid hostname"),
    (Settings(hostname="a" * 65), "invalid hostname"),
    (Settings(domainname="a\nb"), "invalid domainname"),
    (Settings(stop_signal="BAD"), "Invalid signal: BAD"),
    (Settings(mac_address="zz"), "invalid MAC address 'zz'"),
    (Settings(healthcheck=Healthcheck(test=("CMD",), interval=5)), "Interval in Healthcheck cannot be less than 1ms"),
    (Settings(healthcheck=Healthcheck(test=("BAD",))), "Unknown healthcheck type 'BAD'"),
    (Settings(healthcheck=Healthcheck(retries=-1)), "Retries in Healthcheck cannot be negative"),
    (Settings(env=("",)), "invalid environment variable: "),
    (Settings(entrypoint=("a", "b\0")), "the command has a zero byte in it"),
    (Settings(mac_address="02:42:ac:11:00:02:03"), "invalid MAC address"),
    *(
        (Settings(healthcheck=Healthcheck(**{name: number})), f"{word} in Healthcheck cannot be less than 1ms")
        for name, word in (
            ("interval", "Interval"), ("timeout", "Timeout"), ("start_period", "StartPeriod"),
            ("start_interval", "StartInterval"),
        )
        for number in (-1, 1, 999_999)
    ),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "sentence"), SETTINGS)
def test_settings_that_cannot_run_are_refused(settings: Settings, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        checks.check_settings(settings)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(env=("A", "B=", "C=d=e"), working_dir="/", hostname="a" * 64, domainname="a.b", stop_signal="TERM"),
        Settings(mac_address="02:42:AC:11:00:02"), Settings(mac_address="02-42-ac-11-00-02"),
        *(Settings(healthcheck=Healthcheck(test=(kind,), retries=0)) for kind in ("NONE", "CMD", "CMD-SHELL", "")),
        Settings(healthcheck=Healthcheck((), 1_000_000, 1_000_000, 1_000_000, 1_000_000)),
    ],
)  # fmt: skip
def test_settings_that_can_run_are_taken(settings: Settings) -> None:
    checks.check_settings(settings)


@pytest.mark.parametrize(
    ("settings", "host_settings", "words"),
    [
        (Settings(hostname="h"), HostSettings(uts_mode="host"), "hostname and the UTS mode"),
        (Settings(hostname="h"), HostSettings(network_mode="container:x"), "hostname and the network mode"),
        (Settings(), HostSettings(network_mode="container:x", dns=("1.1.1.1",)), "dns and the network mode"),
        (
            Settings(),
            HostSettings(network_mode="container:x", port_bindings={"80/tcp": (PortBinding(),)}),
            "port publishing and the container type network mode",
        ),
        (
            Settings(),
            HostSettings(network_mode="container:x", publish_all_ports=True),
            "port publishing and the container type network mode",
        ),
        (
            Settings(),
            HostSettings(network_mode="container:x", extra_hosts=("a:1.1.1.1",)),
            "custom host-to-IP mapping and the network mode",
        ),
        (Settings(mac_address="m"), HostSettings(network_mode="container:x"), "mac-address and the network mode"),
        (
            Settings(exposed_ports=("80/tcp",)),
            HostSettings(network_mode="container:x"),
            "port exposing and the container type network mode",
        ),
    ],
)
def test_wishes_that_exclude_each_other_are_refused(
    settings: Settings, host_settings: HostSettings, words: str
) -> None:
    with pytest.raises(InvalidParameter, match=f"conflicting options: {words}"):
        checks.check_conflicts(settings, host_settings)


def test_other_wishes_do_not_exclude_each_other() -> None:
    checks.check_conflicts(Settings(hostname="h", mac_address="m"), HostSettings(dns=("1.1.1.1",)))
    checks.check_conflicts(Settings(), HostSettings(network_mode="container:x", uts_mode="host"))


def test_hosts_are_split_at_the_first_colon_or_the_equals_sign() -> None:
    settings = HostSettings(extra_hosts=("a:::1", "b=[::2]", "c:1.2.3.4"))
    assert checks.extra_hosts(settings) == (("a", "::1"), ("b", "::2"), ("c", "1.2.3.4"))
