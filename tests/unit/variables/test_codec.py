"""Tests of variables.codec."""

from __future__ import annotations

import pytest

from jupyter_containers.variables.codec import importable, loaded, needed


def test_a_module_that_is_not_there_is_said() -> None:
    assert loaded("no_such_module") is importable("no_such_module") is None
    with pytest.raises(ValueError, match=r"\.npy needs no_such_module in the notebook's environment"):
        needed("no_such_module", ".npy")
