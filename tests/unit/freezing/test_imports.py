"""Tests of freezing.imports."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal

import pytest

from jupyter_containers.commands.results import Message
from jupyter_containers.freezing.imports import foreign, of_namespace, of_source


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b, c as d\nfrom e.f import g\nfrom . import h", {"a", "c", "e"}),
        ("def f():\n    import a\n", {"a"}),
        ("%matplotlib inline\n!pip install x\nimport a", {"a"}),
        ("if True:\n    %time import z\nimport a", {"a"}),
        ("%%time\nimport a", {"a"}),
        ("%%container python\nimport a", set()),
        ("%%bash\nimport a", set()),
        ("import a\nthis is no python", {"a"}),
        ("", set()),
    ],
)
def test_a_cell_tells_what_it_imports(source: str, names: set[str]) -> None:
    assert of_source(source) == names


def test_variables_tell_where_they_come_from() -> None:
    namespace = {
        "a": json, "b": Decimal("1"), "c": subprocess.run, "d": Decimal, "e": 1, "_f": pytest, "In": [],
        "g": Message(()),
    }  # fmt: skip
    assert of_namespace(namespace) - {"builtins"} == {"json", "decimal", "subprocess"}


def test_the_standard_library_is_everywhere() -> None:
    assert foreign({"json", "numpy", "os", "__main__", "builtins", "a"}) == ["a", "numpy"]
