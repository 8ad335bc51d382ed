"""Tests of freezing.dockerfile."""

from __future__ import annotations

from jupyter_containers.freezing.dockerfile import write
from jupyter_containers.freezing.packages import LeftOut, Package

PACKAGES = (Package("a", "1"), Package("b", "2", "b @ https://host/b c"))


def test_another_base_gets_its_packages_by_pip() -> None:
    text = write(
        base="python:3", python="/p", version="3.11.7", packages=PACKAGES, files=["d.csv", "s/x y"], left_out=()
    )
    assert text == (
        "# What a session of Python 3.11.7 uses; made by %container freeze.\n"
        "FROM python:3\n"
        "WORKDIR /work\n"
        'COPY ["d.csv", "./"]\n'
        'COPY ["s/x y", "s/"]\n'
        "RUN python3 -m pip install --no-cache-dir \\\n"
        "    a==1 \\\n"
        "    'b @ https://host/b c'\n"
        'CMD ["python3"]\n'
    )


def test_this_machine_has_them_already() -> None:
    text = write(base="host", python="/p/python", version="3", packages=PACKAGES, files=[], left_out=())
    assert "RUN" not in text
    assert "#   a==1\n" in text
    assert text.endswith('CMD ["/p/python"]\n')


def test_folders_keep_their_names_and_wheels_are_installed() -> None:
    text = write(base="x", python="", version="3", packages=(), files=["pkg/", "deep/one/", "w.whl"], left_out=())
    assert 'COPY ["pkg", "pkg/"]\nCOPY ["deep/one", "deep/one/"]\nCOPY ["w.whl", "./"]\n' in text
    assert "RUN python3 -m pip install --no-cache-dir --no-deps w.whl\n" in text


def test_a_name_begins_no_instruction() -> None:
    evil = LeftOut("x\nRUN rm -rf /", "r", "d")
    text = write(base="x", python="", version="3", packages=(), files=["a\nRUN b"], left_out=[evil])
    assert [line.split()[0] for line in text.splitlines()] == ["#", "#", "FROM", "WORKDIR", "COPY", "CMD"]
