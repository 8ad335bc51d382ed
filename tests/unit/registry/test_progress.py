from __future__ import annotations

from jupyter_containers.registry import progress


def test_waiting_counts_in_dockers_words() -> None:
    assert progress.retrying(1) == "Retrying in 1 second"
    assert progress.retrying(5) == "Retrying in 5 seconds"


def test_a_line_without_bytes_counts_none() -> None:
    line = progress.Progress("abc", progress.WAITING)
    assert (line.status, line.current, line.total) == ("Waiting", 0, 0)
