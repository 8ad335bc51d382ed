"""Credentials of the docker CLI: its file, its helpers, and what a request carries."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client import credentials
from jupyter_containers.errors import InvalidParameter, Unavailable
from jupyter_containers.registry import from_config_header, from_header

HELPER = """#!/bin/sh
read -r host
case "$host" in
    known*) echo '{"ServerURL": "x", "Username": "ada", "Secret": "s3cret"}' ;;
    token*) echo '{"ServerURL": "x", "Username": "<token>", "Secret": "identity"}' ;;
    broken*) echo 'not json' ;;
    angry*) echo 'no keyring'; exit 1 ;;
    *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The CLI's folder, and a helper called test."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    helper = tmp_path / "docker-credential-test"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    return tmp_path


def write(folder: Path, **settings: Any) -> None:
    (folder / "config.json").write_text(json.dumps(settings))


def auth(name: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_podmans_file_is_asked_first_and_for_the_nearest_namespace(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, auths={"reg.test:5000": auth("ada", "1"), "other.test": auth("eve", "6")})
    theirs = {
        "reg.test:5000": auth("bob", "2"), "reg.test:5000/team": auth("carl", "3"),
        "reg.test:5000/team/app": auth("dora", "4"), "docker.io/library": auth("hugo", "5"),
    }  # fmt: skip
    (folder / "auth.json").write_text(json.dumps({"auths": theirs}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(folder / "auth.json"))

    def user(name: str) -> str:
        found = from_header(credentials.header_for(name).get("X-Registry-Auth", ""))
        return found.username if found is not None else ""

    names = ("team/app:1", "team/app/deep", "team/other", "teams/app", "app")
    assert [user(f"reg.test:5000/{name}") for name in names] == ["dora", "dora", "carl", "bob", "bob"]
    assert [user("busybox"), user("someone/else"), user("other.test/x")] == ["hugo", "", "eve"]
    builds = from_config_header(credentials.header_for_builds()["X-Registry-Config"])
    assert {domain: found.username for domain, found in builds.items()} == {"reg.test:5000": "bob", "other.test": "eve"}


def test_without_a_file_there_are_none(folder: Path) -> None:
    assert credentials.header_for("busybox") == {}
    assert credentials.header_for_builds() == {}


def test_a_file_is_read_as_the_daemon_reads_the_header(folder: Path) -> None:
    write(folder, auths={"https://index.docker.io/v1/": auth("ada", "a:b"), "127.0.0.1:5000": auth("bob", "pw")})
    hub = from_header(credentials.header_for("busybox:1")["X-Registry-Auth"])
    local = from_header(credentials.header_for("127.0.0.1:5000/team/app:1")["X-Registry-Auth"])
    assert hub is not None
    assert local is not None
    assert (hub.username, hub.password, local.username) == ("ada", "a:b", "bob")
    assert credentials.header_for("127.0.0.1:5001/app") == {}
    found = from_config_header(credentials.header_for_builds()["X-Registry-Config"])
    assert sorted(found) == ["127.0.0.1:5000", "docker.io"]


def test_an_identity_token_goes_as_such(folder: Path) -> None:
    write(folder, auths={"https://r.example.org/v2/": {"identitytoken": "t"}, "empty.example.org": {}})
    assert credentials.find("r.example.org") == {"identitytoken": "t", "serveraddress": "https://r.example.org/v2/"}
    assert credentials.find("empty.example.org") == {}


def test_helpers_are_asked_for_their_hosts_or_for_all(folder: Path) -> None:
    write(folder, credHelpers={"known.example.org": "test", "token.example.org": "test"}, auths={"x.y": auth("a", "b")})
    assert credentials.find("known.example.org") == {
        "username": "ada", "password": "s3cret", "serveraddress": "known.example.org",
    }  # fmt: skip
    assert credentials.find("token.example.org")["identitytoken"] == "identity"
    assert credentials.find("x.y")["username"] == "a"
    assert len(from_config_header(credentials.header_for_builds()["X-Registry-Config"])) == 3
    write(folder, credsStore="test")
    assert credentials.find("nobody.example.org") == {}
    assert credentials.find("known.example.org")["username"] == "ada"


@pytest.mark.parametrize("domain", ["broken.example.org", "angry.example.org"])
def test_a_helper_that_fails_is_told(folder: Path, domain: str) -> None:
    write(folder, credsStore="test")
    with pytest.raises(Unavailable, match="docker-credential-test"):
        credentials.find(domain)
    write(folder, credsStore="absent")
    with pytest.raises(Unavailable, match="is not installed"):
        credentials.find(domain)


def test_a_spoilt_file_is_told_without_its_secrets(folder: Path) -> None:
    write(folder, auths={"a.b": {"auth": "c2VjcmV0"}})
    with pytest.raises(InvalidParameter, match=r"credentials for a\.b") as caught:
        credentials.header_for("a.b/c")
    assert "secret" not in caught.value.message
    (folder / "config.json").write_text("{")
    with pytest.raises(InvalidParameter, match="cannot read"):
        credentials.header_for("busybox")
