"""Tests of compose.model."""

from __future__ import annotations

import pytest

from jupyter_containers.compose.model import Grant, digest
from tests.support.compose_files import service

BASE = "image: x\ncommand: a\nenvironment: {A: 1}\nlabels: {l: 1}"


def test_the_same_service_has_the_same_fingerprint() -> None:
    assert service(BASE).hash() == service("labels: [l=1]\nenvironment: [A=1]\ncommand: a\nimage: x").hash()


@pytest.mark.parametrize(
    "more",
    ["scale: 3", "profiles: []", "depends_on: []", "pull_policy: always", "deploy: {replicas: 4}", "attach: false"],
)
def test_what_does_not_change_a_container_does_not_change_its_fingerprint(more: str) -> None:
    base = f"{BASE}\ndeploy: {{}}" if "deploy" in more else BASE
    assert service(f"{BASE}\n{more}").hash() == service(base).hash()


@pytest.mark.parametrize("more", ["command: b", "environment: {A: 2}", "labels: {l: 2}", "image: y", "user: u"])
def test_what_changes_a_container_changes_its_fingerprint(more: str) -> None:
    kept = [line for line in BASE.split("\n") if not line.startswith(more.partition(":")[0])]
    assert service("\n".join([*kept, more])).hash() != service(BASE).hash()


def test_a_fingerprint_holds_no_secret() -> None:
    one, two = (Grant("secrets", "s", "/s", content=content).fingerprint() for content in (b"hidden", b"other"))
    assert one != two
    assert "hidden" not in str(one)


def test_order_of_keys_is_nothing() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
