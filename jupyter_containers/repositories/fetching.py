"""A commit of a repository becomes a folder: resolve the ref, fetch what it needs and no more, write its files.

git://, http(s):// and ssh; what an https address redirects to keeps https, and what redirects to this machine was on
it before. Credentials stay with the host they are for (access.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unauthorized, Unavailable
from jupyter_containers.repositories import checkout
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.addresses import Source, joined, without_password
from jupyter_containers.repositories.connections import Meter, client_for
from jupyter_containers.repositories.packs import Guard

MAX_SUBMODULES = 100
MAX_SUBMODULE_DEPTH = 8
_MAX_GITMODULES_BYTES = 1 << 20
_HEADS, _TAGS = b"refs/heads/", b"refs/tags/"
# What git and hosts of it say through ssh, where nothing else tells it.
_ABSENT = re.compile(r"does not appear to be a git repository|repository not found", re.IGNORECASE)
# What dulwich raises for a server that breaks the protocol, or a pack that is none, is not one family.
_BROKEN = (ValueError, KeyError, AssertionError, EOFError, OSError, TypeError, IndexError)


@dataclass(frozen=True, slots=True)
class Checkout:
    """`path` is the folder with the files that were asked for; `commit` is the id of the commit they are of."""

    path: Path
    commit: str


@dataclass(slots=True)
class Budget:
    """What one fetch may do: `check` is called now and then with bytes that will be written, and raises to stop it."""

    check: Callable[[int], None]
    submodules: int = MAX_SUBMODULES


def fetch(source: Source, folder: Path, *, access: Access, budget: Budget, depth: int = 0) -> Checkout:
    """Bring a commit's files into `folder`/tree, which is made here, as are other things beside it.

    What `access` has goes to the repository's own host, and to no other. With `source.keep_git_dir` the repository is
    in tree/.git. Blocks. Raises NotFound for a repository or a revision that is not there, Unavailable for a server
    that is not, Unauthorized and Forbidden, InvalidParameter for what no build should have.
    """
    from dulwich.repo import Repo

    tree, git = folder / "tree", folder / "git"
    tree.mkdir(mode=0o755)
    git.mkdir(mode=0o700)
    repository = Repo.init_bare(str(git))
    try:
        commit = _obtain(source, repository, access, budget)
        if source.checksum and not commit.id.startswith(source.checksum.encode()):
            raise InvalidParameter(
                f"expected checksum {source.checksum} of {source.shown}, and got {commit.id.decode()}"
            )
        written = checkout.write(
            repository.object_store, commit.tree, tree, time=commit.commit_time, check=budget.check
        )  # fmt: skip
        if source.keep_git_dir:
            _keep(repository, source, commit.id, written)
    finally:
        repository.close()
    if source.submodules:
        _add_submodules(source, folder, written, access=access, budget=budget, depth=depth)
    if source.keep_git_dir:
        git.rename(tree / ".git")
    return Checkout(_part(tree, source), commit.id.decode())


def _obtain(source: Source, repository: Any, access: Access, budget: Budget) -> Any:
    """Return the commit, with all it needs in the repository's store."""
    server = client_for(source.url, access, budget.check)
    with closing(server[2]):
        wanted = _wanted(server, source, repository, budget)
    try:
        with checkout.spoilt():
            return _peeled(repository, wanted)
    except KeyError as error:
        raise NotFound(f"there is no {source.ref or 'HEAD'} in the repository {source.shown}") from error


def _wanted(server: tuple[Any, str, Meter], source: Source, repository: Any, budget: Budget) -> bytes:
    try:
        return _fetch(server, source, repository, budget, depth=1)
    except (_Refused, *_BROKEN) as error:
        # Some servers give nothing but what a ref names, or know no shallow clones: then all of it has to come.
        if not source.is_commit and not _is_about_depth(error):
            raise _failure(source, error) from error
        try:
            return _fetch(server, source, repository, budget, depth=None)
        except (_Refused, *_BROKEN) as second:
            raise _failure(source, second) from second


class _Refused(Exception):
    """The server answered with an error."""


def _fetch(
    server: tuple[Any, str, Meter], source: Source, repository: Any, budget: Budget, *, depth: int | None
) -> bytes:  # fmt: skip
    """Fetch what the source's ref names, and return its id; without a depth, everything for a commit's id."""
    client, path, meter = server
    meter.in_pack = False
    found: list[bytes] = []

    def wants(refs: Mapping[bytes, bytes], depth: int | None = None) -> list[bytes]:
        if getattr(client, "dumb", False):
            raise InvalidParameter(f"{source.shown} is no git server, only files of one; clone it, and send the folder")
        found.append(_resolved(refs, source))
        return _branches_and_tags(refs) if depth is None and source.is_commit else found[-1:]

    file, commit, abort = repository.object_store.add_pack()

    def forward(content: bytes) -> None:
        meter.in_pack = True
        budget.check(len(content))
        file.write(content)

    try:
        with _translated(source):
            result = client.fetch_pack(
                path, wants, repository.get_graph_walker(heads=[]), Guard(forward).write,
                progress=lambda _: budget.check(0), depth=depth,
            )  # fmt: skip
        if result.new_shallow:
            repository.update_shallow(result.new_shallow, result.new_unshallow)
    except BaseException:
        abort()
        raise
    with checkout.spoilt():
        commit()
    return found[0]


@contextmanager
def _translated(source: Source) -> Iterator[None]:
    """Raise our errors for dulwich's."""
    from dulwich.client import HTTPProxyUnauthorized, HTTPUnauthorized
    from dulwich.errors import GitProtocolError, NotGitRepository

    try:
        yield
    except NotGitRepository as error:
        raise NotFound(f"there is no git repository at {source.shown}") from error
    except (HTTPUnauthorized, HTTPProxyUnauthorized) as error:
        raise Unauthorized(
            f"the repository {source.shown} wants other credentials; give a token with --secret id=GIT_AUTH_TOKEN"
        ) from error
    except GitProtocolError as error:
        if _ABSENT.search(str(error)):
            raise NotFound(f"there is no git repository at {source.shown}: {without_password(str(error))}") from error
        raise _Refused(str(error)) from error


def _branches_and_tags(refs: Mapping[bytes, bytes]) -> list[bytes]:
    # A name with ^{} is what a tag is of, which comes with the tag.
    names = [name for name in refs if name.startswith((_HEADS, _TAGS)) and not name.endswith(b"^{}")]
    return [refs[name] for name in names]


def _resolved(refs: Mapping[bytes, bytes], source: Source) -> bytes:
    """Return the id that a ref names; a branch wins over a tag, as with git checkout."""
    if source.is_commit:
        return source.ref.encode()
    ref = source.ref.encode() or b"HEAD"
    for name in (ref, _HEADS + ref, _TAGS + ref, b"refs/" + ref):
        if name in refs and (name == ref or not ref.startswith(b"refs/")):
            return refs[name]
    raise NotFound(f"there is no {ref.decode()} in the repository {source.shown}")


def _peeled(repository: Any, object_id: bytes) -> Any:
    """Return the commit that an id means, which may be a tag's."""
    for _ in range(10):
        found = repository.object_store[object_id]
        if found.type_name == b"commit":
            return found
        if found.type_name != b"tag":
            break
        object_id = found.object[1]
    raise InvalidParameter(f"{object_id.decode('latin-1')[:80]} is no commit")


def _is_about_depth(error: BaseException) -> bool:
    return "shallow" in str(error).lower() or "depth" in str(error).lower()


def _failure(source: Source, error: BaseException) -> ContainersError:
    reason = without_password(str(error) or type(error).__name__)[:500]
    if isinstance(error, OSError) and not isinstance(error, _Refused):
        return Unavailable(f"cannot reach the repository {source.shown}: {error.strerror or reason}")
    return ContainersError(f"cannot fetch the repository {source.shown}: {reason}")


def _keep(repository: Any, source: Source, commit: bytes, written: checkout.Written) -> None:
    """Make a .git as after a clone of one commit: HEAD without a branch, an index, where it came from, no hooks."""
    from dulwich.index import Index, IndexEntry

    repository.refs.set_if_equals(b"HEAD", None, commit)
    git = Path(repository.path)
    (git / "HEAD").write_bytes(commit + b"\n")
    (git / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
        f'[remote "origin"]\n\turl = {source.shown}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
    )
    index = Index(str(git / "index"), read=False)
    for path, (mode, object_id, size) in written.files.items():
        index[path] = IndexEntry(0, 0, 0, 0, mode, 0, 0, size, object_id)  # type: ignore[arg-type]
    index.write()


def _add_submodules(
    source: Source, folder: Path, written: checkout.Written, *, access: Access, budget: Budget, depth: int
) -> None:
    """Fill the folders of submodules that .gitmodules gives an address for; others stay empty, as with git."""
    if not written.submodules:
        return
    if depth >= MAX_SUBMODULE_DEPTH:
        raise InvalidParameter(f"{source.shown} has submodules more than {MAX_SUBMODULE_DEPTH} deep")
    for path, url in _gitmodules(folder / "tree", written).items():
        commit = written.submodules.get(path)
        if commit is None:
            continue
        budget.submodules -= 1
        if budget.submodules < 0:
            raise InvalidParameter(f"{source.shown} has more than {MAX_SUBMODULES} submodules")
        address = joined(source.url, url)
        own = access.for_submodule(source.url, address)
        place = folder / f"submodule-{budget.submodules}"
        place.mkdir(mode=0o700)
        wanted = Source(address, ref=commit.decode())
        fetched = fetch(wanted, place, access=own, budget=budget, depth=depth + 1)
        # Made by our checkout just now, as an empty folder; no entry can have replaced one of its parents by a link.
        target = folder / "tree" / os.fsdecode(path)
        target.rmdir()
        fetched.path.rename(target)


def _gitmodules(tree: Path, written: checkout.Written) -> dict[bytes, str]:
    """Return the addresses of submodules by path. A link in its place is not followed."""
    from io import BytesIO

    from dulwich.config import ConfigFile, parse_submodules

    mode, _, size = written.files.get(b".gitmodules", (0, b"", 0))
    if not mode or (mode & 0o170000) != 0o100000 or size > _MAX_GITMODULES_BYTES:
        return {}
    try:
        config = ConfigFile.from_file(BytesIO((tree / ".gitmodules").read_bytes()))
        return {path: os.fsdecode(url) for path, url, _ in parse_submodules(config)}
    except (ValueError, KeyError) as error:
        raise InvalidParameter(f".gitmodules cannot be read: {error}") from error


def _part(tree: Path, source: Source) -> Path:
    """Return the folder that was asked for; a link on the way to it is not followed out of the repository."""
    if not source.subdir:
        return tree
    place = (tree / source.subdir).resolve()
    if not place.is_relative_to(tree.resolve()) or not place.is_dir():
        raise NotFound(f"there is no folder {source.subdir} in the repository {source.shown}")
    return place
