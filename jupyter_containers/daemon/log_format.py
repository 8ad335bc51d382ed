"""The daemon's log: one line per record on standard error, in dockerd's key=value form."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

LEVELS = {
    "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}  # fmt: skip


class LogFormat(logging.Formatter):
    """time="…" level=… room=… msg="…", with a traceback below when there is one."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        room = record.name.removeprefix("jupyter_containers.")
        line = f'time="{at}" level={record.levelname.lower()} room={room} msg={json.dumps(record.getMessage())}'
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _without_trace(record: logging.LogRecord) -> bool:
    """Make one line of what a client sent that is not HTTP: it is no fault of ours, and could fill the log."""
    error = record.exc_info[1] if record.exc_info else None
    if type(error).__module__ == "aiohttp.http_exceptions":
        record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
        record.msg, record.args = "not a request: %.200r", (str(error),)
    return True


def set_up(level: str) -> None:
    """Send the log of this process to standard error at `level`, one of LEVELS."""
    logging.getLogger("aiohttp.server").addFilter(_without_trace)
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(LogFormat())
    logging.basicConfig(level=LEVELS[level], handlers=[stream], force=True)
