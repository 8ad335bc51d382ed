"""Tests of repositories.fetching, against servers on the loopback."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from dulwich import porcelain
from dulwich.repo import Repo

from jupyter_containers.errors import ContainersError, Forbidden, InvalidParameter, NotFound, Unavailable
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.addresses import parse
from jupyter_containers.repositories.fetching import Budget, Checkout, fetch
from tests.support import git_server as git


class Site:
    """A repository with a branch, tags and a history, served both ways."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = git.new_repository(folder / "r.git")
        first = git.commit(self.repository, git.files(old=b"1"))
        self.old = first.decode()
        link = (b"link", git.link(b"a"))
        entries = [*git.files(a=b"main\n"), (b"bin", git.program(b"#!")), link]
        entries.append((b"sub", git.folder((b"f", git.Entry(git.FILE, b"in sub\n")))))
        self.main = git.commit(self.repository, entries, parents=[first]).decode()
        self.branch = git.commit(self.repository, git.files(a=b"branch\n"), b"refs/heads/b").decode()
        git.annotate(self.repository, b"v1", first)
        git.commit(self.repository, git.files(a=b"tag\n"), b"refs/tags/b")
        git.commit(self.repository, git.files(a=b"pull\n"), b"refs/pull/1/head")
        self.count = 0

    def fetch(self, address: str, headers: dict[str, str] | None = None, budget: Budget | None = None) -> Checkout:
        self.count += 1
        place = self.folder / f"out{self.count}"
        place.mkdir()
        return fetch(parse(address), place, access=Access(headers or {}), budget=budget or Budget(lambda _: None))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.repository.close()


def test_the_files_of_the_default_branch_arrive_with_their_modes_and_one_time(site: Site) -> None:
    with git.git_site({"/r.git": site.repository}) as server:
        found = site.fetch(f"{server.address}/r.git")
    assert found.commit == site.main
    assert sorted(os.listdir(found.path)) == ["a", "bin", "link", "sub"]
    modes = {name: stat.S_IMODE((found.path / name).lstat().st_mode) for name in ("a", "bin", "sub")}
    assert modes == {"a": 0o644, "bin": 0o755, "sub": 0o755}
    assert {(found.path / name).lstat().st_mtime for name in ("a", "link", "sub")} == {git.SECONDS}
    assert (found.path / "link").readlink() == Path("a")


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        ("#b", "branch\n"), ("?branch=b", "branch\n"), ("?tag=b", "tag\n"), ("#refs/tags/b", "tag\n"),
        ("#pull/1/head", "pull\n"), ("?ref=pull/1/head", "pull\n"), ("#:", "main\n"),
    ],
)  # fmt: skip
def test_a_revision_is_found_as_git_finds_it(site: Site, suffix: str, content: str) -> None:
    with git.git_site({"/r.git": site.repository}) as server:
        assert (site.fetch(f"{server.address}/r.git{suffix}").path / "a").read_text() == content


def test_a_commit_and_an_annotated_tag_are_found_both_ways(site: Site) -> None:
    with git.git_site({"/r.git": site.repository}) as server, git.git_daemon({"/r.git": site.repository}) as daemon:
        for address in (f"{server.address}/r.git", f"{daemon}/r.git"):
            assert site.fetch(f"{address}#{site.old}").commit == site.old
            assert site.fetch(f"{address}#v1").commit == site.old
            assert site.fetch(f"{address}?branch=main&checksum={site.main[:9]}").commit == site.main
            assert (site.fetch(f"{address}#main:sub").path / "f").read_text() == "in sub\n"


@pytest.mark.parametrize(
    ("suffix", "kind", "message"),
    [
        ("r.git#none", NotFound, "there is no none in the repository http://"),
        ("r.git#:none", NotFound, "there is no folder none"),
        ("r.git#:link", NotFound, "there is no folder link"),
        ("none.git", NotFound, "there is no git repository at"),
        (f"r.git#{'0' * 39}1", ContainersError, "cannot fetch|there is no"),
        ("r.git?branch=main&checksum=1234567", InvalidParameter, "expected checksum 1234567 .* got [0-9a-f]{40}"),
    ],
)
def test_what_is_not_there_is_told(site: Site, suffix: str, kind: type[Exception], message: str) -> None:
    with git.git_site({"/r.git": site.repository}) as server, pytest.raises(kind, match=message):
        site.fetch(f"{server.address}/{suffix}")


def test_the_repository_is_kept_where_that_is_asked_for(site: Site) -> None:
    with git.git_site({"/r.git": site.repository}) as server:
        found = site.fetch(f"{server.address}/r.git?keep-git-dir=1")
        assert not (site.fetch(f"{server.address}/r.git").path / ".git").exists()
    assert not list((found.path / ".git").glob("hooks/*"))
    with Repo(str(found.path)) as kept:
        assert kept.head().decode() == site.main
        status = porcelain.status(kept)
        assert (status.unstaged, status.untracked, any(status.staged.values())) == ([], [], False)
    assert server.address in (found.path / ".git" / "config").read_text()


def test_credentials_are_for_their_own_host(site: Site) -> None:
    secret = "Basic c2VjcmV0"
    with git.git_site({"/r.git": site.repository}) as server, git.git_site({"/r.git": site.repository}) as other:
        server.authorization = secret
        with pytest.raises(ContainersError, match="wants other credentials; give a token"):
            site.fetch(f"{server.address}/r.git")
        site.fetch(f"{server.address}/r.git", {"Authorization": secret})
        server.redirects["/r.git"] = f"{other.address}/r.git"
        site.fetch(f"{server.address}/r.git", {"Authorization": secret})
        assert {given for _, given in other.asked} == {""}


def test_a_password_in_the_address_is_used_and_never_told(site: Site) -> None:
    with git.git_site({"/r.git": site.repository}) as server:
        server.authorization = "Basic dTpzM2NyM3Q="
        address = server.address.replace("//", "//u:s3cr3t@")
        site.fetch(f"{address}/r.git")
        kept = site.fetch(f"{address}/r.git?keep-git-dir=1")
        assert "s3cr3t" not in (kept.path / ".git" / "config").read_text()
        for wrong in (f"{address}/none.git", f"{address}/r.git#none", f"{address.replace('u:', 'v:')}/r.git"):
            with pytest.raises(ContainersError) as caught:
                site.fetch(wrong)
            assert "s3cr3t" not in str(caught.value)


def test_a_server_that_is_not_there_is_unavailable(site: Site) -> None:
    with git.git_daemon({}) as daemon:
        pass
    with pytest.raises(Unavailable, match="cannot reach the repository git://127"):
        site.fetch(f"{daemon}/r.git")
    with pytest.raises(ContainersError, match="cannot fetch the repository"):
        site.fetch(f"http{daemon.removeprefix('git')}/r.git")


def test_submodules_come_along_also_relative_ones(site: Site, tmp_path: Path) -> None:
    outer = git.new_repository(tmp_path / "outer.git")
    text = (
        b'[submodule "one"]\n\tpath = sub/one\n\turl = ../r.git\n'
        b'[submodule "gone"]\n\tpath = other\n\turl = ../ghost.git\n'
    )
    at = (b"one", git.Entry(git.SUBMODULE, site.branch.encode()))
    git.commit(outer, [(b".gitmodules", git.Entry(git.FILE, text)), *git.files(a=b"outer"), (b"sub", git.folder(at))])
    with git.git_site({"/x/outer.git": outer, "/x/r.git": site.repository}) as server:
        found = site.fetch(f"{server.address}/x/outer.git")
        assert (found.path / "sub" / "one" / "a").read_text() == "branch\n"
        assert not list((site.fetch(f"{server.address}/x/outer.git?submodules=0").path / "sub" / "one").iterdir())
        with pytest.raises(InvalidParameter, match="more than 100 submodules"):
            site.fetch(f"{server.address}/x/outer.git", budget=Budget(lambda _: None, submodules=0))
    outer.close()


@pytest.mark.parametrize(
    "url", [b"file:///etc", b"/etc", b"ssh://h/x", b"h@example.org:x", b"../../../etc/passwd", b"-x"]
)
def test_a_submodule_leads_nowhere_on_this_machine(site: Site, tmp_path: Path, url: bytes) -> None:
    outer = git.new_repository(tmp_path / "outer.git")
    text = b'[submodule "one"]\n\tpath = one\n\turl = ' + url + b"\n"
    at = (b"one", git.Entry(git.SUBMODULE, site.branch.encode()))
    git.commit(outer, [(b".gitmodules", git.Entry(git.FILE, text)), at])
    with git.git_site({"/outer.git": outer}) as server, pytest.raises(ContainersError):
        site.fetch(f"{server.address}/outer.git")
    outer.close()


def test_a_repository_in_itself_has_an_end(site: Site, tmp_path: Path) -> None:
    outer = git.new_repository(tmp_path / "outer.git")
    inner = git.commit(outer, git.files(a=b"1"))
    for number in range(12):
        modules = git.Entry(git.FILE, b'[submodule "s"]\n\tpath = s\n\turl = ./\n')
        outer.refs[b"refs/heads/%d" % number] = inner
        inner = git.commit(outer, [(b".gitmodules", modules), (b"s", git.Entry(git.SUBMODULE, inner))])
    with (
        git.git_site({"/outer.git": outer}) as server,
        pytest.raises(InvalidParameter, match="submodules more than 8 deep"),
    ):
        site.fetch(f"{server.address}/outer.git")
    outer.close()


def test_the_budget_stops_a_fetch(site: Site) -> None:
    def stop(count: int) -> None:
        raise Forbidden("enough")

    with git.git_site({"/r.git": site.repository}) as server, pytest.raises(Forbidden, match="enough"):
        site.fetch(f"{server.address}/r.git", budget=Budget(stop))
