from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_containers.build.context import Context
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations import files
from jupyter_containers.build.operations.definitions import CopyFiles, InlineFile, MakeDirectory
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.modes import ModeChange
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")

NOTHING = Filesystem()


def copy(
    site: BuildSite, operation: CopyFiles, source: Context | Filesystem, parent: Filesystem = NOTHING
) -> Filesystem:
    layer = asyncio.run(files.copy_files(Stores(site.content, site.snapshots), operation, parent, source))
    return parent.with_layer(layer)


def names(site: BuildSite, filesystem: Filesystem) -> list[str]:
    with site.snapshots.mounted(filesystem.chain, read_only=True) as root:
        return sorted(path.relative_to(root).as_posix() for path in Path(root).rglob("*"))


def test_files_of_the_context_and_of_another_filesystem_are_copied(site: BuildSite) -> None:
    context = Context(site.context({"a": "1", "b/c": "2"}))
    first = copy(site, CopyFiles((".",), "/d/"), context)
    assert names(site, first) == ["d", "d/a", "d/b", "d/b/c"]
    second = copy(site, CopyFiles(("d/b",), "/e"), first)
    assert names(site, second) == ["e", "e/c"]


def test_a_copy_of_an_empty_folder_onto_one_that_is_there_is_nothing(site: BuildSite) -> None:
    root = site.context({"a": "1"})
    (root / "empty").mkdir()
    base = copy(site, CopyFiles(("a",), "/d/"), Context(root))
    assert copy(site, CopyFiles(("empty",), "/d"), Context(root), base) == base


def test_several_matches_need_a_folder(site: BuildSite) -> None:
    with pytest.raises(CopyFailed, match="more than one source file"):
        copy(site, CopyFiles(("*",), "/d"), Context(site.context({"a": "", "b": ""})))


def test_a_pattern_may_fit_nothing_but_scratch_has_no_files(site: BuildSite) -> None:
    assert copy(site, CopyFiles(("x*",), "/d"), Context(site.context({}))) == NOTHING
    with pytest.raises(CopyFailed, match="no files in scratch"):
        copy(site, CopyFiles(("x",), "/d"), Filesystem())


def test_texts_in_the_dockerfile_are_copied_beside_files(site: BuildSite) -> None:
    operation = CopyFiles(("a",), "/d/", inline=(InlineFile("b", "text"),))
    assert names(site, copy(site, operation, Context(site.context({"a": "1"})))) == ["d", "d/a", "d/b"]


def test_the_checksum_is_that_of_what_is_copied(site: BuildSite) -> None:
    stores = Stores(site.content, site.snapshots)
    first, second = (Context(site.context({"a": "1", "b": other})) for other in "xy")
    sums = {
        asyncio.run(files.checksum(stores, CopyFiles((name,), "/"), c)) for c in (first, second) for name in ("a", "b")
    }
    assert len(sums) == 3


def test_a_directory_is_made_once(site: BuildSite) -> None:
    stores = Stores(site.content, site.snapshots)
    layer = asyncio.run(files.make_directory(stores, MakeDirectory("/a/b"), Filesystem()))
    base = Filesystem().with_layer(layer)
    assert names(site, base) == ["a", "a/b"]
    assert asyncio.run(files.make_directory(stores, MakeDirectory("/a/b"), base)) is None
    assert asyncio.run(files.make_directory(stores, MakeDirectory("/a"), base)) is None


@pytest.mark.parametrize(
    ("user", "owner"), [("", (0, 0)), ("7:8", (7, 8)), ("alice", (1000, 1000)), ("nobody-knows", (0, 0))]
)
def test_a_directory_belongs_to_the_user_of_the_line(site: BuildSite, user: str, owner: tuple[int, int]) -> None:
    image = site.build("FROM busybox\n" + (f"USER {user}\n" if user else "") + "WORKDIR /n/m\n")
    with site.root_of(image) as root:
        for path in (root / "n", root / "n/m"):
            assert (path.stat().st_uid, path.stat().st_gid) == owner


def test_parents_come_along_from_the_pivot_on(site: BuildSite) -> None:
    context = Context(site.context({"x/y/a.txt": "", "x/y/b.md": "", "x/z/deep/c.txt": "", "d/e/f": "", "d/g": ""}))
    operation = CopyFiles(("x/./y/*.txt", "./x/**/c.*", "d/e"), "/to", with_parents=True)
    assert [name for name in names(site, copy(site, operation, context)) if "." in name or name.endswith("f")] == [
        "to/d/e/f",
        "to/x/z/deep/c.txt",
        "to/y/a.txt",
    ]


def test_what_is_excluded_stays_behind_and_does_not_count(site: BuildSite) -> None:
    root = site.context({"a.txt": "1", "b.md": "2", "d/c.txt": "3", "d/keep.txt": "4"})
    operation = CopyFiles((".",), "/to/", excludes=("**/*.txt", "!d/keep.txt"))
    stores = Stores(site.content, site.snapshots)
    before = asyncio.run(files.checksum(stores, operation, Context(root)))
    assert names(site, copy(site, operation, Context(root))) == ["to", "to/b.md", "to/d", "to/d/keep.txt"]
    (root / "a.txt").write_text("changed")
    assert asyncio.run(files.checksum(stores, operation, Context(root))) == before
    (root / "d/keep.txt").write_text("changed")
    assert asyncio.run(files.checksum(stores, operation, Context(root))) != before


def test_files_that_a_pattern_names_are_excluded_by_their_names(site: BuildSite) -> None:
    context = Context(site.context({"hom.txt": "1", "home.md": "2"}))
    assert names(site, copy(site, CopyFiles(("hom*",), "/to/", excludes=("*.txt",)), context)) == ["to", "to/home.md"]


def test_letters_change_the_modes_that_files_have(site: BuildSite) -> None:
    root = site.context({"d/a": "", "d/b": ""})
    (root / "d/a").chmod(0o755)
    (root / "d/b").chmod(0o600)
    made = copy(site, CopyFiles(("d",), "/to/", mode=ModeChange.parse("go=u-w,a+X")), Context(root))
    with site.snapshots.mounted(made.chain, read_only=True) as mounted:
        assert [oct((Path(mounted) / "to" / name).stat().st_mode & 0o777) for name in "ab"] == ["0o755", "0o644"]
