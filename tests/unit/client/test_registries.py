"""Tests of client.registries against canned answers."""

from __future__ import annotations

import json
import traceback
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.client.credential_store import Login
from jupyter_containers.client.registries import Registries
from jupyter_containers.client.transport import Transport
from jupyter_containers.errors import ContainersError
from tests.support.canned_server import answer, canned_server

ADA = Login("docker.io", "ada", "s3cret")


def logged_in(folder: Path, content: bytes, login: Login = ADA) -> tuple[Login, str]:
    with canned_server(folder, content) as server, closing(Transport(Address(server.path))) as transport:
        return Registries(transport).log_in(login), server.requests[0]


def test_the_daemon_is_asked_as_docker_asks_it(tmp_path: Path) -> None:
    kept, request = logged_in(tmp_path, answer(b'{"IdentityToken": "", "Status": "Login Succeeded"}'))
    assert kept == ADA
    assert request.startswith("POST /v1.44/auth HTTP/1.1\r\n")
    asked = {"username": "ada", "password": "s3cret", "serveraddress": "https://index.docker.io/v1/"}
    assert json.loads(request.partition("\r\n\r\n")[2]) == asked


def test_a_token_takes_the_place_of_the_password(tmp_path: Path) -> None:
    kept, _ = logged_in(tmp_path, answer(b'{"IdentityToken": "token", "Status": "Login Succeeded"}'))
    assert (kept.password, kept.identity_token) == ("", "token")


@pytest.mark.parametrize("content", [answer(b'{"message": "no"}', "401 Unauthorized"), b"nonsense\r\n\r\n"])
def test_no_part_of_a_failure_has_the_password(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ContainersError) as caught:
        logged_in(tmp_path, content)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "s3cret" not in "".join(told.format())
