from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.build.context import MAX_IGNORE_BYTES, Context
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.errors import InvalidParameter


def names(context: Context) -> list[str]:
    with context.tree() as tree:
        (match,) = tree.find(".")
        return [entry.path.decode() for entry in tree.walk(match)]


def test_the_ignore_file_of_the_context_counts(tmp_path: Path) -> None:
    for name in ("a", "b", "Dockerfile"):
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text("a\nDockerfile\n.dockerignore\n")
    assert names(Context(tmp_path)) == ["b"]


def test_an_ignore_file_beside_the_dockerfile_wins(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text("a")
    (tmp_path / "Dockerfile.dockerignore").write_text("b\n.*\nD*")
    assert names(Context(tmp_path)) == ["a"]
    assert "b" in names(Context(tmp_path, dockerfile="Other"))


def test_an_ignore_file_that_leads_out_of_the_context_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("*")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").touch()
    (root / ".dockerignore").symlink_to("../outside")
    assert "a" in names(Context(root))


def test_a_bad_ignore_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("[")
    with pytest.raises(InvalidParameter, match="dockerignore line 1"):
        Context(tmp_path).tree()


@pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore"])
def test_an_ignore_file_that_is_a_folder_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    before = os.listdir("/proc/self/fd")
    with pytest.raises(InvalidParameter, match=f"^{name} is a directory; a file of patterns is expected"):
        Context(tmp_path).tree()
    assert os.listdir("/proc/self/fd") == before


def test_an_ignore_file_is_not_waited_for_and_not_too_long(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".dockerignore")
    assert names(Context(tmp_path)) == [".dockerignore"]
    (tmp_path / ".dockerignore").unlink()
    (tmp_path / ".dockerignore").write_bytes(b"#" * MAX_IGNORE_BYTES)
    assert names(Context(tmp_path)) == [".dockerignore"]
    (tmp_path / ".dockerignore").write_bytes(b"#" * (MAX_IGNORE_BYTES + 1))
    with pytest.raises(InvalidParameter, match=f"dockerignore is larger than {MAX_IGNORE_BYTES} bytes"):
        Context(tmp_path).tree()


def test_a_missing_source_is_a_failed_copy(tmp_path: Path) -> None:
    with Context(tmp_path).tree() as tree, pytest.raises(CopyFailed):
        tree.find("x")


def test_a_context_says_what_it_leaves_out(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a\n!a/b\n")
    context = Context(tmp_path)
    assert [context.ignores(path) for path in ("a", "a/b", "c")] == [True, False, False]
