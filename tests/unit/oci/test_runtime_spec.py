from __future__ import annotations

import json
from dataclasses import fields, is_dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.oci.block_rates import BlockRate, BlockRates
from jupyter_containers.oci.runtime_spec import (
    VERSION,
    Capabilities,
    Device,
    DeviceRule,
    IdMap,
    Linux,
    Mount,
    Namespace,
    Process,
    Resources,
    Rlimit,
    Root,
    Spec,
    User,
    process_from_json,
    process_to_json,
    resources_from_json,
    resources_to_json,
)

words = st.text("abc/=:0", min_size=1, max_size=6)
numbers = st.integers(0, 2**64 - 1)
texts = st.lists(words, max_size=3).map(tuple)


def optional(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


resources = st.builds(
    Resources,
    devices=st.lists(
        st.builds(
            DeviceRule,
            allow=st.booleans(),
            type=st.sampled_from("abc"),
            major=optional(numbers),
            minor=optional(numbers),
            access=st.sampled_from(["r", "rw", "rwm"]),
        )
    ).map(tuple),
    oom_kill_disable=st.booleans(),
    block_rates=st.builds(BlockRates, *[st.lists(st.builds(BlockRate, *[numbers] * 3), max_size=2).map(tuple)] * 5),
    **{
        field.name: optional(words if field.name.startswith("cpuset") else numbers)
        for field in fields(Resources)
        if field.name not in ("devices", "oom_kill_disable", "block_rates")
    },
)
processes = st.builds(
    Process,
    args=texts,
    env=texts,
    cwd=words,
    user=st.builds(
        User,
        uid=numbers,
        gid=numbers,
        additional_gids=st.lists(numbers).map(tuple),
        username=optional(words),
        additional_groups=texts,
    ),
    terminal=st.booleans(),
    console_size=optional(st.tuples(numbers, numbers)),
    capabilities=st.builds(Capabilities, *[texts] * 5),
    rlimits=st.lists(st.builds(Rlimit, words, numbers, numbers)).map(tuple),
    no_new_privileges=st.booleans(),
    oom_score_adj=optional(st.integers(-1000, 1000)),
)
mounts = st.lists(st.builds(Mount, words, words, words, texts), max_size=2).map(tuple)
id_maps = st.lists(st.builds(IdMap, numbers, numbers, numbers), max_size=2).map(tuple)
specs = st.builds(
    Spec,
    process=processes,
    root=st.builds(Root, words, st.booleans()),
    hostname=words,
    domainname=words,
    mounts=mounts,
    rootfs=mounts,
    annotations=st.dictionaries(words, words, max_size=2),
    linux=st.builds(
        Linux,
        namespaces=st.lists(st.builds(Namespace, words, optional(words)), max_size=2).map(tuple),
        uid_mappings=id_maps,
        gid_mappings=id_maps,
        devices=st.lists(st.builds(Device, words, words, *[numbers] * 5), max_size=2).map(tuple),
        cgroups_path=optional(words),
        resources=resources,
        rootfs_propagation=optional(words),
        seccomp=optional(st.just({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []})),
        masked_paths=texts,
        readonly_paths=texts,
        sysctl=st.dictionaries(words, words, max_size=2),
    ),
)


@settings(max_examples=50, deadline=None)
@given(specs)
def test_a_spec_survives_its_json(spec: Spec) -> None:
    assert Spec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@settings(max_examples=50, deadline=None)
@given(processes)
def test_a_process_survives_its_json(process: Process) -> None:
    assert process_from_json(json.loads(json.dumps(process_to_json(process)))) == process


@settings(max_examples=50, deadline=None)
@given(resources)
def test_resources_survive_their_json(limits: Resources) -> None:
    assert resources_from_json(json.loads(json.dumps(resources_to_json(limits)))) == limits


def test_a_spec_names_its_version_and_the_specs_own_fields() -> None:
    data = Spec(
        process=Process(("sh",), cwd="/", console_size=(24, 80), no_new_privileges=True),
        root=Root("rootfs", read_only=True),
        linux=Linux(
            namespaces=(Namespace("pid"), Namespace("network", "/proc/1/ns/net")),
            resources=Resources(memory_limit=1, cpu_quota=2, pids_limit=3, blkio_weight=4, oom_kill_disable=True),
        ),
    ).to_json()
    assert data["ociVersion"] == VERSION
    assert data["root"] == {"path": "rootfs", "readonly": True}
    assert data["process"]["consoleSize"] == {"height": 24, "width": 80}
    assert data["process"]["noNewPrivileges"] is True
    assert data["linux"]["namespaces"] == [{"type": "pid"}, {"type": "network", "path": "/proc/1/ns/net"}]
    assert data["linux"]["resources"] == {
        "devices": [],
        "memory": {"limit": 1, "disableOOMKiller": True},
        "cpu": {"quota": 2},
        "pids": {"limit": 3},
        "blockIO": {"weight": 4},
    }


def test_what_is_not_set_is_left_out() -> None:
    data = Spec(process=Process(("sh",)), root=Root("rootfs")).to_json()
    assert "seccomp" not in data["linux"]
    assert "cgroupsPath" not in data["linux"]
    assert "consoleSize" not in data["process"]
    assert data["linux"]["resources"] == {"devices": []}


def test_a_spec_of_another_tool_is_read_with_its_gaps() -> None:
    spec = Spec.from_json({"ociVersion": "1.0.0", "process": {"args": ["sh"]}, "linux": None, "mounts": None})
    assert spec.process == Process(("sh",))
    assert spec.root.path == "rootfs"
    assert spec.linux == Linux()


def test_every_value_is_frozen_and_slotted() -> None:
    for kind in (Spec, Linux, Process, User, Resources, Mount, Root, Namespace, Device, DeviceRule, IdMap, Rlimit):
        assert is_dataclass(kind)
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert hasattr(kind, "__slots__")
