"""What is never sent to a daemon that is not ours, nor shown. The rest is in integration/client/test_images.py."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_containers.client import Client, connect, credential_store
from jupyter_containers.client.credential_store import Login
from jupyter_containers.errors import ContainersError, Unsupported
from tests.support.canned_server import answer, canned_server


def test_another_daemon_is_not_asked_for_a_bootstrap(tmp_path: Path) -> None:
    with canned_server(tmp_path) as server, connect(f"unix://{tmp_path}/s") as client:
        with pytest.raises(Unsupported, match=r"a bootstrap of debian:12: the daemon at unix://.* is not ours"):
            client.images.bootstrap("debian:12")
        assert server.requests == []


@pytest.mark.parametrize(
    "transfer", [lambda c: c.images.push("r.example.org/a:1"), lambda c: c.images.pull("r.example.org/a")]
)
@pytest.mark.parametrize("content", [answer(b'{"message": "no"}', "500 Oh"), b"nonsense\r\n\r\n"])
def test_no_part_of_a_failed_transfer_has_what_one_is_logged_in_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transfer: Callable[[Client], object], content: bytes
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    credential_store.keep(Login("r.example.org", "ada", "s3cret"))
    with canned_server(tmp_path, content) as server, connect(f"unix://{tmp_path}/s") as client:
        with pytest.raises(ContainersError) as caught:
            transfer(client)
        told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        (request,) = server.requests
    header = next(line for line in request.splitlines() if line.lower().startswith("x-registry-auth: "))[17:]
    assert b"s3cret" in base64.urlsafe_b64decode(header)
    assert "headers = " in told
    assert header not in told
