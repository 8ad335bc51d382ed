"""Tests of compose.merging."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.compose.merging import merged, without_orders
from jupyter_containers.compose.schema import canonical
from jupyter_containers.compose.source import Node, plain, read


def tree(body: str) -> Node:
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return canonical(read(f"services:\n  web:\n{lines}\n", "f"))


def both(base: str, over: str) -> Any:
    return plain(without_orders(merged(tree(base), tree(over))))["services"]["web"]


@pytest.mark.parametrize(
    ("base", "over", "found"),
    [
        ("image: a", "image: b", {"image": "b"}),
        ("image: a", "user: b", {"image": "a", "user": "b"}),
        ("command: [a, b]", "command: [c]", {"command": ["c"]}),
        ("healthcheck: {test: [CMD, a], retries: 2}", "healthcheck: {test: [CMD, b]}",
         {"healthcheck": {"test": ["CMD", "b"], "retries": 2}}),
        ("dns: [1.1.1.1]", "dns: [8.8.8.8, 1.1.1.1]", {"dns": ["1.1.1.1", "8.8.8.8"]}),
        ("environment: [A=1, B=2]", "environment: {B: 3, C: 4}", {"environment": {"A": "1", "B": "3", "C": "4"}}),
        ("ports: ['1:80']", "ports: ['1:80', '2:80']",
         {"ports": [{"mode": "ingress", "target": 80, "published": p, "protocol": "tcp"} for p in ("1", "2")]}),
        ("volumes: ['a:/w', 'a:/x']", "volumes: ['b:/w']",
         {"volumes": [{"type": "volume", "source": "b", "target": "/w"},
                      {"type": "volume", "source": "a", "target": "/x"}]}),
        ("secrets: [a]", "secrets: [{source: a, mode: 0400}, b]",
         {"secrets": [{"source": "a", "mode": 0o400}, {"source": "b"}]}),
        ("depends_on: [a]", "depends_on: {a: {condition: service_healthy}, b: {condition: service_started}}",
         {"depends_on": {"a": {"condition": "service_healthy", "required": True},
                         "b": {"condition": "service_started", "required": True}}}),
        ("logging: {driver: a, options: {x: 1}}", "logging: {options: {y: 2}}",
         {"logging": {"driver": "a", "options": {"x": "1", "y": "2"}}}),
        ("logging: {driver: a, options: {x: 1}}", "logging: {driver: b}", {"logging": {"driver": "b"}}),
        ("image: a\nports: [80]\nenvironment: {A: 1, B: 2}", "ports: !reset []\nenvironment: {A: !reset null}",
         {"image": "a", "environment": {"B": "2"}}),
        ("ports: ['1:80']\ncommand: a", "ports: !override ['2:80']",
         {"command": "a", "ports": [{"mode": "ingress", "target": 80, "published": "2", "protocol": "tcp"}]}),
        ("build: .", "build: {args: {A: 1}}", {"build": {"context": ".", "args": {"A": "1"}}}),
        ("env_file: [a, b]", "env_file: [{path: b, required: false}, c]",
         {"env_file": [{"path": "a"}, {"path": "b", "required": False}, {"path": "c"}]}),
    ],
)  # fmt: skip
def test_the_later_file_wins_and_lists_grow(base: str, over: str, found: object) -> None:
    assert both(base, over) == found


def test_values_that_are_equal_to_python_only_stay_two() -> None:
    assert both("cap_add: [A]", "cap_add: [A, B]") == {"cap_add": ["A", "B"]}
    assert both("expose: ['1']", "expose: [1]") == {"expose": ["1"]}


def test_a_reset_in_a_first_file_takes_out_nothing_but_itself() -> None:
    assert plain(without_orders(tree("image: a\nports: !reset []")))["services"]["web"] == {"image": "a"}
