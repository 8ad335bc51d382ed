"""Docker's HostConfig and ours: everything is kept or refused."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.api.wire.host_config import DEFAULT_RUNTIME, host_settings_from_wire, host_settings_to_wire
from jupyter_containers.engine.containers.record import HostSettings, PortBinding
from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported

NEWEST = (1, 51)
FULL: dict[str, Any] = {
    "Binds": ["/a:/b"], "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}, "NetworkMode": "none",
    "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostIp": "", "HostPort": ""}]},
    "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}, "AutoRemove": False, "VolumesFrom": ["x"],
    "CapAdd": ["A"], "CapDrop": [], "CgroupnsMode": "host", "Dns": ["1.1.1.1"], "DnsOptions": ["o"],
    "DnsSearch": ["s"], "ExtraHosts": ["a:1.2.3.4"], "GroupAdd": ["g"], "IpcMode": "none", "OomScoreAdj": 5,
    "PidMode": "host", "Privileged": True, "PublishAllPorts": True, "ReadonlyRootfs": True, "SecurityOpt": ["x"],
    "UTSMode": "host", "UsernsMode": "host", "ShmSize": 5, "ConsoleSize": [3, 4], "Init": True, "CpuShares": 1,
    "Memory": 2, "NanoCpus": 3, "CpuPeriod": 4, "CpuQuota": 5, "CpusetCpus": "0", "CpusetMems": "0",
    "Devices": [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}],
    "CgroupParent": "/x", "ContainerIDFile": "/id", "Runtime": "runc", "Isolation": "default",
    "BlkioWeightDevice": [{"Path": "/dev/a", "Weight": 50}], "BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": 5}],
    "BlkioDeviceWriteBps": [], "BlkioDeviceReadIOps": [{"Path": "/dev/a", "Rate": 5}],
    "DeviceCgroupRules": ["c 1:3 r"], "MemoryReservation": 6, "MemorySwap": 7, "MemorySwappiness": 8,
    "OomKillDisable": True, "PidsLimit": 9, "BlkioWeight": 10, "Ulimits": [{"Name": "n", "Hard": 2, "Soft": 1}],
    "MaskedPaths": ["/m"], "ReadonlyPaths": [], "Tmpfs": {"/t": ""}, "Sysctls": {"a": "b"}, "Annotations": {"c": "d"},
    "Mounts": [
        {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": True, "BindOptions": {"Propagation": "rslave"}},
        {"Type": "volume", "Target": "/v", "VolumeOptions": {"NoCopy": True, "Labels": {"l": "1"}}},
        {"Type": "tmpfs", "Target": "/t2", "TmpfsOptions": {"SizeBytes": 5, "Mode": 448}},
    ],
}  # fmt: skip


def test_every_field_comes_back_as_it_was() -> None:
    answered = host_settings_to_wire(host_settings_from_wire(FULL), version=NEWEST)
    assert {name: answered[name] for name in FULL} == FULL


def test_nothing_said_is_answered_as_dockerd_does() -> None:
    answered = host_settings_to_wire(host_settings_from_wire({}), version=(1, 41))
    assert answered["NetworkMode"] == "default"
    assert answered["RestartPolicy"] == {"Name": "no", "MaximumRetryCount": 0}
    assert answered["ShmSize"] == 67108864
    assert answered["IpcMode"] == "private"
    assert (answered["Binds"], answered["CapAdd"], answered["PidsLimit"], answered["MemorySwappiness"]) == (None,) * 4
    assert "/proc/kcore" in answered["MaskedPaths"]
    assert answered["KernelMemory"] == 0
    assert not {"Init", "Tmpfs", "Mounts", "Sysctls", "Annotations"} & answered.keys()


def test_fields_follow_the_version() -> None:
    assert host_settings_to_wire(HostSettings(), version=NEWEST)["NetworkMode"] == "bridge"
    assert "KernelMemory" not in host_settings_to_wire(HostSettings(), version=NEWEST)
    told = HostSettings(annotations={"a": "b"})
    assert "Annotations" not in host_settings_to_wire(told, version=(1, 42))
    assert "Annotations" in host_settings_to_wire(told, version=(1, 43))


def test_the_runtime_is_the_one_that_info_tells() -> None:
    assert host_settings_to_wire(HostSettings(), version=NEWEST)["Runtime"] == DEFAULT_RUNTIME
    assert host_settings_to_wire(HostSettings(runtime="runc"), version=NEWEST)["Runtime"] == "runc"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("CpuRealtimePeriod", 5), ("Cgroup", "x"), ("CpuCount", 2),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_kept_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(Unsupported, match=field):
        host_settings_from_wire({field: value})


@pytest.mark.parametrize(
    "mount",
    [
        {"Type": "image", "ImageOptions": {"Subpath": "x"}},
        {"Type": "bind", "ClusterOptions": {"x": 1}},
    ],
)
def test_an_option_of_a_mount_that_cannot_be_kept_is_refused(mount: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        host_settings_from_wire({"Mounts": [mount]})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"Isolation": "hyperv"}, "Invalid isolation"),
        ({"Runtime": "kata"}, "Unknown runtime specified kata"),
        ({"PortBindings": {"x": []}}, "invalid port specification"),
        ({"PortBindings": {"80/tcp": [{"HostPort": "zz"}]}}, 'invalid port specification: "zz"'),
        ({"PortBindings": {"80/tcp": [{"HostPort": "99999"}]}}, 'invalid port specification: "99999"'),
        ({"PortBindings": {"80/sctp": [{}]}}, "cannot publish port 80/sctp"),
        ({"Binds": "a"}, "Binds must be a list of strings"),
        ({"StorageOpt": {"size": "1G"}}, "--storage-opt is supported only for overlay over xfs"),
        ({"StorageOpt": {"x": "1G"}}, "Unknown option x"),
        ({"IOMaximumIOps": 5}, "linux does not support configuration of maximum IOPs"),
        (
            {"DeviceRequests": [{"Driver": "nvidia", "Count": -1, "Capabilities": [["gpu", "a"], ["b"]]}]},
            'could not select device driver "nvidia" with capabilities: [[gpu a] [b]]',
        ),
        ({"DeviceRequests": [{"Capabilities": [None]}]}, "Capabilities must be a list of lists"),
        ({"DeviceRequests": [{"Capabilities": 5}]}, "Capabilities must be a list of lists"),
        ({"Memory": "1g"}, "Memory must be an integer"),
        ({"Ulimits": {}}, "Ulimits must be a list of objects"),
    ],
)
def test_bad_values_are_refused_in_words(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ContainersError) as caught:
        host_settings_from_wire(body)
    assert isinstance(caught.value, InvalidParameter | Unsupported)
    assert sentence in caught.value.message


def test_port_zero_and_no_binding_mean_any_port() -> None:
    found = host_settings_from_wire({"PortBindings": {"80": [{"HostPort": "0"}], "81/udp": None}})
    assert found.port_bindings == {"80/tcp": (PortBinding(),), "81/udp": (PortBinding(),)}
