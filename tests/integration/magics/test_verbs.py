"""Each command of the table, once for real in a kernel, and its settled picture."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.commands import table
from jupyter_containers.errors import ContainersError
from tests.support.daemon import Daemon
from tests.support.notebook_kernel import Kernel
from tests.support.notebook_verbs import CASES, ELSEWHERE, Case, check, perform

TESTS = Path(__file__).parents[2]


@pytest.fixture
def clean(kernel: Kernel, daemon: Daemon) -> Iterator[Kernel]:
    """The kernel; what cases make beside containers is removed after each."""
    yield kernel
    with connect(daemon.host) as client:
        tidied(client)


def tidied(client: Client) -> None:
    for container in client.containers.list(every=True):
        client.containers.remove(container.name, force=True)
    for remove, name in ((client.networks.remove, "inner"), (client.volumes.remove, "kept")):
        with contextlib.suppress(ContainersError):
            remove(name)
    with contextlib.suppress(ContainersError):
        client.registries.end_sharing()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_a_verb_does_what_it_says_and_leaves_a_picture(clean: Kernel, case: Case) -> None:
    check(perform(clean, case), case)


def test_an_image_goes_to_a_registry_and_comes_back(clean: Kernel) -> None:
    assert clean.run("shared = %container registry serve --listen 127.0.0.1:0").error is None
    cell = """
address = shared.items[0].partition("//")[2]
magic = get_ipython().run_line_magic
magic("container", f"tag busybox {address}/b:1")
magic("container", f"%spush {address}/b:1")
magic("container", f"rmi {address}/b:1")
magic("container", f"%spull -q {address}/b:1")
magic("container", f"%spull {address}/b:1");
"""
    for prefix in ("", "image "):
        reply = clean.run(cell.replace("%s", prefix))
        assert reply.error is None, reply.error_lines
        kinds = [name.rpartition(".")[2] for output in reply.outputs for name in output if "vnd" in name]
        assert kinds == [f"{kind}+json" for kind in ("message", "push", "message", "message", "pull")]
        assert "pushed 127.0.0.1:" in reply.outputs[1]["text/plain"]


def test_no_verb_is_left_out() -> None:
    commands = [
        words
        for command in table.commands_in("magic")
        for words in ([f"{command.name} {v.name}" for v in command.verbs_in("magic")] or [command.name])
    ]
    missing = {*commands} - {case.words for case in CASES} - ELSEWHERE.keys()
    missing -= {words for words in missing if words.partition(" ")[0] in ELSEWHERE}
    assert not missing, "give each a case, or name the test that has it"
    assert all((TESTS / place).exists() for place in ELSEWHERE.values())


BAD = (
    "%container run",
    "%container run nowhere.invalid/nobody --pull",
    "%container run --memory lots busybox",
    "%container run --gpus all busybox",
    "%container run --pull never nobody:1",
    "%container run busybox no-such-program",
    "%%container run busybox\nexit 3\n",
    "%%container build\nFROM nobody:1\nRNU x\n",
    "%%container build\nFROM busybox\nRUN false\n",
    "%container build -f nowhere",
    "%container exec nobody true",
    "%container logs nobody",
    "%container start nobody",
    "%container stop nobody other",
    "%container kill -s NOPE nobody",
    "%container rm nobody",
    "%container rename nobody other",
    "%container update nobody",
    "%container top nobody",
    "%container stats nobody",
    "%container diff nobody",
    "%container port nobody",
    "%container cp nobody:/x .",
    "%container cp a b",
    "%container commit nobody",
    "%container export nobody",
    "%container load -i nowhere.tar",
    "%container import nowhere.tar x",
    "%container save nobody:1",
    "%container images --filter nonsense",
    "%container history nobody",
    "%container inspect nobody",
    "%container tag nobody other",
    "%container rmi nobody",
    "%container push nobody",
    "%container network create --subnet nonsense x",
    "%container network rm nobody",
    "%container network connect nobody nobody",
    "%container volume rm nobody",
    "%container volume nonsense",
    "%container system prune --filter nonsense",
    "%container registry stop",
    "%container debug nobody",
    "%container trace nobody",
    "%container use nonsense",
    "%container config nonsense",
    "%container config timeout soon",
    "%container login --username x -p secret",
    "%container nonsense",
    "%container run 'open",
    "%%container ps\nbody\n",
)


@pytest.mark.parametrize("cell", BAD)
def test_a_mistake_is_told_in_two_lines_and_ends_the_run_of_all_cells(clean: Kernel, cell: str) -> None:
    reply = clean.run(f"{cell}\n" if cell.startswith("%%") else f"{cell}\nafter = 1")
    assert reply.error is not None
    lines = [line for text in reply.error_lines for line in text.splitlines()]
    assert 1 <= len(lines) <= 2, lines
    assert "Traceback" not in lines[0]
    assert reply.error["ename"] not in ("AttributeError", "KeyError", "TypeError", "ValueError")
    # A kernel answers "error" to such a cell, and a front end that runs all of them stops there.
    assert clean.run("'after' in globals()").text == "False"
