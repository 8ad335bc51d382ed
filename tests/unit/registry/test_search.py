"""Search at registries that have an index, at ours, and at those that have none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.failures import LoginRequired, RegistryRefused, RegistryUnreachable
from jupyter_containers.registry.search import Found
from tests.support import tiny_image
from tests.support.own_registry import own_registry
from tests.support.registry_client import with_client
from tests.support.registry_server import RegistryServer

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))
RESULTS = [
    {"name": "app", "description": "runs", "star_count": 7, "is_official": True, "is_automated": True},
    {"name": None, "star_count": "many", "is_official": "yes", "more": 1},
    {"name": "b", "star_count": True},
    "nonsense",
]


def search(
    folder: Path, term: str, credentials: Credentials | None = None, limit: int | None = None, **options: Any
) -> Any:
    return with_client(
        folder, lambda client: client.registry.search(term, limit=limit, credentials=credentials), **options
    )


def index(server: RegistryServer, query: str, content: object) -> None:
    """Let a server answer one search; it looks up what it was given by the path alone."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    server.pages[f"/v1/search?{query}"] = body


def test_our_registry_is_searched_with_its_password_or_not(tmp_path: Path) -> None:
    with own_registry(tmp_path / "root") as registry:
        for name in ("team/app", "other/app", "base"):
            registry.push_image(name, "1", IMAGE)
        assert search(tmp_path, f"{registry.address}/app") == [Found("other/app"), Found("team/app")]
        assert search(tmp_path, f"{registry.address}/app", limit=1) == [Found("other/app")]


def test_what_an_index_says_is_read_with_care(tmp_path: Path) -> None:
    with RegistryServer() as server:
        index(server, "q=app&n=25", {"results": RESULTS})
        assert search(tmp_path, f"{server.address}/app") == [Found("app", "runs", 7, True), Found(""), Found("b")]
        for content in (b"{", b"[]", b'{"results": 1}', b"[" * 100_000):
            index(server, "q=bad&n=25", content)
            with pytest.raises(RegistryRefused, match="did not answer with a list of results"):
                search(tmp_path, f"{server.address}/bad")


def test_the_password_is_shown_when_it_is_asked_for(tmp_path: Path) -> None:
    with RegistryServer(authentication="bearer", users={"alice": "pw"}) as server:
        index(server, "q=app&n=25", {"results": RESULTS[:1]})
        assert len(search(tmp_path, f"{server.address}/app", Credentials("alice", "pw"))) == 1
        with pytest.raises(LoginRequired):
            search(tmp_path, f"{server.address}/app", Credentials("alice", "wr0ng"))


def test_a_registry_without_an_index_says_so(tmp_path: Path) -> None:
    with RegistryServer() as server, pytest.raises(Unsupported, match=r"has no /v1/search \(it answered 404\)"):
        search(tmp_path, f"{server.address}/app")


def test_words_without_a_host_go_to_mirrors_only(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="cannot search for 'team/app': registries have no common way"):
        search(tmp_path, "team/app")
    with pytest.raises(Unsupported, match="as in localhost:5000/app, or give"):
        search(tmp_path, "app")
    with RegistryServer() as empty, RegistryServer() as full:
        index(full, "q=app&n=25", {"results": RESULTS[:1]})
        mirrors = tuple(f"http://{server.address}" for server in (empty, full))
        assert [found.name for found in search(tmp_path, "app", Credentials("alice", "pw"), mirrors=mirrors)] == ["app"]
        assert not any("Authorization" in seen.headers for seen in (*empty.requests, *full.requests))


def test_what_cannot_be_asked_is_told(tmp_path: Path) -> None:
    for limit in (0, 101, -1):
        with pytest.raises(InvalidParameter, match=rf"limit {limit} is outside the range of \[1, 100\]"):
            search(tmp_path, "localhost:9/app", limit=limit)
    with pytest.raises(RegistryUnreachable):
        search(tmp_path, "127.0.0.1:9/app")
    for term in ("a b.c:x/app", "user:pw@localhost:9/app", "localhost:9#/app"):
        with pytest.raises(InvalidParameter, match="invalid reference format"):
            search(tmp_path, term)
