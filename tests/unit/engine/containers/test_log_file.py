"""Reading the json-file log: entries, the last so many, rotations, and what a crash leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers import log_file
from jupyter_containers.engine.containers.log_file import Entry, LogFile, files, last_lines, parse_entry

TIME = "2026-01-02T03:04:05.123456789Z"
AT = 1767323045123456789


def line(text: str, stream: str = "stdout") -> str:
    return json.dumps({"log": text, "stream": stream, "time": TIME}) + "\n"


def texts(log: LogFile) -> list[str]:
    found: list[str] = []
    while entries := log.read():
        found += [entry.content.decode() for entry in entries]
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x-json.log"


def test_an_entry_has_stream_bytes_and_nanoseconds() -> None:
    assert parse_entry(line("hé\n", "stderr").encode()) == Entry("stderr", "hé\n".encode(), AT)


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b'{"log": 5}', b'{"log":"x","stream":"stdout","time":"yesterday"}']
)
def test_a_broken_line_is_passed_over(broken: bytes) -> None:
    assert parse_entry(broken) is None


def test_a_log_that_is_not_there_is_empty_until_it_comes(path: Path) -> None:
    log = LogFile(path)
    assert log.read() == []
    path.write_text(line("a\n"))
    assert texts(log) == ["a\n"]
    log.close()


def test_half_a_line_waits_for_its_other_half(path: Path) -> None:
    whole = line("b\n")
    path.write_text(line("a\n") + whole[:10])
    log = LogFile(path)
    assert texts(log) == ["a\n"]
    with path.open("a") as file:
        file.write(whole[10:])
    assert texts(log) == ["b\n"]
    log.close()


def test_rotated_files_are_read_oldest_first(path: Path) -> None:
    path.write_text(line("3"))
    path.with_name(f"{path.name}.1").write_text(line("2"))
    path.with_name(f"{path.name}.2").write_text(line("1"))
    assert [one.name[-2:] for one in files(path)] == [".2", ".1", "og"]
    log = LogFile(path)
    assert texts(log) == ["1", "2", "3"]
    log.close()


def test_a_follower_reads_on_after_a_rotation(path: Path) -> None:
    path.write_text(line("1"))
    log = LogFile(path)
    assert texts(log) == ["1"]
    with path.open("a") as file:
        file.write(line("2"))
    path.rename(path.with_name(f"{path.name}.1"))
    path.write_text(line("3"))
    assert texts(log) == ["2", "3"]
    log.close()


@pytest.mark.parametrize(("tail", "expected"), [(0, []), (1, ["3"]), (3, ["1", "2", "3"]), (9, ["0", "1", "2", "3"])])
def test_the_last_entries_may_span_files(path: Path, tail: int, expected: list[str]) -> None:
    path.with_name(f"{path.name}.1").write_text(line("0") + line("1"))
    path.write_text(line("2") + line("3"))
    log = LogFile(path, tail=tail)
    assert texts(log) == expected
    log.close()


@given(st.lists(st.text(max_size=30), max_size=40), st.integers(0, 50), st.integers(1, 40))
def test_counting_from_the_end_agrees_with_counting_from_the_beginning(
    tmp_path_factory: pytest.TempPathFactory, contents: list[str], count: int, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "counted.log"
    lines = [line(text).encode() for text in contents]
    path.write_bytes(b"".join(lines))
    before, log_file.CHUNK_BYTES = log_file.CHUNK_BYTES, block
    try:
        offset, found = last_lines(path, count)
    finally:
        log_file.CHUNK_BYTES = before
    assert found == min(count, len(lines))
    assert path.read_bytes()[offset:] == b"".join(lines[len(lines) - found :])
