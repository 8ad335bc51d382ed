"""Tests of magics.empty_body."""

from __future__ import annotations

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_containers.magics.empty_body import keep_empty_body


def transformed(cell: str) -> str:
    manager = TransformerManager()
    manager.cleanup_transforms.append(keep_empty_body())
    return manager.transform_cell(cell)


@pytest.mark.parametrize("cell", ["%%container run x", "%%container run x\n", "\n%%container run x\n"])
def test_a_lone_line_has_a_body(cell: str) -> None:
    assert transformed(cell) == "get_ipython().run_cell_magic('container', 'run x', '\\n')\n"


def test_a_body_is_left_alone() -> None:
    assert transformed("%%container run x\nls\n") == "get_ipython().run_cell_magic('container', 'run x', 'ls\\n')\n"


def test_other_magics_are_left_alone() -> None:
    assert transformed("%%containers x") == "get_ipython().run_cell_magic('containers', 'x', '')\n"


def test_in_a_terminal_more_lines_may_follow() -> None:
    manager = TransformerManager()
    manager.cleanup_transforms.append(keep_empty_body())
    assert manager.check_complete("%%container build -t x")[0] == "incomplete"
