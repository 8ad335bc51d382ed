"""The options of log drivers: Docker's words for what is wrong, and what the writer is told."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.log_options import attributes, check_log, log_options, log_path, log_size
from jupyter_containers.engine.containers.record import HostSettings, Record, Settings
from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported
from jupyter_containers.shim.protocol import LogOptions

SETTINGS = Settings(image="busybox", env=("A=1", "B=2", "NOTHING"), labels={"x": "1", "y.z": "2"})


def record(driver: str = "json-file", **options: str) -> Record:
    named = {name.replace("_", "-"): value for name, value in options.items()}
    host = HostSettings(log_driver=driver, log_options=named)
    return Record("c" * 64, "web", 1, "sha256:" + "1" * 64, settings=SETTINGS, host=host)


REFUSED: tuple[tuple[str, dict[str, str], type[ContainersError], str], ...] = (
    ("json-file", {"bad": "1"}, InvalidParameter, "unknown log opt 'bad' for json-file log driver"),
    ("local", {"tag": "1"}, InvalidParameter, "unknown log opt 'tag' for log driver local"),
    ("none", {"tag": "1"}, InvalidParameter, "invalid logging opts for driver none"),
    ("syslog", {}, InvalidParameter, 'error looking up logging plugin syslog: plugin "syslog" not found'),
    ("json-file", {"max-size": "zz"}, InvalidParameter, "failed to initialize logging driver: invalid size: 'zz'"),
    ("json-file", {"max-size": "-1"}, InvalidParameter, "invalid size: '-1'"),
    ("json-file", {"max-size": "0"}, InvalidParameter, "max-size must be a positive number"),
    ("json-file", {"max-file": "0"}, InvalidParameter, "max-file cannot be less than 1"),
    ("json-file", {"max-file": "x"}, InvalidParameter, 'strconv.Atoi: parsing "x": invalid syntax'),
    ("json-file", {"compress": "x"}, InvalidParameter, 'strconv.ParseBool: parsing "x": invalid syntax'),
    ("json-file", {"compress": "1"}, InvalidParameter, "compress cannot be true when max-file is less than 2"),
    ("json-file", {"labels-regex": "("}, InvalidParameter, "error parsing regexp: "),
    ("json-file", {"env-regex": "a(?=b)"}, InvalidParameter, "error parsing regexp: "),
    ("json-file", {"labels-regex": "a{5000}"}, InvalidParameter, "error parsing regexp: too long: `a{5000}`"),
    ("json-file", {"env-regex": "a" * 4097}, InvalidParameter, "4097 characters"),
    ("json-file", {"tag": "{{"}, InvalidParameter, "template: log-tag:1: unclosed action"),
    ("json-file", {"tag": "{{" + " " * 100_000}, InvalidParameter, "template: log-tag:1: unclosed action"),
    ("json-file", {"tag": "{{.Foo}}"}, InvalidParameter, "can't evaluate field Foo in type"),
    ("json-file", {"tag": "{{len .ID}}"}, Unsupported, "log option tag with"),
    ("json-file", {"mode": "x"}, InvalidParameter, "logger: logging mode not supported: x"),
    ("json-file", {"mode": "non-blocking"}, Unsupported, "log option mode=non-blocking is not supported"),
    ("local", {"max-buffer-size": "1m"}, InvalidParameter, "is only supported with 'mode=non-blocking'"),
    (
        "local",
        {"mode": "non-blocking", "max-buffer-size": "z"},
        InvalidParameter,
        "error parsing option max-buffer",
    ),
    ("local", {"max-size": "z"}, InvalidParameter, "invalid value for max-size: z: invalid size: 'z'"),
    ("local", {"max-file": "z"}, InvalidParameter, "invalid value for max-file: z: strconv.Atoi"),
    ("local", {"max-file": "1"}, InvalidParameter, "compression cannot be enabled when max file count is 1"),
    ("local", {"compress": "z"}, InvalidParameter, "error reading compress log option: strconv.ParseBool"),
)


@pytest.mark.parametrize(("driver", "options", "kind", "words"), REFUSED)
def test_what_cannot_be_is_refused(
    driver: str, options: dict[str, str], kind: type[ContainersError], words: str
) -> None:
    with pytest.raises(kind) as raised:
        check_log(HostSettings(log_driver=driver, log_options=options))
    assert words in raised.value.message


def test_what_the_writer_is_told() -> None:
    files = Path("/c")
    path = f"/c/{'c' * 64}-json.log"
    assert log_options(record(), files) == LogOptions(path)
    assert log_options(record(max_size="10k", max_file="3", compress="true"), files) == LogOptions(
        path, 10_000, 3, compress=True
    )
    assert log_options(record("local"), files) == LogOptions(
        "/c/local-logs/container.log", 20 * 1024 * 1024, 5, "local", compress=True
    )
    assert log_options(record("none"), files) is None
    assert log_path(record("none"), files) is None


def test_entries_say_what_the_options_name() -> None:
    found = attributes(record(labels="x,none", env="A", env_regex="^B", labels_regex="z$", tag="{{.Name}}/{{- .ID -}}"))
    assert found == {"A": "1", "B": "2", "x": "1", "y.z": "2", "tag": f"web/{'c' * 12}"}
    told = log_options(record(env="A", labels="x"), Path("/c"))
    assert told is not None
    assert json.loads(told.attributes) == {"A": "1", "x": "1"}
    assert attributes(record()) == {}


def test_an_expression_of_names_takes_no_time() -> None:
    """Python's own matcher would be at it for hours, and the daemon with it."""
    named = Settings(env=("a" * 60 + "=1",), labels={"a" * 60: "2"})
    options = {"labels-regex": "^(a+)+$x|^(a+)+!", "env-regex": "(a+)+$"}
    host = HostSettings(log_driver="json-file", log_options=options)
    began = time.monotonic()
    assert attributes(Record("c" * 64, "web", 1, "sha256:" + "1" * 64, settings=named, host=host)) == {"a" * 60: "1"}
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("10k", 10_000), ("1.5MB", 1_500_000), ("2 gib", 2 * 10**9)])
def test_sizes_count_in_thousands(text: str, size: int) -> None:
    assert log_size(text) == size
