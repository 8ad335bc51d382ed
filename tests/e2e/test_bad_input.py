"""What people mistype and what is not there: an exit code, a clear sentence, and nothing left."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Docker

pytestmark = pytest.mark.usefixtures("unharmed")


@pytest.fixture
def docker(standing: Daemon) -> Docker:
    return Docker(standing.host)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("run", "--pull=never", "no-such-image", "true"), 125, "No such image: no-such-image:latest"),
        (("create", "--pull=never", "no-such-image"), 1, "No such image: no-such-image:latest"),
        (("run", "Upper/Case", "true"), 125, "repository name (Case) must be lowercase"),
        (("pull", "bad reference"), 1, "invalid reference format"),
        (("tag", "busybox", "a:b:c"), 1, "invalid reference format"),
        (("rmi", "no-such-image"), 1, "No such image: no-such-image:latest"),
        (("inspect", "no-such-thing"), 1, "No such object: no-such-thing"),
        (("start", "nobody"), 1, "No such container: nobody"),
        (("logs", "nobody"), 1, "No such container: nobody"),
        (("exec", "nobody", "true"), 1, "No such container: nobody"),
        (("cp", "nobody:/etc", "/nonexistent-folder"), 1, "No such container: nobody"),
        (("run", "busybox", "no-such-command"), 127, 'exec: "no-such-command": executable file not found in $PATH'),
        (("run", "busybox", "/no/such/path"), 127, "no such file or directory"),
        (("run", "busybox", "/etc/not-executable"), 126, "permission denied"),
        (("run", "busybox", "/etc"), 126, "/etc"),
        (("run", "-m", "1m", "busybox", "true"), 125, "Minimum memory limit allowed is 6MB"),
        (("run", "--cpus", "10000", "busybox", "true"), 125, "Range of CPUs is from 0.01 to"),
        (("run", "-w", "relative", "busybox", "true"), 125, "the working directory 'relative' is invalid"),
        (("run", "-u", "nobody-here", "busybox", "true"), 125, "nobody-here"),
        (("run", "--network", "no-such-network", "busybox", "true"), 125, "no-such-network"),
        (("run", "--network", "container:nobody", "busybox", "true"), 125, "No such container: nobody"),
        (("run", "--name", "bad name", "busybox", "true"), 125, "Invalid container name (bad name)"),
        (("run", "-v", "/no/such:relative", "busybox", "true"), 125, "relative"),
        (("run", "--mount", "type=bind,src=/no/such,dst=/x", "busybox", "true"), 125, "/no/such"),
        (("run", "--cap-add", "FLYING", "busybox", "true"), 125, "FLYING"),
        (("run", "--log-driver", "papyrus", "busybox", "true"), 125, "papyrus"),
        (("run", "--runtime", "other", "busybox", "true"), 125, "other"),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_a_mistake_is_named(docker: Docker, words: tuple[str, ...], code: int, text: str) -> None:
    if words[0] == "run":
        words = ("run", "--rm", *words[1:])
    done = docker(*words, code=code)
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_container_that_could_not_start_says_why_and_can_be_removed(docker: Docker) -> None:
    docker("run", "--name", "broken", "busybox", "no-such-command", code=127)
    state = docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}", "broken").stdout
    assert state.startswith("created 127 ")
    assert "no-such-command" in state
    docker("rm", "broken")


def test_a_name_in_use_is_refused_with_the_id_of_its_owner(docker: Docker) -> None:
    owner = docker("create", "--name", "mine", "busybox", "true").stdout.strip()
    done = docker("run", "--name", "mine", "busybox", "true", code=125)
    assert f'Conflict. The container name "/mine" is already in use by container "{owner}"' in done.stderr
    docker("rm", "mine")


def test_a_port_that_somebody_else_has_is_refused(docker: Docker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = docker("run", "--name", "web", "-p", f"127.0.0.1:{port}:80", "busybox", "true", code=125)
    assert f"failed to bind host port for 127.0.0.1:{port}" in done.stderr or "address already in use" in done.stderr
    assert str(port) in done.stderr
    docker("start", "-a", "web")
    docker("rm", "web")


def test_a_port_of_another_container_is_refused(docker: Docker) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    docker("run", "-d", "--name", "first", "-p", f"{port}:80", "busybox", "sleep", "600")
    done = docker("run", "--name", "second", "-p", f"{port}:80", "busybox", "true", code=125)
    assert "port is already allocated" in done.stderr
    docker("rm", "-f", "first", "second")


def test_removing_what_runs_or_is_used_is_refused(docker: Docker) -> None:
    docker("run", "-d", "--name", "busy", "busybox", "sleep", "600")
    assert "cannot remove a running container" in docker("rm", "busy", code=1).stderr
    assert "is using" in docker("rmi", "busybox", code=1).stderr
    assert docker("exec", "busy", "no-such", code=126).stdout.count("no-such") <= 1
    assert docker("exec", "busy", "/etc/not-executable", code=126).returncode == 126
    docker("rm", "-f", "busy")


# --- builds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dockerfile", "text"),
    [
        ("", "the Dockerfile cannot be empty"),
        ("FROM", "FROM requires either one or three arguments"),
        ("RUN true", "no build stage in current context"),
        ("FROM busybox\nFLY away\n", "unknown instruction: FLY"),
        ("FROM busybox\nENV\n", "line 2: ENV requires at least one argument"),
        ("FROM busybox\nCOPY --sideways a b\n", "sideways"),
        ("FROM busybox\nCOPY only-one\n", "COPY requires at least two arguments"),
        ("FROM busybox\nCOPY no-such-file /\n", "no-such-file"),
        ("FROM busybox\nCOPY ../../etc/passwd /\n", "etc/passwd"),
        ("FROM busybox\nCOPY --from=nowhere:1 /a /b\n", "nowhere"),
        ("FROM Upper/Case\n", "repository name (Case) must be lowercase"),
        ("FROM busybox\nEXPOSE never\n", "never"),
        ("FROM busybox\nUSER nobody-here\nRUN true\n", "nobody-here"),
        ("FROM busybox\nRUN no-such-command\n", "returned a non-zero code: 127"),
        ("FROM busybox\nRUN exit 3\n", "returned a non-zero code: 3"),
        ('FROM busybox\nRUN ["no-such-command"]\n', "no-such-command"),
    ],
    ids=lambda text: text.strip().rpartition("\n")[2][:30] or "empty",
)
def test_a_mistake_in_a_dockerfile_is_named(docker: Docker, tmp_path: Path, dockerfile: str, text: str) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile)
    done = docker("build", "--no-cache", "-t", "never", str(tmp_path), code=None)
    assert done.returncode != 0
    assert text in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert "never" not in docker("images", "--format", "{{.Repository}}").stdout.split()
    docker("builder", "prune", "-af")


def test_the_line_of_a_mistake_is_told(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\n\n# a comment\nFLY away\n")
    assert "line 4" in docker("build", str(tmp_path), code=1).stderr


def test_a_dockerfile_that_is_not_there_is_named(docker: Docker, standing: Daemon) -> None:
    # The CLI would refuse it by itself: this is the daemon's own answer.
    from tests.support.api_client import Api

    answer = Api(str(standing.socket)).post("/build", b"\0" * 1024, dockerfile="Other")
    assert "Cannot locate specified Dockerfile: Other" in answer.content.decode()
