"""Logins kept and forgotten: the docker CLI's file, and a helper that writes down what it was given."""

from __future__ import annotations

import json
import os
import stat
import traceback
from pathlib import Path

import pytest

from jupyter_containers.client import credential_store, credentials
from jupyter_containers.client.credential_store import Login
from jupyter_containers.errors import InvalidParameter, Unavailable

HELPER = """#!/bin/sh
cd "$DOCKER_CONFIG"
case "$1" in
    store) cat > kept; grep -q refused kept && { printf 'no room for %s' "$(cat kept)"; exit 1; }; exit 0 ;;
    get) test -e kept && cat kept || { echo 'credentials not found in native keychain'; exit 1; } ;;
    erase) cat > erased; rm kept ;;
esac
"""
ADA = Login("r.example.org:5000", "ada", "s3cret")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    helper = tmp_path / "docker-credential-test"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    return tmp_path / "docker"


def settings(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "config.json").read_text())
    return found


def test_a_login_is_kept_where_it_is_looked_for_and_nobody_else_can_read_it(folder: Path) -> None:
    assert credential_store.keep(ADA) == str(folder / "config.json")
    assert credentials.find(ADA.domain) == {"username": "ada", "password": "s3cret", "serveraddress": ADA.domain}
    assert stat.S_IMODE((folder / "config.json").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["config.json"]


def test_nobody_else_can_read_the_folders_that_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "one" / "two"))
    credential_store.keep(ADA)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("one", "one/two")] == [0o700, 0o700]


def test_the_rest_of_the_file_stays_and_a_link_stays_one(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (tmp_path / "mine.json").write_text(
        '{"psFormat": "x", "auths": {"other": {}, "http://r.example.org:5000/v1/": {}}}'
    )
    (folder / "config.json").symlink_to(tmp_path / "mine.json")
    credential_store.keep(ADA)
    assert (folder / "config.json").is_symlink()
    auths = {"other": {}, "r.example.org:5000": {"auth": "YWRhOnMzY3JldA=="}}
    assert settings(folder) == {"psFormat": "x", "auths": auths}


def test_docker_hub_has_the_name_that_docker_gives_it(folder: Path) -> None:
    for server in ("", "docker.io", "https://index.docker.io/v1/"):
        assert credential_store.domain_of(server) == "docker.io"
    credential_store.keep(Login("docker.io", "ada", "x"))
    assert settings(folder)["auths"] == {"https://index.docker.io/v1/": {"auth": "YWRhOng="}}


def test_a_token_is_kept_instead_of_the_password(folder: Path) -> None:
    credential_store.keep(Login("r.example.org", "ada", identity_token="t"))
    assert credentials.find("r.example.org") == {"identitytoken": "t", "serveraddress": "r.example.org"}
    assert "s3cret" not in (folder / "config.json").read_text()


def test_a_helper_keeps_what_the_file_must_not(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_text('{"credHelpers": {"r.example.org:5000": "test"}}')
    assert credential_store.keep(ADA) == "docker-credential-test"
    kept = {"ServerURL": ADA.domain, "Username": "ada", "Secret": "s3cret"}
    assert json.loads((folder / "kept").read_text()) == kept
    assert settings(folder)["auths"] == {ADA.domain: {}}
    assert credentials.find(ADA.domain)["password"] == "s3cret"
    credential_store.keep(Login(ADA.domain, "ada", identity_token="t"))
    assert json.loads((folder / "kept").read_text()) == kept | {"Username": "<token>", "Secret": "t"}
    assert credential_store.forget(ADA.domain)
    assert (folder / "erased").read_text() == ADA.domain
    assert settings(folder)["auths"] == {}
    assert not credential_store.forget(ADA.domain)


@pytest.mark.parametrize("secret", ["refused", 'refused"\\é'])
def test_a_helper_that_refuses_is_told_without_the_secret(folder: Path, secret: str) -> None:
    folder.mkdir()
    (folder / "config.json").write_text('{"credsStore": "test"}')
    with pytest.raises(Unavailable, match="cannot keep the login: it does not say why") as caught:
        credential_store.keep(Login("r.example.org", "ada", secret))
    assert "refused" not in str(caught.value)
    assert settings(folder) == {"credsStore": "test"}


def test_no_part_of_a_failure_has_the_secret(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_text('{"credsStore": "that-is-nowhere"}')
    with pytest.raises(Unavailable, match="is not installed") as caught:
        credential_store.keep(ADA)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert ADA.password not in "".join(told.format())


def test_a_helper_that_cannot_look_has_not_said_that_there_is_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "docker-credential-test").write_text("#!/bin/sh\necho the keychain is locked\nexit 1\n")
    folder.mkdir()
    (folder / "config.json").write_text('{"credsStore": "test", "auths": {"r.example.org:5000": {}}}')
    with pytest.raises(Unavailable, match="the keychain is locked"):
        credential_store.forget(ADA.domain)
    assert settings(folder)["auths"] == {ADA.domain: {}}


def test_a_login_is_forgotten_once(folder: Path) -> None:
    credential_store.keep(ADA)
    assert credential_store.forget(ADA.domain)
    assert credentials.find(ADA.domain) == {}
    assert not credential_store.forget(ADA.domain)


@pytest.mark.parametrize("server", ["not a host", "-", "a b:5000", "host:port"])
def test_what_is_no_host_is_refused(server: str) -> None:
    with pytest.raises(InvalidParameter, match=r"is no registry; give its HOST or HOST:PORT"):
        credential_store.domain_of(server)


def test_a_login_can_be_printed(folder: Path) -> None:
    assert repr(Login("r", "ada", "s3cret", "token")) == "Login(domain='r', username='ada')"


def test_a_file_that_cannot_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    folder.write_text("a file where the folder should be")
    with pytest.raises(InvalidParameter, match=r"cannot (read|write) .*config\.json"):
        credential_store.keep(ADA)
