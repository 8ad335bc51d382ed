"""What a request names."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from jupyter_containers.api.naming import size_of
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(("query", "size"), [("h=24&w=80", (24, 80)), ("h=0&w=0", (0, 0)), ("h=65535&w=0", (65535, 0))])
def test_a_size_is_height_and_width(query: str, size: tuple[int, int]) -> None:
    assert size_of(make_mocked_request("POST", f"/x?{query}")) == size


@pytest.mark.parametrize("query", ["h=x&w=1", "h=-1&w=1", "h=1&w=65536", "h=1.5&w=1", "", "h=1", "h=&w=1"])
def test_what_is_no_size_is_refused(query: str) -> None:
    with pytest.raises(InvalidParameter):
        size_of(make_mocked_request("POST", f"/x?{query}"))
