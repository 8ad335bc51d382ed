"""Contexts: a tar that comes, what is at a URL, files for ADD; and that nothing of them stays."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from jupyter_containers.build.context import UNNAMED
from jupyter_containers.engine.contexts import Contexts, read_dockerfile
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
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


@pytest.mark.parametrize("url", ["https://example.org/x.git#main", "git://example.org/x", "github.com/a/b", "git@x:y"])
def test_git_is_refused_with_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unsupported, match="clone it, and send the folder"):
        text_of(tmp_path, remote=url)


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
