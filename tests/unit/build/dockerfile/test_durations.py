from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.durations import go_duration, nanoseconds
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.lines import read_line

LINE = read_line("HEALTHCHECK CMD x", "\\", (3, 3))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("0", 0), ("0s", 0), ("5s", 5 * 10**9), ("1m30s", 90 * 10**9), ("1.5h", 5400 * 10**9), ("1ms", 10**6),
     (".5s", 5 * 10**8), ("2500us", 2_500_000)],
)  # fmt: skip
def test_durations_are_read_as_go_does(text: str, expected: int) -> None:
    assert nanoseconds("interval", text, LINE) == expected


@pytest.mark.parametrize("text", ["5", "s", "5x", "-5s", "1s 2s", "1us", "99999999999h", ".s"])
def test_other_texts_are_refused_with_the_line(text: str) -> None:
    with pytest.raises(DockerfileError, match="--interval") as failure:
        nanoseconds("interval", text, LINE)
    assert failure.value.lines == (3, 3)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(0, "0s"), (1, "1ns"), (1500, "1.5µs"), (1_500_000, "1.5ms"), (5 * 10**9, "5s"), (90 * 10**9, "1m30s"),
     (3600 * 10**9, "1h0m0s"), (61_500_000_000, "1m1.5s")],
)  # fmt: skip
def test_durations_are_printed_as_go_does(duration: int, expected: str) -> None:
    assert go_duration(duration) == expected
