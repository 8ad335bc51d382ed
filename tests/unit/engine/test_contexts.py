"""Contexts: a tar that comes, what is at a URL, files for ADD; and that nothing of them stays."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import pytest

from jupyter_containers.build.context import UNNAMED
from jupyter_containers.engine import contexts as room
from jupyter_containers.engine.contexts import Contexts, read_dockerfile
from jupyter_containers.errors import Cancelled, ContainersError, InvalidParameter, NotFound, Unauthorized
from jupyter_containers.repositories.logins import Logins
from tests.support import git_server as git
from tests.support.stores import Rooms, tars, with_rooms
from tests.support.tiny_image import tar_of
from tests.support.web_files import MODIFIED_SECONDS, web_files

TAR = tar_of({"Dockerfile": b"FROM x\n", "other": b"FROM y\n"})


def text_of(tmp_path: Path, content: bytes = b"", remote: str = "", dockerfile: str = "Dockerfile") -> str:
    """Open a context and return its Dockerfile."""

    async def use(rooms: Rooms) -> str:
        async with Contexts(rooms.registry, tmp_path).opened(tars(content), remote, dockerfile) as context:
            return read_dockerfile(context)

    found = with_rooms(tmp_path, use)
    assert not list(tmp_path.glob("context-*"))
    return found


def test_a_tar_is_unpacked_as_it_comes(tmp_path: Path) -> None:
    assert text_of(tmp_path, TAR) == "FROM x\n"
    assert text_of(tmp_path, gzip.compress(TAR), dockerfile="other") == "FROM y\n"
    with pytest.raises(InvalidParameter, match="Cannot locate specified Dockerfile: ghost"):
        text_of(tmp_path, TAR, dockerfile="ghost")
    with pytest.raises(InvalidParameter):
        text_of(tmp_path, b"no tar" * 200)


def test_a_url_leads_to_a_tar_or_to_a_dockerfile(tmp_path: Path) -> None:
    files = {"/a": TAR, "/b": gzip.compress(TAR), "/c": b"FROM z\n", "/long": b"#" * (1 << 20) + b"#"}
    with web_files(files) as address:
        assert text_of(tmp_path, remote=f"{address}/a", dockerfile="other") == "FROM y\n"
        assert text_of(tmp_path, remote=f"{address}/b") == "FROM x\n"
        assert text_of(tmp_path, remote=f"{address}/c", dockerfile="ignored") == "FROM z\n"
        with pytest.raises(InvalidParameter, match="too long for a Dockerfile"):
            text_of(tmp_path, remote=f"{address}/long")
        with pytest.raises(NotFound, match="404 Not Found: gone"):
            text_of(tmp_path, remote=f"{address}/ghost")


@pytest.mark.parametrize("url", ["ssh://git@h.invalid/x", "git@h.invalid:y"])
def test_a_repository_behind_ssh_wants_an_agent(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unauthorized, match=r"^h\.invalid is asked by ssh, which needs an agent.* with --ssh default"):
        text_of(tmp_path, remote=url)


def test_a_repository_is_a_context_and_goes_with_it(tmp_path: Path) -> None:
    with git.new_repository(tmp_path / "r") as repository:
        dockerfile = (b"D", git.Entry(git.FILE, b"FROM sub\n"))
        git.commit(repository, [*git.files(Dockerfile=b"FROM x\n"), (b"sub", git.folder(dockerfile))])
        with git.git_site({"/r.git": repository}) as server:
            assert text_of(tmp_path, remote=f"{server.address}/r.git") == "FROM x\n"
            assert text_of(tmp_path, remote=f"{server.address}/r.git#main:sub", dockerfile="D") == "FROM sub\n"
            with pytest.raises(NotFound, match="there is no ghost in the repository"):
                text_of(tmp_path, remote=f"{server.address}/r.git#ghost")


def test_a_repository_gets_its_token_and_keeps_its_history_when_asked(tmp_path: Path) -> None:
    async def use(rooms: Rooms, address: str) -> None:
        contexts = Contexts(rooms.registry, tmp_path)
        logins = Logins({"GIT_AUTH_TOKEN": b"token\n"})
        named = {"other": f"{address}/r.git"}
        async with contexts.opened(
            tars(TAR), f"{address}/r.git", "Dockerfile", named=named, logins=logins, keep_git_dir=True
        ) as context:
            assert (context.root / ".git" / "HEAD").exists()
            assert (context.named["other"].root / "Dockerfile").read_text() == "FROM x\n"

    with git.new_repository(tmp_path / "r") as repository:
        git.commit(repository, git.files(Dockerfile=b"FROM x\n"))
        with git.git_site({"/r.git": repository}) as server:
            server.authorization = "Basic eC1hY2Nlc3MtdG9rZW46dG9rZW4="
            with_rooms(tmp_path, lambda rooms: use(rooms, server.address))


def test_a_fetch_ends_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    stop = threading.Event()
    check = room._allowance(tmp_path, stop)
    check(1)
    stop.set()
    with pytest.raises(Cancelled):
        check(1)


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="is not an http or https address"):
        text_of(tmp_path, remote="file:///etc/passwd")


def test_a_file_is_fetched_with_its_name_and_time(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        contexts = Contexts(rooms.registry, tmp_path)
        with web_files({"/d/a%20b": b"1", "/": b"2"}) as address:
            path = await contexts.fetch(f"{address}/d/a%20b", tmp_path)
            assert (path.name, path.read_bytes(), path.stat().st_mtime) == ("a b", b"1", MODIFIED_SECONDS)
            assert (await contexts.fetch(f"{address}/", tmp_path)).name == UNNAMED
            with pytest.raises(ContainersError, match="404"):
                await contexts.fetch(f"{address}/..", tmp_path)

    with_rooms(tmp_path, use)
