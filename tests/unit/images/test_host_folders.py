"""Folders that somebody asks to see, on a host that the test makes up."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images import host_folders
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.images.host_masks import decide


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "host"
    for folder in ("etc", "home/ann/work/sub/.ssh", "home/ann/.venv/lib", "home/ann/.config", "home/bob", "data/set"):
        (root / folder).mkdir(parents=True)
    (root / "etc/passwd").write_text("ann:x:1000:1000::/home/ann:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/bash\n")
    for name in ("home/ann/work/a.txt", "home/ann/work/.env", "home/ann/work/sub/server.key", "home/ann/.netrc"):
        (root / name).write_text("x")
    return root


def decided(root: Path, *folders: str, prefixes: tuple[str, ...] = ()) -> dict[str, str]:
    return decide(root, hidden=(), kept=map(Path, prefixes), shown=map(Path, folders))


def test_a_folder_in_a_home_is_shown_without_its_secrets(root: Path) -> None:
    decisions = decided(root, "/home/ann/work")
    assert (decisions["/home"], decisions["/home/ann"], decisions["/home/ann/work"]) == ("empty", "empty", "kept")
    hidden = {path for path, how in decisions.items() if how == "absent" and path.startswith("/home/ann/work/")}
    assert hidden == {"/home/ann/work/.env", "/home/ann/work/sub/.ssh", "/home/ann/work/sub/server.key"}


def test_a_home_is_shown_without_its_dot_files_but_with_its_python(root: Path) -> None:
    decisions = decided(root, "/home/ann", prefixes=("/home/ann/.venv",))
    assert decisions["/home/ann"] == decisions["/home/ann/.venv"] == "kept"
    assert decisions["/home/ann/.config"] == decisions["/home/ann/.netrc"] == "absent"


def test_homes_of_others_stay_hidden(root: Path) -> None:
    decisions = decided(root, "/home")
    assert (decisions["/home"], decisions["/home/bob"]) == ("kept", "empty")


def test_a_folder_at_the_top_is_shown_with_the_way_to_it(root: Path) -> None:
    decisions = decided(root, "/data/set")
    assert (decisions["/data"], decisions["/data/set"]) == ("empty", "kept")


def test_secrets_are_looked_for_to_a_depth(root: Path) -> None:
    deep = root / "data" / "/".join("x" * host_folders.DEPTH)
    deep.mkdir(parents=True)
    (deep / ".env").write_text("")
    (deep.parent / ".env").write_text("")
    hidden = [path for path, how in decided(root, "/data").items() if path.endswith(".env") and how == "absent"]
    assert hidden == [f"/data/{'/'.join('x' * (host_folders.DEPTH - 1))}/.env"]


@pytest.mark.parametrize("path", ["/", "relative", "/etc", "/proc/self", "/tmp/.."])
def test_what_is_no_folder_to_work_in_is_refused(path: str) -> None:
    with pytest.raises(InvalidParameter, match="cannot show"):
        Shown.parse([path], [])


def test_a_link_to_the_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(InvalidParameter, match="the system's own"):
        Shown.parse([str(tmp_path / "link")], [])


def test_what_lies_on_another_file_system_is_told() -> None:
    shown = Shown((Path("/proc"), Path("/usr"), Path("/nowhere/at/all")))
    assert shown.unseen() == [Path("/proc"), Path("/nowhere/at/all")]


def test_a_git_configuration_is_hidden_when_a_token_is_in_it(root: Path) -> None:
    for name, url in (("one", "https://me:token@host/x"), ("two", "https://host/x"), ("three", "git@host:x")):
        (root / f"data/{name}/.git").mkdir(parents=True)
        (root / f"data/{name}/.git/config").write_text(f'[remote "origin"]\n\turl = {url}\n')
    hidden = [path for path, how in decided(root, "/data").items() if how == "absent" and path.startswith("/data/")]
    assert hidden == ["/data/one/.git/config"]


def test_a_pipe_in_the_place_of_a_git_configuration_is_not_waited_for(root: Path) -> None:
    (root / "data/.git").mkdir()
    os.mkfifo(root / "data/.git/config")
    # Somebody writes at last, so that one who waits goes on: what is told then is that it has waited.
    heard: list[bool] = []
    writer = threading.Timer(2, lambda: heard.append(_write_to_reader(root / "data/.git/config")))
    writer.start()
    assert "/data/.git/config" not in decided(root, "/data")
    writer.cancel()
    writer.join()
    assert heard == []


def _write_to_reader(pipe: Path) -> bool:
    os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    return True
