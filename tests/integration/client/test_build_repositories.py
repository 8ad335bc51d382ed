"""Git repositories as contexts and in ADD, from the client through the daemon, on a server of our own."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from dulwich.repo import Repo

from jupyter_containers.client import Client
from jupyter_containers.client.build_reader import BuildEvent, StepCached, StepOutput
from jupyter_containers.client.builds import BuildFailed, BuildSettings
from jupyter_containers.client.context import gather
from jupyter_containers.client.other_contexts import AnyContext, RemoteContext
from tests.support import git_server as git
from tests.support.tiny_image import tar_of
from tests.support.web_files import web_files


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repo]:
    with git.new_repository(tmp_path / "served.git") as made:
        dockerfile = git.Entry(git.FILE, b"FROM busybox\nCOPY . /c\nRUN ls -A /c\n")
        sub = git.folder((b"D", dockerfile), (b"f", git.Entry(git.FILE, b"f\n")), (b"out", git.link(b"/etc/passwd")))
        git.commit(made, [*git.files(a=b"a\n"), (b"run", git.program(b"#!/bin/sh\n")), (b"sub", sub)])
        yield made


def build(client: Client, context: AnyContext, **options: object) -> tuple[str, list[int]]:
    """Return what the steps wrote, and which were cached."""
    events: list[BuildEvent] = []
    client.builds.build(context, BuildSettings(**options), events.append)  # type: ignore[arg-type]
    output = "".join(event.text for event in events if isinstance(event, StepOutput))
    return output, [event.number for event in events if isinstance(event, StepCached)]


def test_a_part_of_a_repository_is_a_context(client: Client, repository: Repo) -> None:
    with git.git_site({"/r.git": repository}) as server:
        assert build(client, RemoteContext(f"{server.address}/r.git#main:sub", "D"))[0] == "D\nf\nout\n"
        with pytest.raises(BuildFailed, match="Cannot locate specified Dockerfile: Dockerfile"):
            build(client, RemoteContext(f"{server.address}/r.git"))
        with pytest.raises(BuildFailed, match="there is no git repository at"):
            build(client, RemoteContext(f"{server.address}/ghost.git"))


def test_add_takes_a_commit_which_counts_by_its_id(client: Client, repository: Repo, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with git.git_site({"/r.git": repository}) as server:
        text = (
            f"FROM busybox\nADD --chown=7:8 --exclude=sub {server.address}/r.git /x\n"
            f"ADD {server.address}/r.git?subdir=sub&branch=main /y/\n"
            "RUN ls -A /x /y; stat -c '%u %g %a' /x/a /x/run; readlink /y/out\n"
        )
        output, _ = build(client, gather(text, tmp_path / "empty"))
        assert output == "/x:\na\nrun\n\n/y:\nD\nf\nout\n7 8 644\n7 8 755\n/etc/passwd\n"
        assert build(client, gather(text, tmp_path / "empty"))[1] == [2, 3, 4]
        git.commit(repository, git.files(b=b"new\n"))
        with pytest.raises(BuildFailed, match="there is no folder sub") as caught:
            build(client, gather(text, tmp_path / "empty"))
        assert caught.value.details["line"] == 3
        with pytest.raises(BuildFailed, match=r"digest mismatch [0-9a-f]{40}: 1234567"):
            build(
                client, gather(f"FROM busybox\nADD --checksum=1234567 {server.address}/r.git /x\n", tmp_path / "empty")
            )
        kept = f"FROM busybox\nADD --keep-git-dir {server.address}/r.git /x\nRUN ls -A /x; cat /x/.git/HEAD\n"
        assert build(client, gather(kept, tmp_path / "empty"))[0] == f".git\nb\n{repository.head().decode()}\n"


def test_a_private_repository_is_opened_by_a_secret(client: Client, repository: Repo, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with git.git_site({"/r.git": repository}) as server:
        server.authorization = "Basic eC1hY2Nlc3MtdG9rZW46dG9rZW4="
        context = gather(f"FROM busybox\nADD {server.address}/r.git /x\nRUN cat /x/a\n", tmp_path / "empty")
        with pytest.raises(BuildFailed, match="wants other credentials"):
            build(client, context)
        assert build(client, context, secrets={"GIT_AUTH_TOKEN": b"token"})[0] == "a\n"


def test_add_unpacks_what_it_fetched_only_when_told(client: Client, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "a.tar").write_bytes(tar_of({"in": b"in\n"}))
    with web_files({"/a.tar": tar_of({"in": b"in\n"})}) as address:
        text = f"FROM busybox\nADD {address}/a.tar /one/\nADD --unpack {address}/a.tar /two/\nRUN ls /one /two\n"
        assert build(client, gather(text, tmp_path / "empty"))[0] == "/one:\na.tar\n\n/two:\nin\n"
    text = "FROM busybox\nADD a.tar /one/\nADD --unpack=false a.tar /two/\nRUN ls /one /two\n"
    assert build(client, gather(text, tmp_path / "local"))[0] == "/one:\nin\n\n/two:\na.tar\n"


def test_a_tar_at_an_address_is_a_named_context(client: Client, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("f")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"f\n"))
    (tmp_path / "empty").mkdir()
    with web_files({"/a.tar.gz": buffer.getvalue()}) as address:
        text = "FROM busybox\nCOPY --from=web f /f\nRUN cat /f\n"
        context = gather(text, tmp_path / "empty")
        assert build(client, context, contexts={"web": f"{address}/a.tar.gz"})[0] == "f\n"
