"""Log drivers through the docker CLI: rotation, following, what is read back, and what is refused."""

from __future__ import annotations

import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.support.daemon import Docker

DRIVERS = pytest.mark.parametrize("driver", ["json-file", "local"])
COUNT = "i=0; while [ $i -lt {} ]; do echo line $i; i=$((i+1)); done"


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    name = f"l{uuid.uuid4().hex[:12]}"
    yield name
    docker("rm", "-f", name, code=None)


def run(docker: Docker, name: str, script: str, *flags: str) -> None:
    """Run a script to its end, its output only in the log."""
    docker("run", "-d", "--network", "none", "--name", name, *flags, "busybox", "sh", "-c", script)
    docker("wait", name)


def raw(docker: Docker, *words: str) -> bytes:
    return subprocess.run(docker.command(*words), capture_output=True, check=True, env=docker.environment).stdout


@DRIVERS
def test_a_log_is_read_over_its_files(docker: Docker, name: str, driver: str) -> None:
    flags = ("--log-driver", driver, "--log-opt", "max-size=50k", "--log-opt", "max-file=20")
    run(docker, name, COUNT.format(8000), *flags)
    assert docker("logs", name).stdout == "".join(f"line {number}\n" for number in range(8000))
    # More than one file has of either form.
    assert docker("logs", "--tail", "5000", name).stdout == "".join(f"line {number}\n" for number in range(3000, 8000))


@DRIVERS
def test_the_oldest_files_go(docker: Docker, name: str, driver: str) -> None:
    flags = ("--log-opt", "max-size=20k", "--log-opt", "max-file=2", "--log-opt", "compress=false")
    run(docker, name, COUNT.format(10000), "--log-driver", driver, *flags)
    lines = docker("logs", name).stdout.splitlines()
    assert 100 < len(lines) < 5000
    assert lines == [f"line {number}" for number in range(10000 - len(lines), 10000)]


def test_old_files_may_be_compressed(docker: Docker, name: str) -> None:
    flags = ("--log-opt", "max-size=50k", "--log-opt", "max-file=30", "--log-opt", "compress=true")
    run(docker, name, COUNT.format(5000), *flags)
    assert docker("logs", name).stdout == "".join(f"line {number}\n" for number in range(5000))
    assert docker("logs", "--tail", "4000", name).stdout.startswith("line 1000\n")


@DRIVERS
def test_one_who_does_not_read_holds_nobody_up(docker: Docker, name: str, driver: str) -> None:
    script = "while [ ! -e /go ]; do usleep 10000; done; yes 0123456789012345678901234567890 | head -n 500000; echo end"
    docker("run", "-d", "--network", "none", "--name", name, "--log-driver", driver, "busybox", "sh", "-c", script)
    process = docker.open("logs", "-f", name)
    docker("exec", name, "touch", "/go")
    try:
        assert docker("wait", name).stdout == "0\n"
        assert docker("logs", "--tail", "1", name).stdout == "end\n"
    finally:
        process.kill()
        process.communicate()


def test_a_long_line_is_whole(docker: Docker, name: str) -> None:
    run(docker, name, "head -c 40000 /dev/zero | tr '\\0' x; echo; echo after; printf 'no end'")
    assert docker("logs", name).stdout == "x" * 40000 + "\nafter\nno end"
    assert docker("logs", "--tail", "2", name).stdout == "after\nno end"
    # Each piece of 16 KiB is an entry.
    assert docker("logs", "--tail", "3", name).stdout == "x" * (40000 - 2 * 16384) + "\nafter\nno end"


def test_every_byte_is_kept_by_the_local_driver(docker: Docker, name: str) -> None:
    run(docker, name, "printf '\\377\\376\\0\\001\\n\\033[0m\\r\\nx\\303'; printf '\\200' >&2", "--log-driver", "local")
    assert raw(docker, "logs", name) == b"\xff\xfe\0\x01\n\x1b[0m\r\nx\xc3"


def test_json_keeps_every_text(docker: Docker, name: str) -> None:
    run(docker, name, r"""printf '{"a": "\\n<b>&"}\t\033[0m\r\n\\\n\302\240\342\200\250\n\0\n\377\n'""")
    expected = '{"a": "\\n<b>&"}\t\x1b[0m\r\n\\\n\xa0\u2028\n\0\n'.encode() + "\ufffd\n".encode()
    assert raw(docker, "logs", name) == expected


@DRIVERS
def test_moments_have_fractions(docker: Docker, name: str, driver: str) -> None:
    run(docker, name, "for i in 1 2 3; do echo $i; usleep 20000; done", "--log-driver", driver)
    stamps = [line.split()[0] for line in docker("logs", "-t", name).stdout.splitlines()]
    assert docker("logs", "--since", stamps[1], name).stdout == "2\n3\n"
    assert docker("logs", "--until", stamps[1], name).stdout == "1\n2\n"
    assert docker("logs", "--since", stamps[1], "--until", stamps[1], name).stdout == "2\n"
    assert docker("logs", "--tail", "2", "--since", stamps[0], "--until", stamps[1], name).stdout == "2\n"
    assert docker("logs", "--since", "1h", name).stdout == "1\n2\n3\n"
    assert docker("logs", "--until", "1h", name).stdout == ""


def test_following_ends_at_a_moment(docker: Docker, name: str) -> None:
    script = "while true; do echo x; usleep 50000; done"
    docker("run", "-d", "--network", "none", "--name", name, "busybox", "sh", "-c", script)
    until = f"{time.time() + 1.5:.6f}"
    out = docker("logs", "-f", "-t", "--until", until, name, timeout=20).stdout
    last = datetime.fromisoformat(out.splitlines()[-1].split()[0][:26] + "+00:00").timestamp()
    assert float(until) - 1 < last <= float(until)


def test_details_tell_labels_variables_and_the_tag(docker: Docker, name: str) -> None:
    options = ("labels=a.b", "labels-regex=^x", "env=ONE", "env-regex=^T", "tag={{.Name}}/{{.ImageName}}")
    flags = [word for option in options for word in ("--log-opt", option)]
    values = ("--label", "a.b=1 2", "--label", "xy=é", "--label", "no=n", "-e", "ONE=1", "-e", "TWO=a=b", "-e", "NO=n")
    run(docker, name, "echo said", *values, *flags)
    expected = f"ONE=1,TWO=a%3Db,a.b=1+2,tag={name}%2Fbusybox,xy=%C3%A9 said\n"
    assert docker("logs", "--details", name).stdout == expected
    stamped = docker("logs", "--details", "-t", name).stdout
    assert stamped.partition(" ")[2] == expected


def test_without_such_options_details_are_empty(docker: Docker, name: str) -> None:
    run(docker, name, "echo said")
    assert docker("logs", "--details", name).stdout == " said\n"


def test_a_terminal_s_log_is_raw(docker: Docker, name: str) -> None:
    run(docker, name, "echo out; echo err >&2", "-t")
    assert docker("logs", name).stdout == "out\r\nerr\r\n"


def test_without_a_log_nothing_can_be_read(docker: Docker, name: str) -> None:
    run(docker, name, "echo x", "--log-driver", "none")
    done = docker("logs", name, code=1)
    assert done.stderr.strip() == "Error response from daemon: configured logging driver does not support reading"
    assert docker("inspect", "-f", "{{.LogPath}}.{{.HostConfig.LogConfig.Type}}", name).stdout == ".none\n"


def test_the_log_goes_on_over_runs(docker: Docker, name: str) -> None:
    run(docker, name, "echo run", "--log-driver", "local")
    docker("start", "-a", name)
    assert docker("logs", name).stdout == "run\nrun\n"


FAILED = "failed to initialize logging driver: "


@pytest.mark.parametrize(
    ("driver", "options", "words"),
    [
        ("json-file", ("bad=1",), "unknown log opt 'bad' for json-file log driver"),
        ("local", ("tag=1",), "unknown log opt 'tag' for log driver local"),
        ("nosuch", (), 'error looking up logging plugin nosuch: plugin "nosuch" not found'),
        ("json-file", ("max-size=abc",), FAILED + "invalid size: 'abc'"),
        ("json-file", ("max-size=0",), FAILED + "max-size must be a positive number"),
        ("json-file", ("max-size=1k", "max-file=0"), FAILED + "max-file cannot be less than 1"),
        ("json-file", ("max-size=1k", "max-file=x"), FAILED + 'strconv.Atoi: parsing "x": invalid syntax'),
        ("json-file", ("compress=true",), FAILED + "compress cannot be true when max-file is less than 2"),
        ("json-file", ("compress=2",), FAILED + 'strconv.ParseBool: parsing "2": invalid syntax'),
        ("json-file", ("tag={{",), FAILED + "template: log-tag:1: unclosed action"),
        ("json-file", ("mode=bad",), "logger: logging mode not supported: bad"),
        ("local", ("max-buffer-size=1m",), "logger: max-buffer-size option is only supported with 'mode=non-blocking'"),
        ("local", ("max-size=zz",), FAILED + "invalid value for max-size: zz: invalid size: 'zz'"),
        ("local", ("max-file=1",), FAILED + "compression cannot be enabled when max file count is 1"),
        ("local", ("compress=zz",), FAILED + 'error reading compress log option: strconv.ParseBool: parsing "zz"'),
    ],
)
def test_bad_options_are_refused(docker: Docker, name: str, driver: str, options: tuple[str, ...], words: str) -> None:
    flags = [word for option in options for word in ("--log-opt", option)]
    command = ("run", "--network", "none", "--name", name, "--log-driver", driver, *flags, "busybox", "true")
    assert words in docker(*command, code=125).stderr
