"""One line per record."""

from __future__ import annotations

import logging

from jupyter_containers.daemon.log_format import LogFormat


def test_a_record_is_one_line_whatever_it_says() -> None:
    record = logging.LogRecord("jupyter_containers.api.server", logging.INFO, "f", 1, "a\n%s", ('"b"',), None)
    line = LogFormat().format(record)
    assert line.endswith(r'level=info room=api.server msg="a\n\"b\""')
    assert "\n" not in line
