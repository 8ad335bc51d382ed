"""Tests of client.archives."""

from __future__ import annotations

import io
import tarfile

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.errors import NotFound
from jupyter_containers.variables.parcel import read, tar


def test_files_go_in_and_come_out(client: Client) -> None:
    id_ = client.containers.create(RunSettings("busybox", ("true",)))
    client.archives.put(id_, "/", tar("box", [], {"out/a": b"1"}))
    assert read(client.archives.get(id_, "/box/out")) == {"a": b"1"}
    assert client.archives.look(id_, "/box/out/a")["size"] == 1
    with tarfile.open(fileobj=io.BytesIO(b"".join(client.archives.get(id_, "/box")))) as made:
        assert sorted(made.getnames()) == ["box", "box/in", "box/out", "box/out/a"]
    with pytest.raises(NotFound):
        client.archives.look(id_, "/none")
    client.containers.remove(id_)
