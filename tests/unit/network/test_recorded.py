"""Requests to the kernel's network are written down with what came of them."""

from __future__ import annotations

import errno

import pytest

from jupyter_containers.network.recorded import Rows, kind_name, noting
from jupyter_containers.network.route_messages import RTM_NEWADDR


def test_a_request_is_added_with_its_time() -> None:
    rows: Rows = []
    with noting(rows, "netlink", "new link x", ["RTM_NEWLINK"]):
        pass
    (row,) = rows
    assert row.pop("microseconds") >= 0
    assert row == {
        "side": "network", "step": "new link x", "call": "netlink", "arguments": ["RTM_NEWLINK"], "result": "0",
        "times": 1,
    }  # fmt: skip


def test_a_refusal_is_added_and_raised() -> None:
    rows: Rows = []
    with pytest.raises(OSError, match="exists"), noting(rows, "netlink", "new link x", []):
        raise OSError(errno.EEXIST, "exists")
    assert rows[0]["result"] == "EEXIST"


def test_nothing_is_added_to_nothing() -> None:
    with noting(None, "netlink", "new link x", []):
        pass


def test_kinds_have_names() -> None:
    assert (kind_name(RTM_NEWADDR), kind_name(9999)) == ("RTM_NEWADDR", "9999")
