"""Tests of commands.freeze; images that are built and tried are in tests/integration/magics/test_freezes.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.freeze_result import FreezeResult
from jupyter_containers.commands.parsing import UsageError, parse
from tests.support.front_double import SessionOn


def frozen(line: str, folder: Path, surface: str = "magic", **namespace: Any) -> FreezeResult:
    command = table.find("freeze", surface)
    session = SessionOn(surface=surface, folder=folder)
    session.namespace = namespace
    result = command.action(session, parse(command, line.split(), surface=surface, prog="x"))
    assert isinstance(result, FreezeResult)
    return result


def test_a_session_is_what_it_has_imported(tmp_path: Path) -> None:
    result = frozen("", tmp_path, In=["", "import pytest", "%matplotlib inline"], x=1)
    assert "pytest" in [package.name for package in result.packages]
    assert "FROM host" in result.dockerfile
    assert result


def test_a_notebook_is_what_its_cells_import(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": "import requests"}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
    (tmp_path / "data").mkdir()
    result = frozen("--notebook n.ipynb --with data --from python:3", tmp_path, surface="shell")
    assert "requests" in [package.name for package in result.packages]
    assert 'COPY ["data", "data/"]\nCOPY ["n.ipynb", "./"]\n' in result.dockerfile


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--check", "name the file with --notebook"),
        ("--with ../x", "only what is there can be copied"),
        ("--with .", "only what is there can be copied"),
        ("--with x", "there is no x"),
        ("", "a shell has no session"),
    ],
)
def test_what_cannot_be_frozen_is_refused(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        frozen(line, tmp_path, surface="shell")
