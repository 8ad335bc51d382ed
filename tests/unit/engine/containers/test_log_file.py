"""Reading a log's files: the last so many entries, rotations however many, compressed files, both forms."""

from __future__ import annotations

import gc
import io
import itertools
import os
import socket
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers import log_file
from jupyter_containers.engine.containers.log_file import LogFile, last_entries, last_lines, names, open_files
from jupyter_containers.shim.local_log import Records
from jupyter_containers.shim.log_file import compress
from jupyter_containers.shim.logs import ContainerLog
from jupyter_containers.shim.protocol import STDOUT, LogOptions

NOON = 1_700_000_000 * 10**9
DRIVERS = pytest.mark.parametrize("driver", ["json-file", "local"])


def line(text: str) -> str:
    return f'{{"log":"{text}\\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"}}\n'


def texts(log: LogFile) -> list[str]:
    found: list[str] = []
    while entries := log.read():
        found += [content.decode().rstrip() for content in entries.contents]
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x-json.log"


def writer(path: Path, driver: str, *, max_bytes: int = 0, max_files: int = 1, compress: bool = False) -> ContainerLog:
    return ContainerLog(
        LogOptions(str(path), max_bytes, max_files, driver, compress), itertools.count(NOON, 1000).__next__
    )


def test_a_log_that_is_not_there_is_empty_until_it_comes(path: Path) -> None:
    log = LogFile(path)
    assert not log.read()
    path.write_text(line("a"))
    assert texts(log) == ["a"]
    log.close()


def test_half_a_line_waits_for_its_other_half(path: Path) -> None:
    whole = line("b")
    path.write_text(line("a") + whole[:10])
    log = LogFile(path)
    assert texts(log) == ["a"]
    with path.open("a") as file:
        file.write(whole[10:])
    assert texts(log) == ["b"]
    log.close()


def test_whether_there_is_more_is_known_without_reading(path: Path) -> None:
    path.write_text(line("a"))
    log = LogFile(path)
    assert log.has_more()
    assert texts(log) == ["a"]
    assert not log.has_more()
    with path.open("a") as file:
        file.write(line("b"))
    assert log.has_more()
    assert texts(log) == ["b"]
    path.rename(path.with_name(f"{path.name}.1"))
    assert not log.has_more()
    path.touch()
    assert log.has_more()
    assert texts(log) == []
    assert not log.has_more()
    log.close()


def test_files_are_read_oldest_first_and_a_half_compressed_one_once(path: Path) -> None:
    path.write_text(line("4"))
    for number, text in ((1, "3"), (2, "2"), (10, "1")):
        path.with_name(f"{path.name}.{number}").write_text(line(text))
    compress(f"{path}.2")
    compress(f"{path}.10")
    path.with_name(f"{path.name}.2").write_text(line("2"))
    path.with_name(f"{path.name}.1.gz.part").write_text("half")
    assert [one.removeprefix(path.name) for one in names(path)] == [".10.gz", ".2", ".1", ""]
    log = LogFile(path)
    assert texts(log) == ["1", "2", "3", "4"]
    log.close()


@DRIVERS
@pytest.mark.parametrize("compressed", [False, True])
def test_a_follower_misses_nothing_however_often_the_log_is_rotated(path: Path, driver: str, compressed: bool) -> None:
    written, log = writer(path, driver, max_bytes=400, max_files=9, compress=compressed), LogFile(path, driver=driver)
    numbers, expected, found = iter(range(1000)), list[str](), list[str]()
    for lines in (1, 3, 8, 20, 1, 9, 30):  # from less than a file to several files at once
        for number in itertools.islice(numbers, lines):
            written.write(STDOUT, b"%d\n" % number)
            expected.append(str(number))
        found += texts(log)
    written.finish()
    assert found + texts(log) == expected
    log.close()


def older(path: Path, number: int, text: str, *, packed: bool = True) -> None:
    """Make an older file of a log; all that this makes has been written in one tick of the kernel's clock."""
    place = path.with_name(f"{path.name}.{number}")
    place.write_text(line(text))
    os.utime(place, ns=(NOON, NOON))
    if packed:
        compress(str(place))


def test_a_file_that_was_read_is_known_beside_one_as_old_that_is_compressed(path: Path) -> None:
    path.write_text(line("1"))
    os.utime(path, ns=(NOON, NOON))
    log = LogFile(path)
    assert texts(log) == ["1"]
    path.rename(path.with_name(f"{path.name}.1"))
    older(path, 2, "0")
    path.write_text(line("2"))
    assert texts(log) == ["2"]
    log.close()


@pytest.mark.parametrize("others", [("0", "1", "2"), ("1", "2", "3"), ("8", "9", "1")])
def test_of_compressed_files_as_old_the_one_that_was_read_has_the_same_content(
    path: Path, others: tuple[str, ...]
) -> None:
    path.write_text(line("1"))
    os.utime(path, ns=(NOON, NOON))
    log = LogFile(path)
    assert texts(log) == ["1"]
    for number, text in zip((4, 3, 2), others, strict=True):
        older(path, number, text)
    older(path, 1, "6", packed=False)
    begun = path.with_name("begun")
    begun.write_text(line("7"))
    begun.rename(path)
    assert texts(log) == [*others[others.index("1") + 1 :], "6", "7"]
    log.close()


def test_files_that_cannot_be_opened_together_are_closed(path: Path) -> None:
    older(path, 2, "1", packed=False)
    with socket.socket(socket.AF_UNIX) as hindrance, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        hindrance.bind(f"{path}.1")
        path.write_text(line("2"))
        with pytest.raises(OSError, match="No such device"):
            open_files(path)
        gc.collect()
    assert [str(one.message) for one in seen] == []


@DRIVERS
def test_a_file_that_is_rotated_away_while_it_is_read_is_read_to_its_end(path: Path, driver: str) -> None:
    written = writer(path, driver, max_bytes=200, max_files=2)
    written.write(STDOUT, b"first\n")
    log = LogFile(path, driver=driver)
    assert log.read().contents == [b"first\n"]
    written.write(STDOUT, b"second\n")
    for number in range(30):
        written.write(STDOUT, b"%d\n" % number)
    written.finish()
    found = texts(log)
    assert (found[0], found[-1]) == ("second", "29")
    log.close()


@DRIVERS
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("tail", [0, 1, 2, 5, 7, 19, 20, 50])
def test_the_last_entries_may_span_files(path: Path, driver: str, compressed: bool, tail: int) -> None:
    written = writer(path, driver, max_bytes=300, max_files=9, compress=compressed)
    written.write(STDOUT, b"".join(b"%d\n" % number for number in range(15)))
    for number in range(15, 20):
        written.write(STDOUT, b"%d\n" % number)
    written.finish()
    log = LogFile(path, driver=driver, tail=tail)
    assert texts(log) == [str(number) for number in range(20)][max(20 - tail, 0) :]
    log.close()


@given(st.lists(st.text(alphabet="ab", max_size=30), max_size=40), st.integers(0, 50), st.integers(1, 40))
def test_counting_lines_from_the_end_agrees_with_counting_from_the_beginning(
    contents: list[str], count: int, block: int
) -> None:
    lines = [line(text).encode() for text in contents]
    content = b"".join(lines)
    before, log_file.CHUNK_BYTES = log_file.CHUNK_BYTES, block
    try:
        offset, found = last_lines(io.BytesIO(content), count)
    finally:
        log_file.CHUNK_BYTES = before
    assert found == min(count, len(lines))
    assert content[offset:] == b"".join(lines[len(lines) - found :])


def test_a_record_that_was_not_written_to_its_end_is_left_out() -> None:
    records = Records().lines(STDOUT, b"a\nb\n", NOON) + Records().lines(STDOUT, b"c\n", NOON)
    first = len(Records().lines(STDOUT, b"a\nb\n", NOON))
    for cut in range(1, len(records) - first):
        assert last_entries(io.BytesIO(records[:-cut]), 1, "local") == (0, 1, 1)
    assert last_entries(io.BytesIO(records), 1, "local") == (first, 0, 1)


def test_files_are_opened_as_one_moment_has_them(path: Path) -> None:
    path.write_text(line("2"))
    path.with_name(f"{path.name}.1").write_text(line("1"))
    opened = open_files(path)
    assert [one.file.read() for one in opened] == [line("1").encode(), line("2").encode()]
    for one in opened:
        one.file.close()
