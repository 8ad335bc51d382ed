"""Tests of client.build_body: what is sent (how the daemon reads it is in unit/api/test_build_body.py)."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from jupyter_containers.client.build_body import body_of
from jupyter_containers.client.context import gather


def test_without_secrets_and_contexts_it_is_a_tar_as_every_daemon_reads_it(tmp_path: Path) -> None:
    kind, chunks = body_of(gather("FROM x\n", tmp_path), {}, {})
    assert kind == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        assert len(tar.getnames()) == 2


def test_known_hosts_come_before_contexts(tmp_path: Path) -> None:
    kind, chunks = body_of(gather("FROM x\n", tmp_path), {"id": b"v"}, {}, b"h ssh-ed25519 AAAA")
    boundary = kind.partition("=")[2].encode()
    names = [part.split(b'"')[1] for part in b"".join(chunks).split(b"--" + boundary)[1:-1]]
    assert names == [b"secret.id", b"known-hosts", b"context"]


def test_a_named_folder_is_sent_whole_less_what_it_ignores(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "secret").write_text("s")
    (tmp_path / ".dockerignore").write_text("secret\n")
    kind, chunks = body_of(gather("FROM x\n", tmp_path), {"id": b"value"}, {"name": tmp_path})
    assert kind.startswith("multipart/form-data; boundary=")
    boundary = kind.partition("=")[2].encode()
    secret, named, context = b"".join(chunks).split(b"--" + boundary)[1:-1]
    assert secret == b'\r\nContent-Disposition: form-data; name="secret.id"\r\n\r\nvalue\r\n'
    assert b'name="context.name"' in named
    with tarfile.open(fileobj=io.BytesIO(named.partition(b"\r\n\r\n")[2])) as tar:
        assert tar.getnames() == ["a", ".dockerignore"]
    assert b'name="context"' in context
