"""Whatever a plan consists of is an operation: a frozen value that describes and executes itself."""

from __future__ import annotations

import dataclasses

from jupyter_containers.oci.runtime_spec import Linux, Mount, Process, Root, Spec
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.plan import plan

SPEC = Spec(
    process=Process(args=("sh",), terminal=True),
    root=Root("rootfs", read_only=True),
    hostname="h",
    domainname="d",
    mounts=(*defaults.default_mounts(), Mount("/v", "bind", "/v", ("rbind",))),
    linux=Linux(
        namespaces=defaults.default_namespaces(),
        masked_paths=("/proc/kcore",),
        readonly_paths=("/proc/sys",),
        sysctl={"net.core.somaxconn": "9"},
    ),
)


def test_every_operation_is_a_frozen_value_that_describes_itself_in_one_line() -> None:
    operations = plan(SPEC, "/r")
    assert len({type(operation) for operation in operations}) >= 15
    for operation in operations:
        assert dataclasses.is_dataclass(operation)
        assert hash(operation) == hash(dataclasses.replace(operation))  # type: ignore[type-var]
        assert callable(operation.execute)
        line = operation.describe()
        assert line
        assert "\n" not in line


def test_descriptions_tell_operations_apart() -> None:
    lines = [operation.describe() for operation in plan(SPEC, "/r")]
    assert len(lines) == len(set(lines))
