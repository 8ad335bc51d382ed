"""Registries that are malicious in ways that belong to no one module: each pull fails soon, with a sentence."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.errors import ContainersError
from jupyter_containers.registry import transport
from jupyter_containers.registry.failures import PullDenied, RegistryRefused, RegistryUnreachable
from tests.support import tiny_image
from tests.support.registry_client import pull
from tests.support.registry_server import Fault, RegistryServer

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))
SPACES = b" " * (64 << 20)


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        server.add_image("team/app", "1", IMAGE)
        yield server


@pytest.mark.parametrize("when", ["GET .*/manifests/", f"GET .*{IMAGE.image_id.hex}"])
def test_what_comes_drop_by_drop_is_not_waited_for(
    server: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Each byte comes before a connection counts as dead, so that alone would last for days."""
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.5)
    server.faults.append(Fault(when, times=99, bytes_per_second=50))
    with pytest.raises(RegistryUnreachable, match="the registry stopped answering"):
        pull(server, tmp_path, "team/app:1")


@pytest.mark.parametrize("when", ["GET .*/manifests/", f"GET .*{IMAGE.layers[0].descriptor.digest.hex}"])
def test_an_answer_that_is_always_about_to_come_is_not_waited_for(
    server: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.5)
    server.faults.append(Fault(when, times=99, interim=True))
    with pytest.raises(RegistryUnreachable, match="the registry stopped answering"):
        pull(server, tmp_path, "team/app:1")


def test_words_of_a_registry_do_nothing_to_a_terminal(server: RegistryServer, tmp_path: Path) -> None:
    words = "no\x1b]0;owned\x07\x1b[2J\r\nlevel=info msg=forged\u202e " + "x" * 100_000
    body = json.dumps({"errors": [{"code": "DENIED", "message": words}]}).encode()
    server.faults.append(Fault("/manifests/", times=99, status=403, body=body))
    with pytest.raises(PullDenied) as failure:
        pull(server, tmp_path, "team/app:1")
    assert failure.value.message.isprintable()
    assert "denied: no\\x1b]0;owned\\x07\\x1b[2J\\r\\nlevel=info msg=forged\\u202e xxx" in failure.value.message
    assert len(failure.value.message) < 1500


def test_what_says_that_it_is_packed_is_not_unpacked(server: RegistryServer, tmp_path: Path) -> None:
    """A few kilobytes that would be 64 MiB of spaces before a manifest, and the manifest at their end."""
    bomb = gzip.compress(SPACES + IMAGE.manifest)
    server.faults.append(Fault("GET .*/manifests/", times=99, body=bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(ContainersError) as failure:
            pull(server, tmp_path, "team/app:1")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "over the limit" not in failure.value.message, "as it came, it is short"
    assert isinstance(failure.value, RegistryRefused), failure.value
    assert most < len(SPACES) / 4
