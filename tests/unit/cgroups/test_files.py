from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.cgroups import files
from jupyter_containers.errors import ContainersError, DeadlineExceeded, InvalidParameter, Unsupported


def test_numbers_are_read_and_max_is_none(tmp_path: Path) -> None:
    (tmp_path / "pids.current").write_text("17\n")
    (tmp_path / "pids.max").write_text("max\n")
    directory = str(tmp_path)
    assert files.read_number(directory, "pids.current") == 17
    assert files.read_number(directory, "pids.max") is None
    assert files.read_number(directory, "missing") is None


def test_a_controller_that_is_not_there_has_no_files() -> None:
    # Not even when the root directory happens to have one of that name.
    assert files.read("", "etc/hostname") is None
    assert files.read_table("", "memory.stat") == {}


def test_tables_are_read_without_lines_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "memory.stat").write_text("cache 4096\nrss 0\nhierarchy\n")
    assert files.read_table(str(tmp_path), "memory.stat") == {"cache": 4096, "rss": 0}


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write(str(tmp_path), "pids.max", 5)
    assert not list(tmp_path.iterdir())


def test_a_missing_limit_file_is_a_missing_feature(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=r"cannot limit pids: this kernel has no pids\.max"):
        files.write_limit(str(tmp_path), "pids.max", 5, limit="pids")


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (22, InvalidParameter, "invalid memory limit 5: the kernel refuses it"),
        (34, InvalidParameter, "invalid memory limit 5"),
        (16, InvalidParameter, "already uses more"),
        (5, ContainersError, "cannot set memory limit to 5"),
    ],
)
def test_a_refusal_says_which_limit(number: int, kind: type[ContainersError], words: str) -> None:
    error = files.refusal(OSError(number, os.strerror(number), "/g/memory.max"), "memory.max", 5, "memory limit")
    assert type(error) is kind
    assert words in error.message
    assert error.details["errno"] == number
    assert error.details["path"] == "/g/memory.max"


@pytest.mark.parametrize("path", ["", "/", "a/../b", "../a", "a//b", "/a", "a/", "."])
def test_paths_that_leave_the_hierarchy_are_refused(path: str) -> None:
    with pytest.raises(InvalidParameter, match="not a cgroup path"):
        files.check_path(path)


def test_processes_of_groups_below_count_and_foreign_ones_do_not(tmp_path: Path) -> None:
    (tmp_path / "g" / "inner").mkdir(parents=True)
    (tmp_path / "g" / "cgroup.procs").write_text("12\n0\n3\n")  # 0: in a pid namespace that is not below ours
    (tmp_path / "g" / "inner" / "cgroup.procs").write_text("5\n")
    assert files.processes(f"{tmp_path}/g") == [3, 5, 12]
    assert files.processes(f"{tmp_path}/missing") == []


def test_the_deepest_group_comes_first(tmp_path: Path) -> None:
    (tmp_path / "g" / "a" / "b").mkdir(parents=True)
    root = str(tmp_path)
    assert files.walk(f"{root}/g") == [f"{root}/g/a/b", f"{root}/g/a", f"{root}/g"]
    files.remove_tree(f"{root}/g")
    assert not (tmp_path / "g").exists()
    files.remove_tree(f"{root}/g")


def test_waiting_ends_with_the_condition_or_the_deadline() -> None:
    answers = iter([False, False, True])
    assert files.wait_until(lambda: next(answers), 5)
    assert not files.wait_until(lambda: False, 0.01)


def test_a_group_that_does_not_freeze_is_an_error_with_the_time() -> None:
    files.frozen_or_raise(True, "/g")
    with pytest.raises(DeadlineExceeded, match="cannot freeze cgroup /g within 5 s"):
        files.frozen_or_raise(False, "/g")


def test_values_of_a_file_that_takes_one_at_a_time_are_written_in_order(tmp_path: Path) -> None:
    (tmp_path / "devices.allow").touch()
    files.write_limit(str(tmp_path), "devices.allow", "c 1:3 rwm", "c 1:5 rwm", limit="devices")
    assert (tmp_path / "devices.allow").read_text() == "c 1:3 rwmc 1:5 rwm"
