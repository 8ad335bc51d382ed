"""Tests of freezing.notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.freezing.notebooks import Cell, read


def test_code_cells_are_read_with_their_outputs(tmp_path: Path) -> None:
    output = {"output_type": "stream", "text": ["a"]}
    cells = [
        {"cell_type": "markdown", "source": "import no"},
        {"cell_type": "code", "source": ["import a\n", "b"], "outputs": [output]},
        {"cell_type": "code", "source": "%load_ext jupyter_containers"},
    ]
    (tmp_path / "n").write_text(json.dumps({"nbformat": 4, "cells": cells}))
    found = read(tmp_path / "n")
    assert found == [Cell("import a\nb", (output,)), Cell("%load_ext jupyter_containers")]
    assert [cell.is_ours for cell in found] == [False, True]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nbformat": 3}', '{"nbformat": 4, "cells": [1]}'])
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "n").write_text(text)
    with pytest.raises(InvalidParameter, match="notebook"):
        read(tmp_path / "n")


def test_a_notebook_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no notebook"):
        read(tmp_path / "n")
    with pytest.raises(InvalidParameter, match="cannot read"):
        read(tmp_path)
