"""Tests of commands.container_arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.container_arguments import FURTHER, config, host_config, lines_of, resources
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.run_arguments import run_settings
from jupyter_containers.errors import ContainersError, InvalidParameter


def options(*words: str) -> Any:
    return parse(table.find("run", "shell"), [*words, "busybox"], surface="shell", prog="x")


@pytest.mark.parametrize(
    ("words", "host"),
    [
        ("", {}),
        ("-c 5 --cpu-period 100000 --cpu-quota 5000", {"CpuShares": 5, "CpuPeriod": 100000, "CpuQuota": 5000}),
        ("--memory-swappiness 0 --oom-score-adj -5", {"MemorySwappiness": 0, "OomScoreAdj": -5}),
        ("--memory-reservation 1m --shm-size 2m", {"MemoryReservation": 1 << 20, "ShmSize": 2 << 20}),
        ("--device-read-bps /dev/sda:1k", {"BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 1024}]}),
        ("--blkio-weight-device /dev/sda:9", {"BlkioWeightDevice": [{"Path": "/dev/sda", "Weight": 9}]}),
        ("--ulimit nofile=5:9", {"Ulimits": [{"Name": "nofile", "Soft": 5, "Hard": 9}]}),
        ("--add-host a:1.2.3.4", {"ExtraHosts": ["a:1.2.3.4"]}),
        (
            "--device /dev/null --device /dev/zero:/dev/x:r",
            {"Devices": [
                {"PathOnHost": "/dev/null", "PathInContainer": "/dev/null", "CgroupPermissions": "rwm"},
                {"PathOnHost": "/dev/zero", "PathInContainer": "/dev/x", "CgroupPermissions": "r"},
            ]},
        ),
        ("--sysctl a.b=1 --annotation k=v", {"Sysctls": {"a.b": "1"}, "Annotations": {"k": "v"}}),
        ("--log-driver local --log-opt max-size=1m", {"LogConfig": {"Type": "local", "Config": {"max-size": "1m"}}}),
        ("--pid host --ipc none --uts host", {"PidMode": "host", "IpcMode": "none", "UTSMode": "host"}),
        ("-P --oom-kill-disable", {"PublishAllPorts": True, "OomKillDisable": True}),
        ("--mount type=tmpfs,target=/x", {"Mounts": [{"Type": "tmpfs", "Target": "/x"}]}),
    ],
)  # fmt: skip
def test_options_are_what_they_are_in_the_api(words: str, host: dict[str, Any]) -> None:
    assert host_config(options(*words.split()), Path("/here")) == host
    assert config(options(*words.split())) == {}


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ("--expose 80 --expose 90-91/udp", {"ExposedPorts": {"80/tcp": {}, "90/udp": {}, "91/udp": {}}}),
        ("--stop-signal INT --stop-timeout 0", {"StopSignal": "INT", "StopTimeout": 0}),
        ("--no-healthcheck", {"Healthcheck": {"Test": ["NONE"]}}),
        (
            "--health-cmd true --health-interval 5s --health-retries 2",
            {"Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 5 * 10**9, "Retries": 2}},
        ),
        ("--mac-address 02:00:00:00:00:01", {"MacAddress": "02:00:00:00:00:01"}),
        (
            "--network n --ip 10.0.0.9 --network-alias a --mac-address 02:00:00:00:00:01",
            {"NetworkingConfig": {"EndpointsConfig": {"n": {
                "Aliases": ["a"], "IPAMConfig": {"IPv4Address": "10.0.0.9"}, "MacAddress": "02:00:00:00:00:01"}}}},
        ),
    ],
)  # fmt: skip
def test_options_beside_the_host(words: str, body: dict[str, Any]) -> None:
    assert config(options(*words.split())) == body


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--device null", "--device null: write /dev/NAME"),
        ("--device-read-bps sda:1", "'sda:1' is no limit of a device"),
        ("--expose all", "--expose all: write PORT"),
        ("--log-opt =x", "--log-opt: '=x' has no name"),
        ("--security-opt seccomp=nowhere.json", "cannot read the seccomp profile /here/nowhere.json"),
        ("--gpus all", "run: --gpus is not supported: there is no driver"),
        ("--isolation hyperv", "run: --isolation is not supported: it is for Windows"),
    ],
)
def test_what_makes_no_sense_is_refused(words: str, message: str) -> None:
    with pytest.raises(ContainersError, match=message):
        (host_config(read := options(*words.split()), Path("/here")) and config(read)) or config(read)


def test_a_check_and_none_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="contradict each other"):
        config(options("--no-healthcheck", "--health-retries", "1"))


def test_a_seccomp_profile_travels_as_its_text(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{ "defaultAction": "SCMP_ACT_ALLOW" }')
    found = host_config(options("--security-opt", "seccomp=p.json"), tmp_path)
    assert found["SecurityOpt"] == ['seccomp={"defaultAction": "SCMP_ACT_ALLOW"}']


def test_files_of_variables_and_labels_come_before_the_line(tmp_path: Path) -> None:
    (tmp_path / "e").write_text("# comment\n\nA=1\nB=x y\n")
    read = options("--env-file", "e", "--label-file", "e", "-e", "A=2", "-l", "c=d")
    settings, _ = run_settings(read, "", is_magic=False, folder=tmp_path)
    assert settings.environment == ("A=1", "B=x y", "A=2")
    assert settings.labels == ("A=1", "B=x y", "c=d")
    with pytest.raises(InvalidParameter, match="--env-file: cannot read"):
        lines_of(["nowhere"], tmp_path, "--env-file")


def test_settings_carry_all_of_it_to_the_daemon(tmp_path: Path) -> None:
    read = options("--tmpfs", "/a", "--mount", "type=tmpfs,target=/b", "-v", "/c", "-p", "80", "--expose", "90")
    body = run_settings(read, "", is_magic=False, folder=tmp_path)[0].to_wire()
    assert [one["Target"] for one in body["HostConfig"]["Mounts"]] == ["/c", "/b"]
    assert set(body["ExposedPorts"]) == {"80/tcp", "90/tcp"}


def test_no_option_is_named_twice() -> None:
    names = [name for argument in FURTHER for name in argument.names]
    assert len(names) == len(set(names))


def test_limits_of_a_container_that_is_there_are_changed() -> None:
    read = parse(table.find("update", "shell"), ["-c", "7", "--cpuset-cpus", "0", "x"], surface="shell", prog="x")
    assert resources(read) == {"CpuShares": 7, "CpusetCpus": "0"}
