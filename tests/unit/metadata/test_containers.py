from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.errors import Conflict
from jupyter_containers.metadata.containers import (
    AmbiguousContainer,
    ContainerEntry,
    ContainerNotFound,
    Containers,
    NameInUse,
)
from jupyter_containers.metadata.database import Database

A1, A2, B = ("a1".ljust(64, "0"), "a2".ljust(64, "0"), "b".ljust(64, "0"))


@pytest.fixture
def containers(tmp_path: Path) -> Iterator[Containers]:
    database = Database(tmp_path / "metadata.db")
    containers = Containers(database)
    containers.add(A1, "web", {"n": 1})
    containers.add(B, "a2", {"n": 2})
    containers.add(A2, "db", {"n": 3})
    yield containers
    database.close()


def test_entries_come_back_oldest_first(containers: Containers) -> None:
    assert containers.get(A1) == ContainerEntry(A1, "web", {"n": 1})
    assert [entry.name for entry in containers.all()] == ["web", "a2", "db"]


@pytest.mark.parametrize(
    ("text", "found"),
    [(A1, A1), ("web", A1), ("/web", A1), ("a1", A1), ("b", B), (A2[:63], A2), ("a2", B)],
    ids=["id", "name", "slash", "prefix", "one digit", "long prefix", "a name beats a prefix"],
)
def test_a_container_is_found_by(containers: Containers, text: str, found: str) -> None:
    assert containers.find(text) == found


@pytest.mark.parametrize("text", ["", "/", "c", "WEB", "a1%", "_", "a1*", "/a1", "web'--", "a" * 65])
def test_nothing_else_finds_a_container(containers: Containers, text: str) -> None:
    with pytest.raises(ContainerNotFound) as caught:
        containers.find(text)
    assert str(caught.value) == f"No such container: {text}"


def test_a_prefix_of_two_is_refused(containers: Containers) -> None:
    with pytest.raises(AmbiguousContainer, match=r"Multiple IDs found with provided prefix: a$"):
        containers.find("a")


def test_a_name_belongs_to_one_container(containers: Containers) -> None:
    with pytest.raises(NameInUse) as caught:
        containers.add("c" * 64, "web", {})
    assert caught.value.holder == A1
    assert str(caught.value) == (
        f'Conflict. The container name "/web" is already in use by container "{A1}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )
    assert len(containers.all()) == 3


def test_an_id_belongs_to_one_container(containers: Containers) -> None:
    with pytest.raises(Conflict, match="exists already"):
        containers.add(A1, "other", {})


def test_an_updated_record_replaces_the_old_one(containers: Containers) -> None:
    containers.update(A1, {"n": 9, "list": [None]})
    assert containers.get(A1).record == {"n": 9, "list": [None]}
    assert containers.get(B).record == {"n": 2}


def test_renaming_frees_the_old_name_and_takes_the_new_one(containers: Containers) -> None:
    containers.rename(A1, "front")
    assert containers.find("front") == A1
    containers.add("c" * 64, "web", {})
    with pytest.raises(NameInUse):
        containers.rename(A1, "web")
    assert containers.get(A1).name == "front"


def test_a_removed_container_frees_its_name(containers: Containers) -> None:
    assert [containers.remove(A1), containers.remove(A1)] == [True, False]
    containers.add("c" * 64, "web", {})
    assert containers.find("web") == "c" * 64


def test_what_is_not_there_cannot_be_read_or_changed(containers: Containers) -> None:
    for call in (
        lambda: containers.get("x"),
        lambda: containers.update("x", {}),
        lambda: containers.rename("x", "new"),
    ):
        with pytest.raises(ContainerNotFound, match="No such container: x"):
            call()
