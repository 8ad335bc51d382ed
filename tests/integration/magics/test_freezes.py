"""A session becomes a Dockerfile, an image, and is tried in it."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.notebook_kernel import Kernel


@pytest.fixture
def folder(kernel: Kernel, kernel_folder: Path) -> Iterator[Path]:
    folder = kernel_folder / "frozen"
    folder.mkdir()
    assert kernel.run(f"import os; os.chdir({str(folder)!r})").error is None
    yield folder
    kernel.run(f"os.chdir({str(kernel_folder)!r})")
    shutil.rmtree(folder)


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def result(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": 1}


def write(path: Path, *cells: tuple[str, list[dict[str, Any]]]) -> None:
    """Write a notebook of cells with their outputs."""
    body = [
        {"cell_type": "code", "source": source, "outputs": outputs, "metadata": {}, "execution_count": 1}
        for source, outputs in cells
    ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": body}))


def test_a_session_becomes_a_dockerfile(kernel: Kernel, folder: Path) -> None:
    kernel.run("import numpy, json")
    reply = kernel.run("f = %container freeze\n(f.dockerfile.splitlines()[0], [str(p) for p in f.packages])")
    assert reply.error is None, reply.error_lines
    assert "FROM host" in reply.text
    assert "'numpy==" in reply.text
    assert "json" not in reply.text
    other = kernel.run("print(get_ipython().run_line_magic('container', 'freeze --from python:3.12-slim').dockerfile)")
    assert "RUN python3 -m pip install --no-cache-dir \\\n" in other.text


def test_a_notebook_is_built_tried_and_the_same(kernel: Kernel, folder: Path) -> None:
    (folder / "data.csv").write_text("1,2\n")
    (folder / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    write(
        folder / "n.ipynb",
        ("%load_ext jupyter_containers", []),
        ("import numpy, helper\nprint(open('data.csv').read())", [stream("1,2\n\n")]),
        ("helper.twice(numpy.arange(3))", [result("array([0, 2, 4])")]),
        ("object()", [result("<object at 0x7f0000000000>")]),
    )
    line = "freeze --notebook n.ipynb --with data.csv --with helper.py -t frozen --check"
    reply = kernel.run(f"f = get_ipython().run_line_magic('container', {line!r})")
    assert reply.error is None, (reply.text, reply.error_lines)
    assert kernel.run("([c.state for c in f.checks], f.how, f.left_out, bool(f))").text == (
        "(['not run', 'same', 'same', 'same'], 'nbclient', (), True)"
    )
    assert "[built frozen]" in reply.text
    assert "4 cells: 3 same, 1 not run; run by nbclient" in reply.text
    assert kernel.run("%container run frozen cat /work/data.csv").text == "1,2"
    assert kernel.run("%container ps -aq").text == ""


def test_what_differs_or_fails_is_told(kernel: Kernel, folder: Path) -> None:
    (folder / "helper.py").write_text("")
    write(
        folder / "n.ipynb",
        ("print('<b>now</b>')", [stream("before\n")]),
        ("import helper", []),
    )
    line = "freeze --notebook n.ipynb --check"
    reply = kernel.run(f"f = get_ipython().run_line_magic('container', {line!r})")
    assert reply.error is None, (reply.text, reply.error_lines)
    told = json.loads(kernel.run("print(__import__('json').dumps(f.data()))").text)
    assert told["checks"] == [
        [1, "differs", "saved 'before', now '<b>now</b>'"],
        [2, "failed", "ModuleNotFoundError: No module named 'helper'"],
    ]
    assert told["leftOut"] == [["helper", "it is a module of your own, and no package", "add --with helper.py"]]
    assert kernel.run("bool(f)").text == "False"
    assert "<b>now" not in reply.outputs[-1]["text/html"]


def test_without_nbclient_the_cells_are_a_script(kernel: Kernel, folder: Path) -> None:
    remove = "import nbclient, os, shutil; shutil.rmtree(os.path.dirname(nbclient.__file__))"
    assert kernel.run(f'%%container build -t plain-python\nFROM host\nRUN python3 -c "{remove}"\n').error is None
    write(
        folder / "n.ipynb",
        ("x = 3\nprint('x')\nx", [stream("x\n"), result("3")]),
        ("!ls", [stream("n.ipynb\n")]),
        ("1 / 0", [{"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero"}]),
        ("x", [result("3")]),
    )
    line = "freeze --notebook n.ipynb --from plain-python --check"
    reply = kernel.run(f"f = get_ipython().run_line_magic('container', {line!r})")
    assert reply.error is None, (reply.text, reply.error_lines)
    assert kernel.run("([c.state for c in f.checks], f.how)").text == (
        "(['same', 'not run', 'same', 'not run'], 'script')"
    )


def write_wheel(place: Path) -> None:
    """Write the wheel of a package of one module."""
    about = "frozenly-1.0.dist-info"
    files = {
        "frozenly.py": "def word():\n    return 'frozen'\n",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: frozenly\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD"))
    with zipfile.ZipFile(place / "frozenly-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, f"{about}/RECORD": record}.items():
            wheel.writestr(name, text)


def test_from_another_image_pip_installs_what_is_imported(kernel: Kernel, folder: Path) -> None:
    (folder / "wheels").mkdir()
    write_wheel(folder / "wheels")
    with zipfile.ZipFile(folder / "wheels" / "frozenly-1.0-py3-none-any.whl") as wheel:
        wheel.extractall(folder / "installed")
    assert kernel.run(f"import sys; sys.path.insert(0, {str(folder / 'installed')!r})").error is None
    base = "FROM host\nCOPY wheels /wheels\nENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_ROOT_USER_ACTION=ignore\n"
    assert kernel.run(f"%%container build -t has-pip\n{base}").error is None
    write(folder / "n.ipynb", ("import frozenly\nfrozenly.word()", [result("'frozen'")]))
    line = "freeze --notebook n.ipynb --from has-pip -t piped --check"
    reply = kernel.run(f"f = get_ipython().run_line_magic('container', {line!r})")
    assert reply.error is None, (reply.text, reply.error_lines)
    assert kernel.run("([str(p) for p in f.packages], f.left_out, [c.state for c in f.checks])").text == (
        "(['frozenly==1.0'], (), ['same'])"
    )
    told = kernel.run("%container run piped python3 -m pip list --disable-pip-version-check").text.split("\n")
    assert [line.split() for line in told if "frozenly" in line] == [["frozenly", "1.0"]]


def test_what_cannot_be_frozen_is_refused(kernel: Kernel, folder: Path) -> None:
    (folder.parent / "outside").write_text("")
    for line, words in (
        ("--check", "name the file with --notebook"),
        ("--with ../outside", "only what is there can be copied"),
        ("--with missing", "there is no missing"),
        ("--notebook missing.ipynb", "there is no notebook"),
    ):
        reply = kernel.run(f"%container freeze {line}")
        assert words in reply.error_lines[0]
