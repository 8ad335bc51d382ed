"""Tests of commands.mount_option."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.commands.mount_option import mount
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("type=bind,src=/a,dst=/b,ro", {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": True}),
        ("type=bind,source=./a,target=/b", {"Type": "bind", "Source": "/here/a", "Target": "/b"}),
        ("source=v,target=/b", {"Type": "volume", "Source": "v", "Target": "/b"}),
        (
            "type=bind,src=/a,dst=/b,bind-propagation=rslave,bind-recursive=disabled",
            {"Type": "bind", "Source": "/a", "Target": "/b",
             "BindOptions": {"Propagation": "rslave", "NonRecursive": True}},
        ),
        (
            "target=/b,volume-nocopy,volume-driver=local,volume-opt=o=x,volume-label=a=b",
            {"Type": "volume", "Target": "/b", "VolumeOptions": {
                "NoCopy": True, "Labels": {"a": "b"}, "DriverConfig": {"Name": "local", "Options": {"o": "x"}}}},
        ),
        (
            "type=tmpfs,target=/b,tmpfs-size=1m,tmpfs-mode=1770",
            {"Type": "tmpfs", "Target": "/b", "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o1770}},
        ),
        (
            'type=bind,"source=/a,b",target=/c,readonly=false',
            {"Type": "bind", "Source": "/a,b", "Target": "/c"},
        ),
    ],
)  # fmt: skip
def test_a_mount_is_read_as_dockers_cli_reads_it(text: str, found: dict[str, Any]) -> None:
    read = mount(text, Path("/here"))
    assert {name: value for name, value in read.items() if value not in ({}, "")} == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type=npipe,target=/a", "unsupported type 'npipe'; choose bind, volume"),
        ("type=bind,source=/a", "target is required"),
        ("type=tmpfs,target=/a,volume-nocopy", "volume-nocopy does not go with type=tmpfs"),
        ("target=/a,readonly=maybe", "invalid value for readonly: maybe"),
        ("target=/a,nonsense", "invalid field 'nonsense'"),
        ("type=tmpfs,target=/a,tmpfs-mode=rwx", "tmpfs-mode rwx: write it as 1777"),
        ("type=bind,src=/a,target=/b,bind-recursive=some", "bind-recursive: choose enabled"),
    ],
)
def test_what_makes_no_sense_is_named(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        mount(text, Path("/here"))
