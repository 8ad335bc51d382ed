"""The notebook's commands on this daemon, whosever it is: the same cells, and what a daemon lacks it says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_containers.client import connect
from tests.integration.magics.test_verbs import tidied
from tests.support.daemon import Daemon, Docker
from tests.support.notebook_kernel import Kernel, running_kernel
from tests.support.notebook_verbs import CASES, Case, check, perform


@pytest.fixture(scope="module")
def loaded(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("k")
    with running_kernel(folder, DOCKER_HOST=docker.host, JUPYTER_CONFIG_DIR=str(folder / "config")) as kernel:
        assert kernel.run("%load_ext jupyter_containers").error is None
        yield kernel


@pytest.fixture
def kernel(loaded: Kernel, docker: Docker) -> Iterator[Kernel]:
    yield loaded
    with connect(docker.host) as client:
        tidied(client)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_a_cell_shows_the_same_or_says_what_is_lacking(kernel: Kernel, case: Case, our_daemon: Daemon | None) -> None:
    if our_daemon is None and case.lacks:
        reply = perform(kernel, case, may_fail=True)
        assert reply.error is not None
        assert case.lacks in reply.error["evalue"]
        assert len(reply.error_lines) <= 2
        return
    check(perform(kernel, case), case)


def test_variables_go_in_and_come_out(kernel: Kernel) -> None:
    cell = '%%container run -i x -o y busybox\nsort -n "$VARIABLES/in/x.jsonl" > "$VARIABLES/out/y.jsonl"\n'
    assert kernel.run("x = [3, 1, 2]").error is None
    assert kernel.run(cell).error is None
    assert kernel.run("y").text == "[1, 2, 3]"


def test_an_exit_code_is_an_error_of_a_line(kernel: Kernel) -> None:
    reply = kernel.run("%%container run busybox\necho out\nexit 3\n")
    assert reply.error is not None
    assert reply.error["evalue"].startswith("exit code 3")
    assert reply.text.startswith("out")


def test_what_a_container_used_is_known_where_the_daemon_counts(kernel: Kernel, our_daemon: Daemon | None) -> None:
    assert kernel.run("result = %container run busybox true").error is None
    assert kernel.run("result.statistics is None").text == str(our_daemon is None)


def test_a_line_that_is_being_typed_is_completed(kernel: Kernel) -> None:
    assert "%container run busybox" in kernel.complete("%container run busy")
    assert kernel.complete("%container network rm bri") == ["%container network rm bridge"]


def test_our_own_words_of_a_build_are_refused_elsewhere(kernel: Kernel, our_daemon: Daemon | None) -> None:
    reply = kernel.run("%%container build --check\nFROM busybox\n")
    assert (reply.error is None) is (our_daemon is not None)
    if reply.error is not None:
        assert "is not ours, and Docker's API has nothing for it" in reply.error["evalue"]
