"""Progress on the wire: Docker's bar, and lines without one."""

from __future__ import annotations

import pytest

from jupyter_containers.api.wire.progress import progress_json
from jupyter_containers.registry import Progress


def test_a_status_alone_has_an_empty_detail() -> None:
    assert progress_json(Progress("abc", "Waiting")) == {"status": "Waiting", "progressDetail": {}, "id": "abc"}
    assert "id" not in progress_json(Progress("", "Digest: x"))


@pytest.mark.parametrize(
    ("current", "bar"),
    [(0, "[>" + " " * 49 + "]"), (500, "[" + "=" * 25 + ">" + " " * 24 + "]"), (1000, "[" + "=" * 50 + "]"),
     (2000, "[" + "=" * 50 + "]")],
)  # fmt: skip
def test_the_bar_has_fifty_places_and_never_more(current: int, bar: str) -> None:
    assert progress_json(Progress("abc", "Downloading", current, 1000))["progress"].startswith(f"{bar}  ")


def test_sizes_are_decimal_with_four_digits() -> None:
    assert progress_json(Progress("a", "Downloading", 999, 1_234_567))["progress"].endswith("  999B/1.235MB")
    assert progress_json(Progress("a", "Downloading", 1_500, 12 * 10**12))["progress"].endswith("  1.5kB/1.2e+04GB")
