"""Tests of compose.ordering."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from jupyter_containers.compose.model import Dependency, Service
from jupyter_containers.compose.ordering import check_cycles, levels, with_dependencies
from jupyter_containers.errors import InvalidParameter


def services(**needs: str) -> Mapping[str, Service]:
    return {name: Service(name, "x", depends_on=tuple(map(Dependency, words.split()))) for name, words in needs.items()}


SHOP = services(web="api cache", api="db", db="", cache="", other="")


def test_groups_need_only_what_is_before_them() -> None:
    assert levels(SHOP) == [["db", "cache", "other"], ["api"], ["web"]]
    assert levels(SHOP, ["web", "db"]) == [["web", "db"]]


def test_what_is_needed() -> None:
    assert with_dependencies(SHOP, ["api"]) == ["api", "db"]
    assert with_dependencies(SHOP, ["web"]) == ["web", "api", "db", "cache"]


def test_circles_are_named() -> None:
    with pytest.raises(InvalidParameter, match="services wait for each other: a → b → a"):
        check_cycles(services(a="b", b="a", c="a"))
    with pytest.raises(InvalidParameter, match="a → a"):
        check_cycles(services(a="a"))
