"""Tests of client.key_agent: what it signs, and that nothing of a key comes out; OpenSSH asks it in the build tests."""

from __future__ import annotations

import asyncio
import socket
import sys
import traceback
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.client import key_agent
from jupyter_containers.client.key_agent import MAX_KEY_BYTES, MAX_MESSAGE_BYTES, answered, read_key, served
from jupyter_containers.errors import InvalidParameter, Unsupported

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
KEYS = {kind: asyncssh.generate_private_key(kind, **({"key_size": 2048} if "rsa" in kind else {})) for kind in KINDS}
FAILURE = b"\5"


def text(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def request(key: asyncssh.SSHKey, content: bytes, flags: int) -> bytes:
    return b"\x0d" + text(key.public_data) + text(content) + flags.to_bytes(4, "big")


@pytest.mark.parametrize(
    ("kind", "flags", "algorithm"),
    [
        *((kind, 0, kind) for kind in KINDS[:4]),
        ("ssh-rsa", 0, "ssh-rsa"),
        ("ssh-rsa", 2, "rsa-sha2-256"),
        ("ssh-rsa", 4, "rsa-sha2-512"),
    ],
)
def test_every_kind_signs(kind: str, flags: int, algorithm: str) -> None:
    key = KEYS[kind]
    answer = answered(list(KEYS.values()), request(key, b"content", flags))
    signature = answer[5:]
    assert answer[:5] == b"\x0e" + len(signature).to_bytes(4, "big")
    assert signature.startswith(text(algorithm.encode()))
    assert key.convert_to_public().verify(b"content", signature)
    assert not key.convert_to_public().verify(b"another", signature)


def test_public_keys_are_told_and_no_comments() -> None:
    key = KEYS["ssh-ed25519"]
    assert answered([key], b"\x0b") == b"\x0c\0\0\0\1" + text(key.public_data) + text(b"")


@pytest.mark.parametrize(
    "asked",
    [
        b"", b"\x0b\0", b"\x0d", b"\x11", b"\x13", b"\x16", b"\x1b" + text(b"session-bind@openssh.com"), b"\xff" * 9,
        request(KEYS["ssh-rsa"], b"c", 8), request(KEYS["ssh-rsa"], b"c", 1),
        request(KEYS["ssh-ed25519"], b"c", 0)[:-1], request(KEYS["ssh-ed25519"], b"c", 0) + b"x",
    ],
    ids=map(str, range(12)),
)  # fmt: skip
def test_nothing_else_is_done(asked: bytes) -> None:
    assert answered(list(KEYS.values()), asked) == FAILURE
    assert answered([], request(KEYS["ssh-ed25519"], b"c", 0)) == FAILURE


@given(st.binary(max_size=100) | st.binary(max_size=100).map(lambda rest: b"\x0d" + rest))
def test_any_request_has_an_answer(asked: bytes) -> None:
    assert answered([KEYS["ssh-ed25519"]], asked)[:1] in (FAILURE, b"\x0c")


def written(path: Path, kind: str, form: str = "openssh", passphrase: str | None = None) -> Path:
    path.write_bytes(KEYS[kind].export_private_key(form, passphrase=passphrase))
    return path


@pytest.mark.parametrize(
    ("kind", "form"), [("ssh-rsa", "pkcs1-pem"), ("ssh-rsa", "pkcs8-pem"), (KINDS[1], "pkcs1-pem")]
)
def test_keys_in_pem_are_read(tmp_path: Path, kind: str, form: str) -> None:
    assert read_key(written(tmp_path / "k", kind, form), "x").public_data == KEYS[kind].public_data


@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
def test_nobody_is_asked_for_a_passphrase(tmp_path: Path, form: str) -> None:
    path = written(tmp_path / "k", "ssh-rsa", form, "pass")
    with pytest.raises(InvalidParameter, match=rf"--ssh x: {path} is encrypted.*ssh-add {path}, and forward the agent"):
        read_key(path, "x")


def test_what_is_no_key_is_told_without_its_content(tmp_path: Path) -> None:
    whole = KEYS["ssh-ed25519"].export_private_key()
    lines = whole.splitlines(keepends=True)
    contents = {
        "text": b"s3cr3t", "public": KEYS["ssh-ed25519"].export_public_key(), "cut": b"".join([*lines[:2], lines[-1]]),
        "spoilt": whole.replace(lines[2][:20], b"A" * 20), "nothing": b"", "bytes": bytes(range(256)) * 10,
    }  # fmt: skip
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InvalidParameter, match=f"--ssh x: {path} is no private key that is known here") as caught:
            read_key(path, "x")
        # All frames but this one, with their variables.
        frames = caught.value.__traceback__.tb_next
        shown = "".join(
            traceback.TracebackException(type(caught.value), caught.value, frames, capture_locals=True).format()
        )
        assert "read_key" in shown
        assert not [secret for secret in ("s3cr3t", lines[1].strip().decode()) if secret in shown]
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(MAX_KEY_BYTES + 1))
    for name, message in (("none", "cannot be read: No such file"), (".", "Is a directory"), ("big", "is larger than")):
        with pytest.raises(InvalidParameter, match=message):
            read_key(tmp_path / name, "x")
    dsa = asyncssh.generate_private_key("ssh-dss")
    (tmp_path / "dsa").write_bytes(dsa.export_private_key())
    with pytest.raises(InvalidParameter, match="is no private key that is known here"):
        read_key(tmp_path / "dsa", "x")


def test_without_the_library_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    with pytest.raises(Unsupported, match=r"--ssh x=.*/k: key files need .* pip install 'jupyter-containers\[ssh\]'"):
        read_key(tmp_path / "k", "x")


def test_an_agent_is_there_as_long_as_the_block(tmp_path: Path) -> None:
    keys = {"a": [written(tmp_path / "1", "ssh-ed25519"), written(tmp_path / "2", "ssh-rsa")], "b": [tmp_path / "2"]}

    async def ask(path: str) -> list[bytes]:
        async with asyncssh.connect_agent(path) as agent:
            found = await agent.get_keys()
            for key in found:
                key.set_sig_algorithm(key.sig_algorithms[0])
                assert await key.sign_async(b"x")
            return [key.public_data for key in found]

    with served(keys) as sockets:
        folder = Path(sockets["a"]).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        assert asyncio.run(ask(sockets["a"])) == [KEYS["ssh-ed25519"].public_data, KEYS["ssh-rsa"].public_data]
        assert asyncio.run(ask(sockets["b"])) == [KEYS["ssh-rsa"].public_data]
        hanging = socket.socket(socket.AF_UNIX)
        hanging.connect(sockets["a"])
        hanging.sendall(text(b"\x0b"))
        assert hanging.recv(4)
    # The rest of the answer, and the end.
    with hanging:
        while hanging.recv(1000):
            pass
    assert not folder.exists()


def test_nonsense_ends_its_connection_and_no_other(tmp_path: Path) -> None:
    with served({"a": [written(tmp_path / "k", "ssh-ed25519")]}) as sockets, socket.socket(socket.AF_UNIX) as good:
        good.connect(sockets["a"])
        for nonsense in ((MAX_MESSAGE_BYTES + 1).to_bytes(4, "big"), bytes(4), b"\xff" * 100):
            with socket.socket(socket.AF_UNIX) as bad:
                bad.connect(sockets["a"])
                bad.sendall(nonsense)
                assert bad.recv(100) == b""
        good.sendall(text(b"\x11"))
        assert good.recv(100) == text(FAILURE)


def test_so_many_may_ask_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_agent, "MAX_CONNECTIONS", 1)
    with (
        served({"a": [written(tmp_path / "k", "ssh-ed25519")]}) as sockets,
        socket.socket(socket.AF_UNIX) as first,
        socket.socket(socket.AF_UNIX) as second,
    ):
        first.connect(sockets["a"])
        first.sendall(text(b"\x11"))
        assert first.recv(100) == text(FAILURE)
        second.connect(sockets["a"])
        assert second.recv(100) == b""
