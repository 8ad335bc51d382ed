"""The json-file log: lines, pieces, rests, rotation, bytes that are no text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.shim.logs import PIECE, JsonFileLog
from jupyter_containers.shim.protocol import STDERR, STDOUT, LogOptions


def log(path: Path, **options: int) -> JsonFileLog:
    return JsonFileLog(LogOptions(str(path), **options), clock_ns=lambda: 1_700_000_000_123_456_789)


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_is_an_object_in_dockers_form(tmp_path: Path) -> None:
    path = tmp_path / "log"
    writer = log(path)
    writer.write(STDOUT, b"hello\n")
    writer.finish()
    assert path.read_text() == '{"log":"hello\\n","stream":"stdout","time":"2023-11-14T22:13:20.123456789Z"}\n'


def test_lines_that_come_together_differ_in_time(tmp_path: Path) -> None:
    writer = log(tmp_path / "log")
    writer.write(STDOUT, b"a\nb\nc\n")
    writer.finish()
    times = [entry["time"] for entry in entries(tmp_path / "log")]
    assert times == sorted(set(times))


def test_streams_do_not_mix_their_unfinished_lines(tmp_path: Path) -> None:
    writer = log(tmp_path / "log")
    writer.write(STDOUT, b"out")
    writer.write(STDERR, b"err\n")
    writer.write(STDOUT, b"put\nrest")
    assert [(e["stream"], e["log"]) for e in entries(tmp_path / "log")] == [("stderr", "err\n"), ("stdout", "output\n")]
    writer.finish()
    assert entries(tmp_path / "log")[-1]["log"] == "rest"


def test_a_long_line_becomes_pieces(tmp_path: Path) -> None:
    writer = log(tmp_path / "log")
    writer.write(STDOUT, b"x" * (2 * PIECE + 5) + b"\n")
    writer.finish()
    assert [len(entry["log"]) for entry in entries(tmp_path / "log")] == [PIECE, PIECE, 6]


def test_what_is_no_text_is_kept_as_replacement(tmp_path: Path) -> None:
    writer = log(tmp_path / "log")
    writer.write(STDOUT, b"\xff\x00\xc3\xa9\n")
    writer.finish()
    assert entries(tmp_path / "log")[0]["log"] == "�\0é\n"


def test_rotation_keeps_as_many_files_as_asked(tmp_path: Path) -> None:
    writer = log(tmp_path / "log", max_bytes=200, max_files=3)
    for number in range(12):
        writer.write(STDOUT, f"line {number:02}\n".encode())
    writer.finish()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["log", "log.1", "log.2"]
    kept = [entry["log"] for name in ("log.2", "log.1", "log") for entry in entries(tmp_path / name)]
    assert kept == [f"line {number:02}\n" for number in range(12 - len(kept), 12)]


def test_one_file_is_begun_anew(tmp_path: Path) -> None:
    writer = log(tmp_path / "log", max_bytes=100, max_files=1)
    writer.write(STDOUT, b"first\n")
    writer.write(STDOUT, b"second\n")
    writer.finish()
    assert [entry["log"] for entry in entries(tmp_path / "log")] == ["second\n"]


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        writer = log(tmp_path / "log")
        writer.write(STDOUT, text)
        writer.finish()
    assert [entry["log"] for entry in entries(tmp_path / "log")] == ["one\n", "two\n"]


@given(st.lists(st.binary(max_size=40_000), max_size=6))
def test_whatever_is_written_comes_back(chunks: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        writer = log(path)
        for chunk in chunks:
            writer.write(STDOUT, chunk)
        writer.finish()
        back = "".join(json.loads(line)["log"] for line in path.read_bytes().split(b"\n") if line)
    text = b"".join(chunks).decode("utf-8", "replace")
    # A piece's border inside a character makes more replacement signs; everything else is exact.
    if len(b"".join(chunks)) < PIECE:
        assert back == text
    else:
        assert back.replace("�", "") == text.replace("�", "") or max(map(len, b"".join(chunks).split(b"\n"))) > PIECE


def test_a_full_disk_does_not_stop_the_writer() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this host has no /dev/full")
    writer = JsonFileLog(LogOptions("/dev/full"))
    writer.write(STDOUT, b"lost\n")
    writer.finish()
