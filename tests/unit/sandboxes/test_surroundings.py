"""Tests of sandboxes.surroundings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jupyter_containers.sandboxes.surroundings import split, surroundings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_TOKEN", "x"), ("OPENAI_API_KEY", "x"), ("db_password", "x"), ("PGPASSWORD", "x"), ("MY_SECRET", "x"),
        ("SSH_AUTH_SOCK", "x"), ("DATABASE", "postgres://me:word@host/x"), ("THING", "ghp_0123456789"),
        ("CERT", "-----BEGIN RSA PRIVATE KEY-----"), ("AWS_SECRET_ACCESS_KEY", "x"),
    ],
)  # fmt: skip
def test_what_may_be_secret_is_withheld(name: str, value: str) -> None:
    assert split({name: value}) == ((), (name,))


def test_the_rest_is_passed_but_for_what_tells_of_this_process() -> None:
    environ = {
        "PATH": "/bin",
        "LANG": "C",
        "URL": "https://host/x",
        "PWD": "/",
        "DOCKER_HOST": "unix:///x",
        "E": "\udc80",
    }
    assert split(environ) == (("LANG=C", "PATH=/bin", "URL=https://host/x"), ())


def test_the_folder_and_the_python_are_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "site-packages").mkdir()
    found = surroundings(
        tmp_path / "link",
        {},
        ["", str(tmp_path / "modules"), f"{sys.prefix}/lib", "/nowhere", str(tmp_path / "site-packages")],
    )
    assert found.folder == tmp_path.resolve()
    assert found.folders == (tmp_path.resolve(), tmp_path.resolve() / "modules")
    assert Path(sys.prefix) in found.prefixes
    assert found.folder / "site-packages" in found.prefixes
    places = [found.folder, found.folder / "modules", found.folder / "site-packages"]
    assert f"PYTHONPATH={os.pathsep.join(map(str, places))}" in found.environment
