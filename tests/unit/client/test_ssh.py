"""ssh: its words, and a stand-in for it that runs what it is given here instead of there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.client.ssh import command, dial
from tests.support.stand_in_ssh import stand_in_ssh


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ssh://there", ["--", "there", "docker", "system", "dial-stdio"]),
        ("ssh://me@there:22", ["-l", "me", "-p", "22", "--", "there", "docker", "system", "dial-stdio"]),
        ("ssh://[::1]:22", ["-p", "22", "--", "::1", "docker", "system", "dial-stdio"]),
        (
            "ssh://there/run/a b",
            ["--", "there", "docker", "--host", "'unix:///run/a b'", "system", "dial-stdio"],
        ),
    ],
)  # fmt: skip
def test_ssh_is_given_the_words_that_docker_gives_it(address: str, words: list[str]) -> None:
    assert command(_parsed(address)) == ["ssh", "-o", "ConnectTimeout=30", "-T", *words]


def _parsed(text: str) -> Address:
    if " " not in text:
        return Address.parse(text)
    return Address(Path("/run/a b"), ssh="there")


def test_bytes_go_both_ways_and_each_half_ends_on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_ssh(tmp_path, monkeypatch, "cat; echo end")
    with dial(Address(ssh="there")) as end:
        end.sendall(b"there and back;")
        assert end.recv(100) == b"there and back;"
        end.shutdown(1)
        assert end.recv(100) == b"end\n"
        assert end.recv(100) == b""


def test_what_ssh_says_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_ssh(tmp_path, monkeypatch, "echo noise >&2; echo 'Permission denied (publickey).' >&2; exit 255")
    with dial(Address(ssh="there")) as end, pytest.raises(ConnectionAbortedError, match="ssh: Permission denied") as e:
        end.recv(1)
    assert e.value.strerror == "ssh: Permission denied (publickey)."


def test_closing_ends_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_ssh(tmp_path, monkeypatch, "exec sleep 600")
    end = dial(Address(ssh="there"))
    process = end._process  # type: ignore[attr-defined]
    end.close()
    assert process.wait(5) == -15


def test_a_host_without_ssh_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(FileNotFoundError, match="ssh is not installed"):
        dial(Address(ssh="there"))
