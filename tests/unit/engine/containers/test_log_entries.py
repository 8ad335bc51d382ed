"""Entries from bytes: what the shim writes comes back, at once or line by line; what a crash leaves is left out."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers import log_entries
from jupyter_containers.engine.containers.log_entries import Entries, decode_json, decode_local, fixed_time, time_text
from jupyter_containers.shim.logs import ContainerLog
from jupyter_containers.shim.protocol import STDERR, STDOUT, LogOptions

NOON = 1_700_000_000 * 10**9
OUTPUT = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=60)), max_size=12)
TEXT = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.text(max_size=60).map(str.encode)), max_size=12)


def line(text: str, stream: str = "stdout") -> bytes:
    return json.dumps({"log": text, "stream": stream, "time": "2026-01-02T03:04:05.12Z"}).encode() + b"\n"


def written(folder: Path, output: list[tuple[int, bytes]], **options: str) -> bytes:
    path = folder / "log"
    path.unlink(missing_ok=True)
    log = ContainerLog(LogOptions(str(path), **options), itertools.count(NOON, 1000).__next__)  # type: ignore[arg-type]
    for stream, content in output:
        log.write(stream, content)
    log.finish()
    return path.read_bytes()


def output_of(entries: Entries, stream: int) -> bytes:
    return b"".join(c for s, c in zip(entries.streams, entries.contents, strict=True) if s == stream)


@given(TEXT)
def test_text_comes_back_from_json(tmp_path_factory: pytest.TempPathFactory, output: list[tuple[int, bytes]]) -> None:
    content = written(tmp_path_factory.getbasetemp(), output)
    entries, end = decode_json(content)
    assert end == len(content)
    for stream in (STDOUT, STDERR):
        assert output_of(entries, stream) == b"".join(text for number, text in output if number == stream)


@given(OUTPUT)
def test_every_byte_comes_back_from_the_local_form(
    tmp_path_factory: pytest.TempPathFactory, output: list[tuple[int, bytes]]
) -> None:
    content = written(tmp_path_factory.getbasetemp(), output, driver="local")
    entries, end = decode_local(content)
    assert end == len(content)
    for stream in (STDOUT, STDERR):
        assert output_of(entries, stream) == b"".join(text for number, text in output if number == stream)
    assert entries.times == sorted(set(entries.times))


@given(OUTPUT)
def test_reading_at_once_and_line_by_line_agree(
    tmp_path_factory: pytest.TempPathFactory, output: list[tuple[int, bytes]]
) -> None:
    content = written(tmp_path_factory.getbasetemp(), output, attributes='{"a":"},\\"time\\":"}')
    at_once, slowly = log_entries._decode_at_once(content), log_entries._decode_lines(content.split(b"\n"))
    if at_once is not None:
        assert (at_once.streams, at_once.contents) == (slowly.streams, slowly.contents)
        assert list(map(fixed_time, at_once.times)) == slowly.times
        assert list(map(json.loads, at_once.attributes)) == list(map(json.loads, slowly.attributes))


def test_what_the_shim_writes_is_read_at_once(tmp_path: Path) -> None:
    """Otherwise it would be read at a tenth of the speed."""
    content = written(tmp_path, [(STDOUT, b'{"a": "\\\\n<b>"}\t\x1b[0m\r\n\xff\n'), (STDERR, "é\u2028\n".encode())])
    entries = log_entries._decode_at_once(content)
    assert entries is not None
    assert entries.contents == [
        b'{"a": "\\\\n<b>"}\t\x1b[0m\r\n', "\ufffd\n".encode(), "é\u2028\n".encode()
    ]  # fmt: skip


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b'{"log": 5}', b'{"log":"x","stream":"stdout","time":"yesterday"}', b'{"log":"x']
)
def test_a_broken_line_is_passed_over(broken: bytes) -> None:
    entries, end = decode_json(line("a\n") + broken + b"\n" + line("b\n", "stderr") + b'{"log":"half')
    assert (entries.streams, entries.contents) == ([STDOUT, STDERR], [b"a\n", b"b\n"])
    assert end == len(line("a\n")) + len(broken) + 1 + len(line("b\n", "stderr"))


def test_half_a_record_is_left_for_later(tmp_path: Path) -> None:
    content = written(tmp_path, [(STDOUT, b"a\n"), (STDOUT, b"b\n")], driver="local")
    for cut in range(1, len(content) // 2):
        entries, end = decode_local(content[:-cut])
        assert (entries.contents, end) == ([b"a\n"], len(content) // 2)


def test_times_of_one_record_go_over_the_end_of_a_second() -> None:
    assert log_entries.times_from(NOON + 10**9 - 2, 5)[1:3] == [
        b"2023-11-14T22:13:20.999999999Z", b"2023-11-14T22:13:21.000000000Z"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fixed"),
    [(b"20Z", b"20.000000000Z"), (b"20.5Z", b"20.500000000Z"), (b"20.123456789Z", b"20.123456789Z")],
)
def test_times_have_nine_digits(text: bytes, fixed: bytes) -> None:
    assert fixed_time(b"2023-11-14T22:13:" + text) == b"2023-11-14T22:13:" + fixed
    assert time_text(NOON + 7) == b"2023-11-14T22:13:20.000000007Z"


def test_entries_can_be_chosen_and_left_out() -> None:
    entries = Entries([1, 2, 1], [b"a", b"b", b"c"], [b"1", b"2", b"3"], [b"", b"x", b""])
    assert entries.chosen([False, True, True]) == Entries([2, 1], [b"b", b"c"], [b"2", b"3"], [b"x", b""])
    assert entries.chosen([True] * 3) is entries
    assert entries.after(2) == Entries([1], [b"c"], [b"3"], [b""])


@pytest.mark.parametrize(
    ("at_ns", "text"),
    [(-5, b"1970-01-01T00:00:00.000000000Z"), (10**30, b"9999-12-31T23:59:59.999999999Z")],
)
def test_times_that_nobody_lives_in_are_cut(at_ns: int, text: bytes) -> None:
    assert time_text(at_ns) == text
