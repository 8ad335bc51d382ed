"""Tests of daemon.cache_limits."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.daemon.cache_limits import cache_limits
from jupyter_containers.engine.cache_room import CacheLimit
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("gc", "limits"),
    [
        ({}, ()),
        ({"enabled": False, "defaultKeepStorage": "1GB"}, ()),
        ({"enabled": True}, (CacheLimit(10 << 30, takes_shared=True),)),
        ({"enabled": True, "defaultKeepStorage": "20 MB"}, (CacheLimit(20 << 20, takes_shared=True),)),
        (
            {"enabled": True, "policy": [{"keepStorage": "1gb", "filter": ["unused-for=2h"]}, {"keepStorage": 5}]},
            (CacheLimit(1 << 30, 7200.0), CacheLimit(5)),
        ),
        (
            {"enabled": True, "defaultKeepStorage": 7, "policy": [{"all": True, "keepStorage": 0}, {"all": False}]},
            (CacheLimit(7, takes_shared=True), CacheLimit(7)),
        ),
        ({"enabled": True, "defaultKeepStorage": "0"}, (CacheLimit(10 << 30, takes_shared=True),)),
    ],
)  # fmt: skip
def test_limits_are_read_in_dockerds_words(gc: dict[str, Any], limits: tuple[CacheLimit, ...]) -> None:
    assert cache_limits({"gc": gc}) == limits


@pytest.mark.parametrize(
    "gc",
    [
        {"enable": True},
        {"enabled": True, "defaultKeepStorage": "much"},
        {"enabled": "no"},
        {"enabled": True, "policy": 7},
        {"enabled": True, "policy": [7]},
        {"enabled": True, "policy": [{"all": 1}]},
        {"enabled": True, "policy": [{"filter": "unused-for=2h"}]},
        {"enabled": True, "policy": [{"filter": ["type=regular"]}]},
    ],
)
def test_what_is_not_understood_is_refused(gc: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter, match=r"builder\.gc"):
        cache_limits({"gc": gc})
