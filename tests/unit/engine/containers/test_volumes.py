"""Whether an image may have something for a volume."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine.containers.volumes import may_have


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/data", True),
        ("/data/db", True),
        ("/data/other", False),
        ("/file", True),
        ("/file/x", False),
        ("/link/any/thing", True),
        ("/nothing", False),
        ("/second", True),
        ("/" + "x" * 300, True),
    ],
)
def test_only_what_no_layer_has_is_certain_not_to_be_there(tmp_path: Path, path: str, found: bool) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "data/db").mkdir(parents=True)
    (one / "file").touch()
    (one / "link").symlink_to("data")
    (two / "second").mkdir(parents=True)
    assert may_have((one, two), path) is found
