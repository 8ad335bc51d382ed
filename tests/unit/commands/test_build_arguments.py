"""Tests of commands.build_arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client.build_layouts import Layout
from jupyter_containers.commands import build_arguments as room
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.errors import InvalidParameter


def test_a_secret_is_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"\xffone")
    (tmp_path / "bare").write_bytes(b"three")
    monkeypatch.setenv("TOKEN", "two")
    texts = [
        "id=a,src=f", "id=b,env=TOKEN", "type=env,id=c,src=TOKEN", "type=env,id=TOKEN", "id=bare", "src=f",
        f"type=file,id=d,source={tmp_path}/f",
    ]  # fmt: skip
    assert room.secrets(texts, tmp_path) == {
        "a": b"\xffone", "b": b"two", "c": b"two", "TOKEN": b"two", "bare": b"three", "f": b"\xffone", "d": b"\xffone",
    }  # fmt: skip


def test_contexts_are_here_or_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    texts = ["a=d", "b=docker-image://x:1", "c=https://example.org/x.git#y", "d=oci-layout://l:t"]
    assert room.contexts(texts, tmp_path) == (
        {"a": tmp_path / "d"}, {"b": "docker-image://x:1", "c": "https://example.org/x.git#y"},
        {"d": Layout(tmp_path / "l", "t")},
    )  # fmt: skip


def test_limits_and_hosts_are_read() -> None:
    words = ("-m", "64m", "--memory-swap", "-1", "-c", "5", "--ulimit", "nofile=1:2", "--ulimit", "core=0")
    found = room.limits(parse(table.find("build", "shell"), words, surface="shell", prog="x"))
    assert (found.memory, found.memory_swap, found.cpu_shares) == (64 << 20, -1, 5)
    assert found.ulimits == (("nofile", 1, 2), ("core", 0, 0))
    assert room.hosts(["a:1.2.3.4", "b=[::1]", "c=::1"]) == ("a:1.2.3.4", "b:::1", "c:::1")


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (room.secrets, "src", "needs an id"), (room.secrets, "id=a,src=none", "cannot read .*none: No such file"),
        (room.secrets, "id=a,env=NOT_SET_HERE", "NOT_SET_HERE is not set"),
        (room.secrets, "id=a,x=1", "unexpected key 'x'"),
        (room.secrets, "id=a,type=x", "unsupported secret type 'x'"),
        (room.secrets, "id=a,src=big", "larger than 512000"),
        (room.contexts, "a", "invalid context value: a"), (room.contexts, "a=none", "no folder and no tar .*/none"),
        (room.contexts, "a=target:x", "target: is a word of bake files"),
        (room.contexts, "a=oci-layout://x@y", "FOLDER@sha256"),
    ],
)  # fmt: skip
def test_mistakes_are_told(tmp_path: Path, read: Callable[..., Any], text: str, message: str) -> None:
    (tmp_path / "big").write_bytes(b"x" * (room.MAX_SECRET_BYTES + 1))
    with pytest.raises(InvalidParameter, match=message):
        read([text], tmp_path)


def test_other_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="write NAME:ADDRESS"):
        room.hosts(["a"])
    options = parse(table.find("build", "shell"), ("--ulimit", "nofile"), surface="shell", prog="x")
    with pytest.raises(InvalidParameter, match="invalid ulimit argument: nofile"):
        room.limits(options)
