"""Repositories made of values, also hostile ones, and servers of them on the loopback, over HTTP and git's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo
from dulwich.server import DictBackend, TCPGitServer
from dulwich.web import make_wsgi_chain

FILE, PROGRAM, LINK, FOLDER, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o040000, 0o160000
SECONDS = 1_700_000_000


@dataclass(frozen=True)
class Entry:
    """What stands in a tree; a submodule's content is its commit's id."""

    mode: int
    content: bytes | Sequence[tuple[bytes, Entry]]


def program(content: bytes) -> Entry:
    return Entry(PROGRAM, content)


def link(target: bytes) -> Entry:
    return Entry(LINK, target)


def folder(*entries: tuple[bytes, Entry]) -> Entry:
    return Entry(FOLDER, entries)


def files(**contents: bytes) -> list[tuple[bytes, Entry]]:
    return [(name.encode(), Entry(FILE, content)) for name, content in sorted(contents.items())]


def add_tree(repository: Repo, entries: Sequence[tuple[bytes, Entry]]) -> bytes:
    """Store a tree exactly as given: names, order and repetitions are not checked."""
    text = b""
    for name, entry in entries:
        if isinstance(entry.content, bytes) and entry.mode == SUBMODULE:
            id_ = entry.content
        elif isinstance(entry.content, bytes):
            blob = Blob.from_string(entry.content)
            repository.object_store.add_object(blob)
            id_ = blob.id
        else:
            id_ = add_tree(repository, entry.content)
        text += b"%o %s\0%s" % (entry.mode, name, bytes.fromhex(id_.decode()))
    tree = Tree.from_string(text)
    repository.object_store.add_object(tree)
    return tree.id


def commit(
    repository: Repo,
    entries: Sequence[tuple[bytes, Entry]],
    ref: bytes = b"refs/heads/main",
    parents: Sequence[bytes] = (),
) -> bytes:
    """Commit the files, and let a ref name the commit."""
    made = Commit()
    made.tree = add_tree(repository, entries)
    made.parents = list(parents)
    made.author = made.committer = b"A <a@example.org>"
    made.author_time = made.commit_time = SECONDS
    made.author_timezone = made.commit_timezone = 0
    made.message = b"message"
    repository.object_store.add_object(made)
    repository.refs[ref] = made.id
    return made.id


def annotate(repository: Repo, name: bytes, object_id: bytes) -> None:
    """Make an annotated tag."""
    tag = Tag()
    tag.name, tag.message, tag.tagger = name, b"m", b"A <a@example.org>"
    tag.tag_time, tag.tag_timezone, tag.object = SECONDS, 0, (Commit, object_id)
    repository.object_store.add_object(tag)
    repository.refs[b"refs/tags/" + name] = tag.id


def new_repository(path: Path) -> Repo:
    path.mkdir(parents=True)
    repository = Repo.init_bare(str(path))
    repository.refs.set_symbolic_ref(b"HEAD", b"refs/heads/main")
    return repository


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class GitSite:
    """`address` begins the URLs; `asked` are paths with the Authorization that came; `authorization` is required."""

    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    authorization: str = ""
    redirects: dict[str, str] = field(default_factory=dict)

    def guarded(self, application: Callable[..., Any]) -> Callable[..., Any]:
        def answer(environment: dict[str, Any], start: Callable[..., Any]) -> Any:
            path, given = environment["PATH_INFO"], environment.get("HTTP_AUTHORIZATION", "")
            self.asked.append((path, given))
            for beginning, target in self.redirects.items():
                if path.startswith(beginning):
                    query = environment.get("QUERY_STRING", "")
                    start("302 Found", [("Location", target + path.removeprefix(beginning) + (query and f"?{query}"))])
                    return [b""]
            if self.authorization and given != self.authorization:
                start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="x"')])
                return [b""]
            return application(environment, start)

        return answer


@contextmanager
def git_site(repositories: Mapping[str, Repo]) -> Iterator[GitSite]:
    """Serve repositories over HTTP, by their paths (`/name.git`)."""
    site = GitSite()
    application = site.guarded(make_wsgi_chain(DictBackend(dict(repositories))))
    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Silent)
    site.address = f"http://127.0.0.1:{server.server_port}"
    with _running(lambda: server.serve_forever(0.02), server.shutdown, server.server_close):
        yield site


@contextmanager
def git_daemon(repositories: Mapping[str, Repo]) -> Iterator[str]:
    """Serve repositories by git's own protocol; yields the beginning of their addresses."""
    backend = DictBackend({name.encode(): repository for name, repository in repositories.items()})
    server = TCPGitServer(backend, "127.0.0.1", 0)
    with _running(lambda: server.serve_forever(0.02), server.shutdown, server.server_close):
        yield f"git://127.0.0.1:{server.server_address[1]}"


@contextmanager
def _running(serve: Callable[[], object], stop: Callable[[], object], close: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join()
        close()
