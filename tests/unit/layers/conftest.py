from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.linux.trees import remove_tree


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder for trees that are deeper than pytest can remove, which recurses when it tidies up old sessions."""
    (tmp_path / "deep").mkdir()
    yield tmp_path / "deep"
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        remove_tree(fd, b"deep")
    finally:
        os.close(fd)
