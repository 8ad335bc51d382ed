"""Tests of repositories.checkout: what hostile trees would write, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from dulwich.objects import ShaFile, Tree
from dulwich.repo import Repo
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.repositories import checkout
from tests.support import git_server as git

Entries = Sequence[tuple[bytes, git.Entry]]
Write = Callable[[Entries], checkout.Written]
A = git.Entry(git.FILE, b"a")


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    repository = git.new_repository(tmp_path / "r.git")
    (tmp_path / "out").mkdir()
    (tmp_path / "outside").mkdir()

    def write(entries: Entries) -> checkout.Written:
        tree = git.add_tree(repository, entries)
        return checkout.write(repository.object_store, tree, tmp_path / "out", time=1, check=lambda _: None)

    yield write
    repository.close()
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([(b"..", A)], "a file called '..'"), ([(b".", A)], "a file called '.'"), ([(b".git", git.folder())], "'.git'"),
        ([(b".GiT", A)], "'.GiT'"), ([(b"a/b", A)], "a file called 'a/b'"),
        ([(b"d", git.folder((b"..", A)))], "a file called '..'"), ([(b"a", git.link(b""))], "leads nowhere"),
        ([(b"a", git.link(b"x" * 5000))], "leads nowhere"), ([(b"a", git.Entry(0o010644, b""))], "an unknown kind"),
        ([(b"x" * 300, A)], "which is not written"),
    ],
)  # fmt: skip
def test_a_hostile_tree_is_refused(write: Write, entries: Entries, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        write(entries)


def test_a_name_that_is_there_twice_leads_nowhere(write: Write, tmp_path: Path) -> None:
    write([(b"a", git.link(b"../outside")), (b"a", git.folder((b"x", A)))])
    assert [path.name for path in tmp_path.joinpath("out").rglob("*")] == ["a", "x"]


def test_a_link_is_a_link_wherever_it_leads(write: Write, tmp_path: Path) -> None:
    written = write([(b"a", git.link(b"/etc/passwd")), (b"m", git.Entry(git.SUBMODULE, b"1" * 40)), (b"z", A)])
    assert (tmp_path / "out" / "a").readlink() == Path("/etc/passwd")
    assert (written.submodules, sorted(written.files)) == ({b"m": b"1" * 40}, [b"a", b"z"])


def test_a_tree_a_billion_times_itself_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "MAX_ENTRIES", 1000)
    (tmp_path / "out").mkdir()
    with Repo.init_bare(str(tmp_path / "r"), mkdir=True) as repository:
        tree = git.add_tree(repository, git.files(f=b"x"))
        for _ in range(9):
            id_ = bytes.fromhex(tree.decode())
            shared = Tree.from_string(b"".join(b"40000 %d\0%s" % (number, id_) for number in range(10)))
            repository.object_store.add_object(shared)
            tree = shared.id
        with pytest.raises(InvalidParameter, match="more than 1000 files"):
            checkout.write(repository.object_store, tree, tmp_path / "out", time=1, check=lambda _: None)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (2, b"100644 a\0short", "is spoilt: SHA truncated"), (2, b"100644 a\0" + bytes(20), "lacks the blob '0000"),
        (3, b"no tree", "has a blob for a tree"),
    ],
)  # fmt: skip
def test_a_tree_that_is_none_is_the_repositorys_mistake(tmp_path: Path, kind: int, text: bytes, message: str) -> None:
    class Store:
        """Has one object, read when it is asked for."""

        def __getitem__(self, id_: bytes) -> ShaFile:
            if id_ != b"1" * 40:
                raise KeyError(id_)
            return ShaFile.from_raw_string(kind, text)

    with pytest.raises(InvalidParameter, match=message):
        checkout.write(Store(), b"1" * 40, tmp_path, time=1, check=lambda _: None)


def test_the_caller_can_stop_it(tmp_path: Path) -> None:
    def stop(count: int) -> None:
        raise InvalidParameter(f"enough at {count}")

    (tmp_path / "out").mkdir()
    with Repo.init_bare(str(tmp_path / "r"), mkdir=True) as repository:
        tree = git.add_tree(repository, git.files(a=b"12345"))
        with pytest.raises(InvalidParameter, match="enough at 5"):
            checkout.write(repository.object_store, tree, tmp_path / "out", time=1, check=stop)


@given(st.binary(max_size=20))
def test_a_safe_name_is_one_part_of_a_path(name: bytes) -> None:
    if checkout.is_safe(name):
        assert b"/" not in name
        assert b"\0" not in name
        assert name.lower() not in (b"", b".", b"..", b".git")
