"""Tests of client.ssh_agents."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from jupyter_containers.client import ssh_agents
from jupyter_containers.client.ssh_agents import Forwards, known_hosts, parse, wanted
from jupyter_containers.errors import InvalidParameter


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an agent's socket `s`, which is the usual agent, and files `a` and `b`; and it is home."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "s"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_what_is_forwarded_is_written_as_docker_has_it(place: Path) -> None:
    socket_ = str(place / "s")
    assert parse([], place) == Forwards()
    assert parse(["default", f"x={socket_}"], place) == Forwards({"default": socket_, "x": socket_})
    assert parse(["=", "x="], place) == Forwards({"default": socket_, "x": socket_})
    assert parse(["x=a,~/b", f"default={place}/a"], place) == Forwards(
        {}, {"x": (place / "a", place / "b"), "default": (place / "a",)}
    )


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", "a"], "--ssh a is given twice"), (["", "default"], "--ssh default is given twice"),
        (["x=none"], "--ssh x: .*/none: No such file"), (["x=s,a"], "the agent .*/s stands alone"),
        (["x=s,s"], "the agent .*/s stands alone"), (["x=a,"], "a path is empty in 'a,'"),
        (["x=s,raw=true"], "raw= is not supported"), (["x=\0"], "embedded null"),
    ],
)  # fmt: skip
def test_mistakes_are_told(place: Path, texts: list[str], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        parse(texts, place)


def test_without_an_agent_one_has_to_be_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with pytest.raises(InvalidParameter, match="build of x: ssh default: no agent: SSH_AUTH_SOCK is not set here"):
        parse(["default"], place, "build of x: ssh")


def test_a_context_behind_ssh_wants_the_usual_agent() -> None:
    assert wanted((), ("", "https://h/x.git", "docker-image://x")) == ()
    assert wanted((), ("you@h:x",)) == wanted((), ("ssh://git@h/x", "")) == ["default"]
    assert wanted(["x"], ("git@h:x",)) == ["x"]


def test_known_hosts_are_those_of_the_user_and_of_the_machine(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_agents, "_MACHINES", (str(place / "machine"), str(place / "none")))
    assert known_hosts() == b""
    (place / ".ssh").mkdir()
    (place / ".ssh" / "known_hosts").write_bytes(b"one key")
    (place / ".ssh" / "known_hosts2").write_bytes(b"two key\n")
    (place / "machine").write_bytes(b"three key")
    assert known_hosts().split() == b"one key two key three key".split()
    (place / "machine").write_bytes(b"x" * ssh_agents.MAX_KNOWN_HOSTS_BYTES)
    with pytest.raises(InvalidParameter, match=r"known hosts are larger than 1048576 bytes, up to .*/machine"):
        known_hosts()
    # One that is too large alone is not cut off.
    (place / "machine").unlink()
    (place / ".ssh" / "known_hosts2").unlink()
    (place / ".ssh" / "known_hosts").write_bytes(b"x" * (ssh_agents.MAX_KNOWN_HOSTS_BYTES + 1))
    with pytest.raises(InvalidParameter, match=r"up to .*/\.ssh/known_hosts; take hosts out"):
        known_hosts()
