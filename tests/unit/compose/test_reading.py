"""Tests of compose.reading."""

from __future__ import annotations

import pytest

from jupyter_containers.compose.reading import MAX_SERVICES
from jupyter_containers.compose.source import WrongFile
from jupyter_containers.errors import InvalidParameter, NotFound
from tests.support.compose_files import project

PROFILES = """
services:
  web: {image: a}
  tool: {image: b, profiles: [debug, extra], depends_on: [web]}
"""


def test_profiles_choose_services() -> None:
    assert list(project(PROFILES).services) == ["web"]
    assert project(PROFILES).inactive == ("tool",)
    assert list(project(PROFILES, profiles=["extra"]).services) == ["web", "tool"]
    assert list(project(PROFILES, profiles=["*"]).services) == ["web", "tool"]
    assert list(project(PROFILES, wanted=["tool"]).services) == ["web", "tool"]


def test_a_service_asked_for_must_be_there() -> None:
    with pytest.raises(NotFound, match="no service 'wep' in the file; did you mean web"):
        project(PROFILES, wanted=["wep"])


def test_networks_and_volumes_have_names_of_the_project() -> None:
    found = project("""
services: {web: {image: a, networks: [front, far], volumes: ['data:/d', 'old:/o']}, db: {image: a}}
networks: {front: {internal: true}, far: {external: true, name: theirs}, unused: }
volumes: {data: {name: mine}, old: {external: true}, labelled: {labels: [a=b]}}
""")
    names = {key: (one.name, one.is_external, one.definition) for key, one in found.networks.items()}
    assert names == {
        "front": ("shop_front", False, {"internal": True}), "far": ("theirs", True, {}),
        "default": ("shop_default", False, {}),
    }  # fmt: skip
    assert {key: (one.name, one.is_external) for key, one in found.volumes.items()} == {
        "data": ("mine", False), "old": ("old", True), "labelled": ("shop_labelled", False),
    }  # fmt: skip


def test_the_old_form_of_external_names() -> None:
    found = project("services: {web: {image: a, networks: [n]}}\nnetworks: {n: {external: {name: theirs}}}")
    assert (found.networks["n"].name, found.networks["n"].is_external) == ("theirs", True)


def test_an_external_one_is_not_described() -> None:
    with pytest.raises(WrongFile, match=r"networks\.n: it is external, made by somebody else; leave out driver"):
        project("networks: {n: {external: true, driver: bridge}}")


def test_circles_are_refused() -> None:
    text = "services: {a: {image: x, depends_on: [b]}, b: {image: x, links: [c]}, c: {image: x, ipc: 'service:a'}}"
    with pytest.raises(InvalidParameter, match="services wait for each other: a → b → c → a"):
        project(text)


def test_there_are_not_too_many_services() -> None:
    lines = [f"  s{n}: {{image: x}}" for n in range(MAX_SERVICES + 1)]
    with pytest.raises(WrongFile, match="more than 1000 services"):
        project("\n".join(["services:", *lines]))
