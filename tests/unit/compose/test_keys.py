"""Tests of compose.keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.compose import schema
from jupyter_containers.compose.keys import keys_at, path_of
from jupyter_containers.compose.refusals import REFUSED

FILE = """services:
  web:
    im
    ports:
      - ta
      - target: 80
        pub
    depends_on:
      d
    healthcheck:
      in
  db:
    depends_on:
      - w
    restart: al
    volumes:
    - type: bind
      so
    deploy:
      resources:
        limits:
          c
ne
networks:
  front:
    dr
    ipam:
      config:
        - su
"""


@pytest.mark.parametrize(
    ("line", "path", "some"),
    [
        ("    im", "services.web", "image"),
        ("      - ta", "services.web.ports.[]", "target"),
        ("        pub", "services.web.ports.[]", "published"),
        ("      d", "services.web.depends_on", "db"),
        ("      in", "services.web.healthcheck", "interval"),
        ("      - w", "services.db.depends_on.[]", "web"),
        ("    restart: al", "services.db", "always"),
        ("    - type: bind", "services.db.volumes.[]", "tmpfs"),
        ("      so", "services.db.volumes.[]", "source"),
        ("          c", "services.db.deploy.resources.limits", "cpus"),
        ("ne", "", "networks"),
        ("    dr", "networks.front", "driver"),
        ("        - su", "networks.front.ipam.config.[]", "subnet"),
    ],
)
def test_what_may_stand_in_a_line(line: str, path: str, some: str) -> None:
    lines = FILE.split("\n")
    number = lines.index(line)
    assert path_of(lines[:number], line) == path
    assert some in keys_at(FILE, number)


def test_a_service_does_not_need_itself_and_names_are_nobodys() -> None:
    lines = FILE.split("\n")
    assert keys_at(FILE, lines.index("      d")) == ("db",)
    assert keys_at(FILE, lines.index("  web:")) == ()


def test_what_is_always_refused_is_not_proposed() -> None:
    assert set(keys_at("services:\n  web:\n    ", 2)) == schema.SERVICE.keys() - REFUSED.keys()
    assert "models" not in keys_at("", 0)
    assert keys_at("services:\n  web:\n    volumes:\n      - type: bind\n        bind:\n          ", 5) == (
        "create_host_path", "propagation", "recursive", "selinux",
    )  # fmt: skip


@given(st.text(st.sampled_from("ab:- \n'\"#{}[]"), max_size=60), st.integers(0, 10))
def test_any_text_will_do(text: str, line: int) -> None:
    keys_at(text, line)
