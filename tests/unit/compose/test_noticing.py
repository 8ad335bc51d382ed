"""Tests of compose.noticing: real files, and the kernel's own events."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

import pytest

from jupyter_containers.compose.noticing import Acted, NotActed, Noticing, Watching
from jupyter_containers.errors import ContainersError

LIMIT_SECONDS = 60.0


def noticed(paths: list[Path], act: Callable[[], object], last: Path) -> set[Path]:
    """Return what is noticed while something is done, until `last` is."""
    found: SimpleQueue[Path] = SimpleQueue()
    seen: set[Path] = set()
    with Noticing(paths, found.put):
        act()
        while last not in seen:
            seen.add(found.get(timeout=LIMIT_SECONDS))
    return seen


def test_what_changes_is_noticed(tmp_path: Path) -> None:
    src, last = tmp_path / "src", tmp_path / "src/last"
    (src / "deep").mkdir(parents=True)
    for name in ("changed", "removed", "moved", "deep/changed", "untouched"):
        (src / name).write_text("1")

    def act() -> None:
        (src / "changed").write_text("2")
        (src / "deep/changed").write_text("2")
        (src / "removed").unlink()
        (src / "moved").rename(src / "arrived")
        (src / "untouched").read_text()
        last.write_text("")

    assert noticed([src], act, last) == {
        src / "changed", src / "deep/changed", src / "removed", src / "moved", src / "arrived", last,
    }  # fmt: skip


def test_what_is_in_a_new_folder_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/file").write_text("")
    src = tmp_path / "src"
    src.mkdir()
    seen = noticed([src], lambda: shutil.copytree(tmp_path / "made", src / "new"), src / "new")
    assert src / "new" in seen


def test_a_file_that_an_editor_replaces(tmp_path: Path) -> None:
    page, beside = tmp_path / "page", tmp_path / ".page.new"
    page.write_text("1")

    def act() -> None:
        beside.write_text("2")
        os.replace(beside, page)

    assert page in noticed([page], act, page)


def test_folders_within_others_are_watched_once(tmp_path: Path) -> None:
    deep, beside = tmp_path / "a/b", tmp_path / "c"
    deep.mkdir(parents=True)
    for path in (deep / "file", beside):
        path.touch()
    assert Noticing([tmp_path / "a", deep, deep, deep / "file"], print)._folders() == [tmp_path / "a"]
    assert Noticing([deep, beside], print)._folders() == [deep, tmp_path]
    assert Noticing([beside, deep / "file"], print)._folders() == [tmp_path, deep]


def inotify_descriptors() -> list[str]:
    links = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            links.append(os.readlink(f"/proc/self/fd/{name}"))
    return [link for link in links if link == "anon_inode:inotify"]


def test_what_cannot_be_watched_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, threads = inotify_descriptors(), threading.active_count()
    # It goes between the look and the watch.
    monkeypatch.setattr(Noticing, "_folders", lambda _: [tmp_path / "gone"])
    with pytest.raises(ContainersError, match=f"cannot watch {tmp_path}.*: No such file or directory"):
        Noticing([tmp_path], print).__enter__()
    assert (inotify_descriptors(), threading.active_count()) == (before, threads)


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(ContainersError) as caught:
        Noticing([path], print).__enter__()
    assert caught.value.message == f"cannot watch {path}: File name too long"


def test_that_the_kernel_watches_no_more_is_told(tmp_path: Path) -> None:
    with Noticing([tmp_path], print):
        pass  # what it loads is loaded
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    try:
        with pytest.raises(ContainersError) as caught:
            Noticing([tmp_path], print).__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert caught.value.message == (
        f"cannot watch {tmp_path}: the kernel watches no more for this user; "
        "raise fs.inotify.max_user_watches or max_user_instances"
    )


def test_what_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(ContainersError, match=f"cannot watch {tmp_path}/none: it is not there"):
        Noticing([tmp_path / "none"], print).__enter__()


def test_nothing_is_loaded_before_something_is_watched() -> None:
    code = "import sys, jupyter_containers.compose.noticing; print('watchdog' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_is_told() -> None:
    paths = tuple(Path("/src", name) for name in "abcde")
    assert Watching(paths[:2]).describe() == "watching /src/a, /src/b"
    assert Acted("web", "sync", paths).describe() == "sync of web: a, b, c and 2 more"
    assert Acted("web", "sync", (*paths[:3], paths[0])).describe() == "sync of web: a, b, c"
    assert NotActed("web", "rebuild", ContainersError("no")).describe() == "rebuild of web failed: no"
