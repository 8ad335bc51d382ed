"""Tests of commands.build_source."""

from __future__ import annotations

import io
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.client.context import Context
from jupyter_containers.client.other_contexts import AnyContext, RemoteContext, TarContext
from jupyter_containers.commands.build_source import source_of
from jupyter_containers.commands.parsing import UsageError
from tests.support.front_double import SessionOn
from tests.support.tiny_image import tar_of

TAR = tar_of({"Dockerfile": b"FROM x\n"})


def found(
    folder: Path, path: str | None = None, file: str | None = None, *, body: str = "", surface: str = "shell"
) -> tuple[AnyContext, str]:
    session = SessionOn(folder=folder, body=body, surface=surface)
    return source_of(session, Namespace(path=path, file=file))


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_a_url_is_left_to_the_daemon(tmp_path: Path) -> None:
    assert found(tmp_path, "https://example.org/x.git#a:b", "D") == (
        RemoteContext("https://example.org/x.git#a:b", "D"), "",
    )  # fmt: skip


def test_a_tar_is_a_file_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.tar").write_bytes(TAR)
    context, _ = found(tmp_path, "c.tar", "sub/D")
    assert isinstance(context, TarContext)
    with context.stream:
        assert (b"".join(context.chunks()), context.dockerfile_name) == (TAR, "sub/D")
    give(monkeypatch, TAR)
    assert b"".join(found(tmp_path, "-")[0].chunks()) == TAR


def test_standard_input_is_a_dockerfile_with_or_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    (tmp_path / "a").write_text("a")
    give(monkeypatch, b"FROM x\nCOPY a /\n")
    context, text = found(tmp_path, "-")
    assert isinstance(context, Context)
    assert (context.paths, text) == ((), "FROM x\nCOPY a /\n")
    give(monkeypatch, b"FROM x\nCOPY a /\n")
    context, _ = found(tmp_path, ".", "-")
    assert isinstance(context, Context)
    assert context.paths == ("a",)


def test_the_ignore_file_beside_the_dockerfile_wins(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("x")
    (tmp_path / "D").write_text("FROM x\nCOPY . /\n")
    (tmp_path / ".dockerignore").write_text("a\nD*\n")
    context, _ = found(tmp_path, None, "D")
    assert isinstance(context, Context)
    assert context.paths == ("b",)
    (tmp_path / "D.dockerignore").write_text("b\nD*\n")
    context, _ = found(tmp_path, None, "D")
    assert isinstance(context, Context)
    assert (context.paths, context.ignores) == (("a",), "b\nD*\n")


@pytest.mark.parametrize(
    ("words", "surface", "message"),
    [
        (("-", "-"), "shell", "can't use stdin for both"), (("-", None), "magic", "a notebook has no standard input"),
        ((None, "-"), "magic", "a notebook has no standard input"), (("-", "D"), "shell", "so there is no D in it"),
        (("https://x/y", "-"), "shell", "the context is a URL"), (("text", "-"), "shell", "the context is a tar"),
        (("text", None), "shell", "neither a folder nor a tar"), (("none", None), "shell", "no folder none"),
        ((None, "none"), "shell", "cannot read .*none"), ((None, "latin"), "shell", "can't decode byte"),
    ],
)  # fmt: skip
def test_mistakes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str | None, str | None], surface: str, message: str
) -> None:
    (tmp_path / "text").write_text("x")
    (tmp_path / "latin").write_bytes(b"FROM \xff")
    give(monkeypatch, b"FROM x\n")
    with pytest.raises(UsageError, match=message):
        found(tmp_path, *words, surface=surface)
