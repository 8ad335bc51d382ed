"""Contexts: read from the docker CLI's own files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from jupyter_containers.client import contexts
from jupyter_containers.errors import InvalidParameter, NotFound
from tests.support.certificates import make_certificates
from tests.support.docker_contexts import write_context


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_CERT_PATH", raising=False)
    return tmp_path


def test_without_files_there_is_nothing() -> None:
    assert (contexts.names(), contexts.current()) == ([], "")
    with pytest.raises(NotFound, match="there are: default"):
        contexts.load("x")


def test_what_the_docker_cli_has_written_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("docker") is None:
        pytest.skip("the docker CLI is not installed (package docker.io)")
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    authority = make_certificates(folder / "certificates") / "ca.pem"
    for words in (
        ["create", "one", "--docker", "host=unix:///run/one.sock"],
        ["create", "two", "--docker", f"host=tcp://there:2376,ca={authority},skip-tls-verify=true"],
        ["use", "two"],
    ):
        subprocess.run(["docker", "context", *words], check=True, capture_output=True)
    assert (contexts.names(), contexts.current()) == (["one", "two"], "two")
    assert contexts.load("one") == contexts.Endpoint("unix:///run/one.sock")
    two = contexts.load("two")
    assert (two.host, two.skips_verification) == ("tcp://there:2376", True)
    assert two.folder is not None
    assert (two.folder / "ca.pem").read_bytes() == authority.read_bytes()


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"Endpoints": []}', '{"Endpoints": {"docker": {"Host": 7}}}'])
def test_a_spoilt_file_is_named_and_spoils_no_other(folder: Path, content: str) -> None:
    write_context(folder, "good", "unix:///g")
    write_context(folder, "bad", "unix:///b")
    (path,) = [path for path in folder.rglob("meta.json") if '"bad"' in path.read_text()]
    path.write_text(content)
    with pytest.raises(InvalidParameter, match=r"meta\.json"):
        contexts.load("bad")
    assert contexts.names() == ["good"]
    (folder / "config.json").write_text(content)
    if content != "{}" and "Endpoints" not in content:
        with pytest.raises(InvalidParameter, match=r"config\.json"):
            contexts.current()


def test_certificates_are_in_their_own_folder_or_in_that_of_the_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert contexts.certificates_folder() == folder
    monkeypatch.setenv("DOCKER_CERT_PATH", "/c")
    assert contexts.certificates_folder() == Path("/c")
