"""/build from git repositories, as docker-py and others ask for it; seen to pass on dockerd, which runs git for it.

The reference must see the same loopback: run the tests in its network namespace.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dulwich.repo import Repo

from tests.support import git_server as git
from tests.support.api_client import Api
from tests.support.daemon import Docker


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    name = f"built{uuid.uuid4().hex[:12]}"
    yield name
    docker("rmi", "-f", name)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repo]:
    def dockerfile(what: str) -> git.Entry:
        text = f"FROM busybox\nCOPY . /c/\nLABEL what={what} which={uuid.uuid4().hex}\n"
        return git.Entry(git.FILE, f"{text}RUN find /c -path '*/.git/*' -prune -o -print | sort\n".encode())

    with git.new_repository(tmp_path / "r.git") as made:
        sub = git.folder((b"D", dockerfile("sub")), (b"link", git.link(b"f")))
        entries = [(b"Dockerfile", dockerfile("main")), (b"run", git.program(b"#!/bin/sh\n")), (b"sub", sub)]
        # What dockerd 20.10 takes when nothing is named; later ones, and we, ask the server.
        made.refs.set_symbolic_ref(b"HEAD", b"refs/heads/master")
        git.commit(made, entries, b"refs/heads/master")
        git.commit(made, [(b"Dockerfile", dockerfile("branch"))], b"refs/heads/other")
        git.annotate(made, b"v1", git.commit(made, [(b"Dockerfile", dockerfile("tag"))], b"refs/heads/unused"))
        yield made


def build(api: Api, remote: str, name: str, **query: Any) -> tuple[str, str]:
    """Return the label of what was built, and what the build said."""
    answer = api.post("/build", remote=remote, t=name, networkmode="none", rm=1, **query)
    assert answer.status == 200, answer.content
    said = [json.loads(line) for line in answer.content.splitlines()]
    assert not [line for line in said if "error" in line], said
    image = api.get(f"/images/{name}/json").json
    return image["Config"]["Labels"]["what"], "".join(line.get("stream", "") for line in said)


@pytest.mark.parametrize(
    ("place", "what"),
    [
        (("", ""), "main"), (("#other", ""), "branch"), (("#v1", ""), "tag"), (("#master:sub", "D"), "sub"),
        (("#:sub", "D"), "sub"),
        (("", "sub/D"), "sub"),
    ],
)  # fmt: skip
def test_a_revision_and_a_folder_are_the_context(
    api: Api, name: str, repository: Repo, place: tuple[str, str], what: str
) -> None:
    fragment, dockerfile = place
    with git.git_site({"/r.git": repository}) as server:
        label, said = build(api, f"{server.address}/r.git{fragment}", name, dockerfile=dockerfile)
    assert label == what
    if fragment == "#master:sub":
        assert "/c\n/c/D\n/c/link\n" in said


@pytest.mark.parametrize("fragment", ["#ghost", "#master:ghost"])
def test_what_is_not_in_the_repository_fails(api: Api, name: str, repository: Repo, fragment: str) -> None:
    with git.git_site({"/r.git": repository}) as server:
        answer = api.post("/build", remote=f"{server.address}/r.git{fragment}", t=name)
    assert answer.status >= 400
    assert "ghost" in answer.message
