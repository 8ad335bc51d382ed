from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.errors import ContainersError
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.failures import RegistryUnreachable
from jupyter_containers.registry.login import LoginFailed
from tests.support.registry_client import with_client
from tests.support.registry_server import Fault, RegistryServer

ALICE, WRONG = Credentials("alice", "pw"), Credentials("alice", "wr0ng")
USERS = {"alice": "pw"}


def log_in(tmp_path: Path, server: RegistryServer, credentials: Credentials) -> str:
    token: str = with_client(tmp_path, lambda client: client.registry.log_in(server.address, credentials))
    return token


def test_an_open_registry_lets_everybody_in(tmp_path: Path) -> None:
    with RegistryServer() as server:
        assert log_in(tmp_path, server, WRONG) == ""


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_the_password_is_checked(tmp_path: Path, kind: str) -> None:
    with RegistryServer(authentication=kind, users=USERS) as server:
        assert log_in(tmp_path, server, ALICE) == ""
        with pytest.raises(LoginFailed) as caught:
            log_in(tmp_path, server, WRONG)
        assert caught.value.status == 401
        assert "wr0ng" not in caught.value.message


def test_nothing_to_log_in_with_is_said(tmp_path: Path) -> None:
    with (
        RegistryServer(authentication="basic", users=USERS) as server,
        pytest.raises(LoginFailed, match="no basic auth credentials"),
    ):
        log_in(tmp_path, server, Credentials())


def test_a_token_service_may_give_an_identity_token(tmp_path: Path) -> None:
    with RegistryServer(authentication="bearer", users=USERS) as server:
        server.token_answer = {"refresh_token": "keep-me"}
        assert log_in(tmp_path, server, ALICE) == "keep-me"
        (asked,) = server.lines("^GET /token")
        assert "offline_token=true" in asked
        assert "scope=" not in asked


def test_a_registry_that_is_broken_or_not_there_is_no_wrong_password(tmp_path: Path) -> None:
    with RegistryServer(authentication="basic", users=USERS) as server:
        server.faults.append(Fault("GET /v2/", status=404))
        with pytest.raises(ContainersError) as caught:
            log_in(tmp_path, server, ALICE)
        assert not isinstance(caught.value, LoginFailed)
    with pytest.raises(RegistryUnreachable, match="connection refused"):
        log_in(tmp_path, server, ALICE)
