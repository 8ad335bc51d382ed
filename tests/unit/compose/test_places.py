"""Tests of compose.places."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.compose.places import absolute, is_remote, rooted
from jupyter_containers.compose.schema import canonical
from jupyter_containers.compose.source import plain, read

FILE = """
services:
  web:
    build: {context: src, additional_contexts: {a: ../a, b: docker-image://x}}
    env_file: [one.env, {path: /two.env}]
    label_file: labels
    volumes: [./x:/x, data:/data, {type: tmpfs, target: /t}]
    extends: {file: base.yaml, service: web}
  remote: {build: https://example.org/x.git}
  empty: {build: {dockerfile: D}}
volumes: {data: , bound: {driver_opts: {type: none, o: bind, device: ./b}}, other: {driver_opts: {device: b}}}
secrets: {s: {file: s.txt}}
configs: {c: {file: ./c.txt}, d: {content: x}}
"""


def test_paths_begin_at_the_folder_of_the_project() -> None:
    found = plain(rooted(canonical(read(FILE, "f")), Path("/srv/shop")))
    web = found["services"]["web"]
    assert web["build"] == {
        "context": "/srv/shop/src", "additional_contexts": {"a": "/srv/a", "b": "docker-image://x"},
    }  # fmt: skip
    assert [file["path"] for file in web["env_file"]] == ["/srv/shop/one.env", "/two.env"]
    assert web["label_file"] == ["/srv/shop/labels"]
    assert [mount.get("source") for mount in web["volumes"]] == ["/srv/shop/x", "data", None]
    assert web["extends"]["file"] == "/srv/shop/base.yaml"
    assert found["services"]["remote"]["build"]["context"] == "https://example.org/x.git"
    assert found["services"]["empty"]["build"]["context"] == "/srv/shop"
    assert found["volumes"]["bound"]["driver_opts"]["device"] == "/srv/shop/b"
    assert found["volumes"]["other"]["driver_opts"]["device"] == "b"
    assert found["secrets"]["s"]["file"] == "/srv/shop/s.txt"
    assert found["configs"] == {"c": {"file": "/srv/shop/c.txt"}, "d": {"content": "x"}}


def test_home_and_what_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert absolute("~/x", Path("/srv")) == "/home/me/x"
    assert absolute("/a/../b", Path("/srv")) == "/b"
    assert is_remote("git@example.org:x.git") and not is_remote("./http")
