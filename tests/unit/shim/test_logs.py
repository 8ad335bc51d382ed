"""The expected text is what dockerd (20.10, json-file) wrote for the same output; times apart."""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers.log_file import LogFile
from jupyter_containers.shim.logs import PIECE, ContainerLog
from jupyter_containers.shim.protocol import STDERR, STDOUT, LogOptions

NOON = 1_700_000_000 * 10**9


def log(path: Path, *, max_bytes: int = 0, max_files: int = 1, now: int = NOON) -> ContainerLog:
    clock = itertools.count(now, 1000)
    return ContainerLog(LogOptions(str(path), max_bytes, max_files), lambda: next(clock))


def without_times(content: bytes) -> list[bytes]:
    return re.sub(rb',"time":"[^"]*"', b"", content).splitlines()


def texts(path: Path) -> list[str]:
    return [json.loads(line)["log"] for line in path.read_bytes().splitlines()]


def test_a_line_is_one_object_in_docker_s_order(tmp_path: Path) -> None:
    path = tmp_path / "log"
    written = log(path, now=NOON + 123456789)
    written.write(STDOUT, b"hello\n")
    written.finish()
    assert path.read_bytes() == b'{"log":"hello\\n","stream":"stdout","time":"2023-11-14T22:13:20.123456789Z"}\n'


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "20Z"), (500_000_000, "20.5Z"), (120, "20.00000012Z"), (1, "20.000000001Z"), (999_999_999, "20.999999999Z")],
)
def test_times_have_no_zeros_at_the_end(tmp_path: Path, nanoseconds: int, text: str) -> None:
    path = tmp_path / "log"
    written = log(path, now=NOON + nanoseconds)
    written.write(STDERR, b"x\n")
    written.finish()
    assert json.loads(path.read_bytes())["time"] == f"2023-11-14T22:13:{text}"


@pytest.mark.parametrize(
    ("output", "written"),
    [
        (b'a<b>&c"\\\t\r', rb"a\u003cb\u003e\u0026c\"\\\u0009\r"),
        (b"\x00\x1b[0m\x08\x0c\x7f", rb"\u0000\u001b[0m\u0008\u000c" + b"\x7f"),
        ("é😀".encode(), "é😀".encode()),
        ("\u2028\u2029".encode(), rb"\u2028\u2029"),
        (b"\xff", rb"\ufffd"),
        (b"\xe2\x82", rb"\ufffd\ufffd"),  # a character cut short: one for each byte
        (b"\xed\xa0\x80", rb"\ufffd\ufffd\ufffd"),  # a surrogate
        (b"\xc0\x80", rb"\ufffd\ufffd"),  # overlong
        (b"\xf4\x90\x80\x80", rb"\ufffd\ufffd\ufffd\ufffd"),  # beyond Unicode
        (rb"\udc80", rb"\\udc80"),
    ],
)
def test_text_is_escaped_as_dockerd_does(tmp_path: Path, output: bytes, written: bytes) -> None:
    path = tmp_path / "log"
    made = log(path)
    made.write(STDOUT, output + b"\n")
    made.finish()
    assert without_times(path.read_bytes()) == [b'{"log":"' + written + b'\\n","stream":"stdout"}']


@pytest.mark.parametrize(
    ("length", "pieces"),
    [(PIECE - 1, [PIECE]), (PIECE, [PIECE, 1]), (PIECE + 1, [PIECE, 2]), (40000, [PIECE, PIECE, 7233])],
)
def test_a_long_line_becomes_pieces_of_which_the_last_has_the_line_end(
    tmp_path: Path, length: int, pieces: list[int]
) -> None:
    path = tmp_path / "log"
    made = log(path)
    made.write(STDOUT, b"x" * length + b"\n")
    made.finish()
    assert [len(text) for text in texts(path)] == pieces
    assert [text.endswith("\n") for text in texts(path)] == [False] * (len(pieces) - 1) + [True]


def test_pieces_of_a_line_have_its_time_and_lines_have_times_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "log"
    made = log(path, now=NOON + 1)
    made.write(STDOUT, b"x" * PIECE)
    made.write(STDOUT, b"y\nnext\nlast\n")
    made.finish()
    first, second, third, fourth = (json.loads(line)["time"] for line in path.read_bytes().splitlines())
    assert first == second
    assert second < third < fourth


@given(st.lists(st.integers(1, 40000), max_size=8), st.binary(max_size=300))
def test_how_output_is_cut_into_reads_makes_no_difference(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], salt: bytes
) -> None:
    output = salt + b"a\n" + b"x" * 20000 + salt + b"\n\n" + b"z" * 40000 + b"\r\nend" + salt
    place = tmp_path_factory.mktemp("logs")
    whole, parts = log(place / "whole"), log(place / "parts")
    whole.write(STDOUT, output)
    begin = 0
    for cut in [*cuts, len(output)]:
        if output[begin : begin + cut]:
            parts.write(STDOUT, output[begin : begin + cut])
        begin += cut
    whole.finish()
    parts.finish()
    assert without_times((place / "parts").read_bytes()) == without_times((place / "whole").read_bytes())


@given(st.binary(max_size=400))
def test_any_bytes_give_json_of_the_same_text(tmp_path_factory: pytest.TempPathFactory, output: bytes) -> None:
    path = tmp_path_factory.mktemp("logs") / "log"
    made = log(path)
    made.write(STDOUT, output)
    made.finish()
    read = "".join(json.loads(line)["log"] for line in path.read_bytes().splitlines())
    expected = "".join(
        "\ufffd" if "\udc80" <= character <= "\udcff" else character
        for character in output.decode("utf-8", "surrogateescape")
    )
    assert read == expected


def test_lines_that_come_together_differ_in_time(tmp_path: Path) -> None:
    path = tmp_path / "log"
    made = log(path, now=NOON + 1)
    made.write(STDOUT, b"a\nb\nc\n")
    made.finish()
    times = [json.loads(line)["time"] for line in path.read_bytes().splitlines()]
    assert times == sorted(set(times))


def test_streams_do_not_mix_within_a_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    made = log(path)
    made.write(STDOUT, b"out")
    made.write(STDERR, b"error\n")
    made.write(STDOUT, b"put\n")
    made.finish()
    assert without_times(path.read_bytes()) == [
        b'{"log":"error\\n","stream":"stderr"}',
        b'{"log":"output\\n","stream":"stdout"}',
    ]


def test_a_last_line_without_an_end_is_written_without_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    made = log(path)
    made.write(STDOUT, b"no end")
    assert path.read_bytes() == b""
    made.finish()
    assert texts(path) == ["no end"]


def test_a_log_goes_on_where_an_earlier_run_ended(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for word in (b"one\n", b"two\n"):
        made = log(path)
        made.write(STDOUT, word)
        made.finish()
    assert texts(path) == ["one\n", "two\n"]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_full_log_is_rotated_at_a_line_and_the_oldest_file_goes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    made = log(path, max_bytes=150, max_files=3)
    made.write(STDOUT, b"".join(b"%d\n" % number for number in range(10)))
    made.finish()
    # Each file takes lines until it has 150 bytes or more, as dockerd's does: two of 70 to 80 bytes, and one over.
    assert texts(path) == ["9\n"]
    assert texts(tmp_path / "log.1") == ["6\n", "7\n", "8\n"]
    assert texts(tmp_path / "log.2") == ["3\n", "4\n", "5\n"]
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1", "log.2"]


def test_one_file_starts_anew_when_it_is_full(tmp_path: Path) -> None:
    path = tmp_path / "log"
    made = log(path, max_bytes=10)
    made.write(STDOUT, b"one\ntwo\n")
    made.finish()
    assert texts(path) == ["two\n"]
    assert os.listdir(tmp_path) == ["log"]


def test_a_full_disk_loses_the_output_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "log"
    os.symlink("/dev/full", path)
    made = log(path)
    made.write(STDOUT, b"x\n")
    made.write(STDOUT, b"y\n")
    made.finish()


@pytest.mark.parametrize("driver", ["json-file", "local"])
def test_half_an_entry_of_an_earlier_run_does_not_spoil_the_next(tmp_path: Path, driver: str) -> None:
    path = tmp_path / "log"
    first = ContainerLog(LogOptions(str(path), driver=driver), lambda: NOON)
    first.write(STDOUT, b"one\n")
    first.finish()
    whole = path.read_bytes()
    for cut in range(len(whole) - 1):  # but for its line end, the last is whole
        path.write_bytes(whole + whole[:cut])
        second = ContainerLog(LogOptions(str(path), driver=driver), lambda: NOON)
        second.write(STDOUT, b"two\n")
        second.finish()
        log = LogFile(path, driver=driver)
        assert log.read().contents == [b"one\n", b"two\n"]
        log.close()
