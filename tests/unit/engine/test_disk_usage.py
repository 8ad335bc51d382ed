"""Which kinds of things are asked for."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.disk_usage import Kind, parse_kinds
from jupyter_containers.errors import InvalidParameter


def test_nothing_said_is_everything() -> None:
    assert parse_kinds(()) == set(Kind)
    assert parse_kinds(("volume", "build-cache", "volume")) == {Kind.VOLUME, Kind.BUILD_CACHE}


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(InvalidParameter, match="unknown object type: pictures"):
        parse_kinds(("volume", "pictures"))
