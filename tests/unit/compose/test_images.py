"""Tests of compose.images."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client.build_layouts import Layout
from jupyter_containers.client.other_contexts import RemoteContext
from jupyter_containers.compose.images import BuildWishes, context_of, in_order, settings_of
from jupyter_containers.compose.operations import BuildImage
from jupyter_containers.errors import InvalidParameter
from tests.support.compose_files import project

FILE = """
services:
  web:
    image: mine
    build:
      context: .
      args: [A=1, HERE, NOWHERE]
      target: last
      labels: {l: 1}
      tags: [other:2]
      no_cache: true
      network: none
      extra_hosts: [a=1.2.3.4]
      shm_size: 1m
      ulimits: {nofile: 5}
      additional_contexts: {f: ./f, i: docker-image://x, s: service:base, l: 'oci-layout://l:t'}
      secrets: [s, {source: s, target: other}]
      cache_from: [cached]
  base: {build: https://example.org/x.git}
secrets: {s: {environment: SECRET}}
"""


def test_what_a_build_is_told() -> None:
    shop = project(FILE, variables={"HERE": "here", "SECRET": "hidden"})
    settings = settings_of(shop, shop.services["web"], BuildWishes(pull=True, args={"A": "2"}))
    assert (settings.tags, settings.target, settings.network) == (("mine", "other:2"), "last", "none")
    assert settings.build_args == {"A": "2", "HERE": "here"}
    assert (settings.no_cache, settings.pull) == (True, True)
    assert settings.labels.items() >= {"l": "1", "com.docker.compose.service": "web"}.items()
    assert settings.hosts == ("a:1.2.3.4",)
    assert (settings.limits.shm_size, settings.limits.ulimits) == (1 << 20, (("nofile", 5, 5),))
    assert settings.folders == {"f": Path("/srv/shop/f")}
    assert settings.contexts == {"i": "docker-image://x", "s": "docker-image://shop-base"}
    assert settings.layouts == {"l": Layout(Path("/srv/shop/l"), "t")}
    assert settings.secrets == {"s": b"hidden", "other": b"hidden"}
    assert [cache.image for cache in settings.cache_from] == ["cached"]


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("privileged: true", ("security.insecure",)),
        ("entitlements: [network.host]", ("network.host",)),
        ("entitlements: [security.insecure], privileged: true", ("security.insecure",)),
        ("privileged: false", ()),
    ],
)
def test_what_run_may_have_of_the_machine(words: str, allowed: tuple[str, ...]) -> None:
    shop = project(f"services: {{web: {{build: {{context: ., {words}}}}}}}")
    assert settings_of(shop, shop.services["web"], BuildWishes()).allowed == allowed


def test_contexts(tmp_path: Path) -> None:
    (tmp_path / "Other").write_text("FROM x\n")
    shop = project("services: {web: {build: {dockerfile: Other}}, far: {build: 'https://x/y.git'}}", folder=tmp_path)
    assert context_of(shop.services["web"])[1] == "FROM x\n"
    assert context_of(shop.services["far"])[0] == RemoteContext("https://x/y.git", "Dockerfile")


def test_builds_stand_behind_those_they_take_from() -> None:
    shop = project("services: {web: {build: {additional_contexts: {s: 'service:base'}}}, base: {build: .}}")
    found = in_order(shop, [BuildImage(shop.services["web"]), BuildImage(shop.services["base"])])
    assert [one.service.name for one in found] == ["base", "web"]
    circle = project("""
services:
  a: {build: {additional_contexts: {s: 'service:b'}}}
  b: {build: {additional_contexts: {s: 'service:a'}}}
""")
    with pytest.raises(InvalidParameter, match="builds wait for each other: a, b"):
        in_order(circle, map(BuildImage, circle.services.values()))
