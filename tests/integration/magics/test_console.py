"""jupyter console in a terminal: what is printed there, and Ctrl-C."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon

ROOT = Path(__file__).parents[3]
SECONDS = 60
_CONTROL = r"\x1b\[[0-9;?]*[A-Za-z]"
_COLOUR = r"(?:\x1b\[[0-9;]*m)*"
# The prompt is drawn several times; when the cursor is shown behind it, it takes keys.
_PROMPT = rf"In \[{_COLOUR}%d{_COLOUR}\]: .*\x1b\[\?25h"

pytestmark = pytest.mark.usefixtures("tidy")


class Console:
    """The console and the keys. `do` returns what stands below the line that was typed."""

    def __init__(self, process: pexpect.spawn) -> None:
        self._process, self._number = process, 1

    def wait(self) -> str:
        self._process.expect(_PROMPT % self._number)
        return re.sub(_CONTROL, "", self._process.before)

    def begin(self, line: str, until: str) -> None:
        self._type(line)
        self._process.expect(until)

    def do(self, line: str) -> str:
        self._type(line)
        text = self.wait().replace("\r", "")
        return text.rpartition(line)[2].strip("\n")

    def interrupt(self) -> None:
        self._process.sendintr()

    def _type(self, line: str) -> None:
        self._process.send(f"{line}\r")
        self._number += 1


@pytest.fixture(scope="module")
def loaded(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    own = {name: str(folder / name.lower()) for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR")}
    environment = {**os.environ, **own, "DOCKER_HOST": daemon.host, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    command = ["-m", "jupyter_console", "--no-confirm-exit"]
    process = pexpect.spawn(
        sys.executable, command, env=environment, cwd=str(folder), encoding="utf-8", dimensions=(50, 200),
        timeout=SECONDS,
    )  # fmt: skip
    console = Console(process)
    console.wait()
    assert console.do("%load_ext jupyter_containers") == ""
    yield console
    process.sendeof()
    process.expect(pexpect.EOF)
    process.close()


@pytest.fixture
def console(loaded: Console) -> Console:
    return loaded


def test_output_is_printed_as_it_comes_and_once(console: Console) -> None:
    console.begin("%container run busybox sh -c 'echo a-$((1+1)); exec sleep 100'", until="a-2\r")
    console.interrupt()
    console.wait()
    assert console.do("%container run busybox sh -c 'echo one; sleep 1; echo $((1+1)) >&2'") == "one\n2"


def test_a_value_is_printed_once_and_again_when_asked_for(console: Console) -> None:
    assert console.do("r = %container run busybox echo value") == "value"
    assert console.do("r.exit_code, r.stdout").endswith("]: (0, 'value\\n')")
    assert console.do("r") == "value"


def test_a_build_tells_its_steps(console: Console, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN sleep 1; echo made\n")
    lines = console.do(f"%container build -t built {tmp_path}").splitlines()
    assert lines[:-1] == ["Step 1/2 : FROM busybox", "Step 2/2 : RUN sleep 1; echo made", "made"]
    assert re.fullmatch(r"built [0-9a-f]{12} as built in \d\.\d+ s", lines[-1])


def test_tables_and_panels_are_text(console: Console, api: Api) -> None:
    api.run("sleep", "100", name="web")
    titles, row = console.do("%container ps").splitlines()
    assert titles.split()[:2] == ["CONTAINER", "ID"]
    assert row.endswith("web")
    assert "web" in console.do("%container dashboard")
    assert "nobody is there who could type" in console.do("%container exec -it web sh")


def test_a_failure_is_one_line(console: Console) -> None:
    assert console.do("%container run busybox false") == "CommandFailed: exit code 1 (false in busybox)"


def test_ctrl_c_ends_the_container(console: Console, api: Api) -> None:
    console.begin("%container run busybox sh -c 'echo be''gun; exec sleep 100'", until="begun\r")
    console.interrupt()
    assert "KeyboardInterrupt: SIGINT was sent to the process, which ended (exit 130 after" in console.wait()
    assert api.get("/containers/json", all=1).json == []
    assert console.do("%container run busybox echo on") == "on"
