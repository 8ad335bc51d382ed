"""Tests of commands.build_arguments."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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


def test_agents_are_sockets_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "a"))
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "a"))
        assert room.agents(["default", f"x={tmp_path}/a"]) == {"default": f"{tmp_path}/a", "x": f"{tmp_path}/a"}
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with pytest.raises(InvalidParameter, match="SSH_AUTH_SOCK is not set"):
        room.agents(["default"])


def test_contexts_are_here_or_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    texts = ["a=d", "b=docker-image://x:1", "c=https://example.org/x.git#y"]
    assert room.contexts(texts, tmp_path) == (
        {"a": tmp_path / "d"}, {"b": "docker-image://x:1", "c": "https://example.org/x.git#y"},
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
        (room.contexts, "a=oci-layout://x", "not supported; load the image"),
    ],
)  # fmt: skip
def test_mistakes_are_told(tmp_path: Path, read: Callable[..., Any], text: str, message: str) -> None:
    (tmp_path / "big").write_bytes(b"x" * (room.MAX_SECRET_BYTES + 1))
    with pytest.raises(InvalidParameter, match=message):
        read([text], tmp_path)


def test_other_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="write NAME:ADDRESS"):
        room.hosts(["a"])
    with pytest.raises(InvalidParameter, match="no agent's socket; keys stay here: ssh-add"):
        room.agents([f"x={tmp_path}"])
    with pytest.raises(InvalidParameter, match="none: No such file"):
        room.agents([f"x={tmp_path}/none"])
    options = parse(table.find("build", "shell"), ("--ulimit", "nofile"), surface="shell", prog="x")
    with pytest.raises(InvalidParameter, match="invalid ulimit argument: nofile"):
        room.limits(options)
