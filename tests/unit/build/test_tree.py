from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jupyter_containers.build.dockerfile.ignore import IgnoreRules
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.tree import Tree
from jupyter_containers.errors import Cancelled


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with folders, links that stay, links that would leave, and a name with a star."""
    root = tmp_path / "root"
    (root / "dir/sub").mkdir(parents=True)
    for name in ("file", "dir/one", "dir/two", "dir/sub/three", "st*r"):
        (root / name).write_text(name)
    (tmp_path / "secret").write_text("secret")
    for name, target in {
        "link": "file", "dirlink": "dir", "out": "../secret", "absolute": "/file", "host": "/etc/passwd",
        "dangling": "nowhere", "loop": "loop",
    }.items():  # fmt: skip
        (root / name).symlink_to(target)
    return root


def found(root: Path, source: str, rules: str = "") -> list[tuple[str, str]]:
    with Tree(root, rules=IgnoreRules.parse(rules)) as tree:
        return [(match.name, match.path) for match in tree.find(source)]


def below(root: Path, source: str, rules: str = "") -> list[str]:
    with Tree(root, rules=IgnoreRules.parse(rules)) as tree:
        (match,) = tree.find(source)
        return [entry.path.decode() for entry in tree.walk(match)]


def checksum(root: Path, source: str, *, with_owners: bool = False) -> str:
    with Tree(root, with_owners=with_owners) as tree:
        (match,) = tree.find(source)
        return tree.checksum(match)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("file", ("file", "file")), ("/file", ("file", "file")), ("./dir/../file", ("file", "file")), (".", ("", "")),
        ("dir/", ("dir", "dir")), ("link", ("link", "file")), ("dirlink/one", ("one", "dir/one")),
        ("st\\*r", ("st*r", "st*r")), ("absolute", ("absolute", "file")),
    ],
)  # fmt: skip
def test_a_source_is_found_inside_the_root_links_followed(root: Path, source: str, expected: tuple[str, str]) -> None:
    assert found(root, source) == [expected]


@pytest.mark.parametrize("source", ["nope", "out", "host", "dangling", "loop", "file/x", "dir/nope"])
def test_what_is_not_inside_is_not_there(root: Path, source: str) -> None:
    with pytest.raises(CopyFailed, match=f"stat {source}: file does not exist"):
        found(root, source)


def test_above_the_context_there_is_nothing(root: Path) -> None:
    for source in ("../dir/two", "../../dir/two", "dir/../../dir/two", "/../dir/two"):
        assert found(root, source) == [("two", "dir/two")]
    with pytest.raises(CopyFailed, match="file not found in build context"):
        found(root, f"../../{root}/dir")


def test_patterns_fit_part_by_part_and_may_fit_nothing(root: Path) -> None:
    assert found(root, "dir/t*") == [("two", "dir/two")]
    assert found(root, "*/[a-o]*") == [("one", "dir/one")]
    assert found(root, "*ne") == []
    assert found(root, "*/sub/t?ree") == [("three", "dir/sub/three")]
    assert found(root, "dirlink/su[b]/three") == [("three", "dir/sub/three")]
    assert found(root, "nope/*") == []


def test_a_bad_pattern_says_so(root: Path) -> None:
    with pytest.raises(CopyFailed, match="syntax error in pattern"):
        found(root, "[a")


def test_what_is_ignored_is_not_there_not_even_through_a_link(root: Path) -> None:
    for source in ("file", "link", "dir/one"):
        with pytest.raises(CopyFailed):
            found(root, source, "file\ndir")
    assert found(root, "f*", "file") == []
    assert below(root, "dir", "dir/sub\n**/two") == ["one"]


def test_what_is_included_again_is_found_in_its_ignored_folder(root: Path) -> None:
    assert below(root, ".", "*\n!dir/sub/three") == ["dir/sub/three"]
    assert below(root, "dir", "dir\n!dir/one") == ["one"]


def test_a_walk_has_folders_before_what_is_in_them(root: Path) -> None:
    assert below(root, "dir") == ["one", "sub", "sub/three", "two"]


def test_the_checksum_knows_names_content_and_modes_but_no_times(root: Path) -> None:
    seen = {checksum(root, "dir")}
    os.utime(root / "dir/one", (1, 1))
    assert checksum(root, "dir") in seen
    (root / "dir/one").write_text("1")
    seen.add(checksum(root, "dir"))
    (root / "dir/one").chmod(0o600)
    seen.add(checksum(root, "dir"))
    (root / "dir/one").rename(root / "dir/1")
    seen.add(checksum(root, "dir"))
    (root / "dir/new").symlink_to("a")
    seen.add(checksum(root, "dir"))
    (root / "dir/new").unlink()
    (root / "dir/new").symlink_to("b")
    seen.add(checksum(root, "dir"))
    os.setxattr(root / "dir/two", "user.note", b"x")
    seen.add(checksum(root, "dir"))
    assert len(seen) == 7


def test_two_files_do_not_run_together_in_the_checksum(root: Path) -> None:
    (root / "a").mkdir()
    (root / "b").mkdir()
    for name, content in {"a/1": "x", "a/2": "", "b/1": "", "b/2": "x"}.items():
        (root / name).write_text(content)
    assert checksum(root, "a") != checksum(root, "b")


def test_work_that_nobody_wants_any_more_ends(root: Path) -> None:
    stop = threading.Event()
    with Tree(root, stop=stop) as tree:
        (match,) = tree.find("dir")
        stop.set()
        with pytest.raises(Cancelled):
            tree.checksum(match)
