from __future__ import annotations

import errno
import os

import pytest

from jupyter_containers.linux import capabilities
from jupyter_containers.oci.runtime_spec import Capabilities
from tests.support.children import answer_of

pytestmark = pytest.mark.needs("root")

DOCKERS = ("CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_BIND_SERVICE")


def become(uid: int) -> None:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def sets() -> dict[str, list[str]]:
    found = capabilities.read()
    return {name: list(getattr(found, name)) for name in Capabilities.__slots__}


def test_root_gets_exactly_its_sets() -> None:
    wanted = Capabilities(bounding=DOCKERS, effective=DOCKERS, permitted=DOCKERS)

    def inside() -> dict[str, list[str]]:
        capabilities.apply(wanted, lambda: None)
        return sets()

    assert answer_of(inside) == {
        "bounding": list(DOCKERS), "effective": list(DOCKERS), "permitted": list(DOCKERS), "inheritable": [],
        "ambient": [],
    }  # fmt: skip


def test_an_ordinary_user_keeps_what_it_is_given() -> None:
    kept = ("CAP_NET_BIND_SERVICE",)
    wanted = Capabilities(bounding=DOCKERS, effective=kept, permitted=kept, inheritable=kept, ambient=kept)

    def inside() -> list[object]:
        capabilities.apply(wanted, lambda: become(1234))
        return [os.getuid(), sets()]

    uid, found = answer_of(inside)
    assert uid == 1234
    assert found.pop("bounding") == list(DOCKERS)
    assert set(found) == {"effective", "permitted", "inheritable", "ambient"}
    assert all(names == list(kept) for names in found.values())


def test_an_ordinary_user_without_sets_has_none() -> None:
    def inside() -> dict[str, list[str]]:
        capabilities.apply(Capabilities(bounding=DOCKERS), lambda: become(1234))
        return sets()

    found = answer_of(inside)
    assert found.pop("bounding") == list(DOCKERS)
    assert not any(found.values())


def test_what_was_dropped_cannot_be_used() -> None:
    def inside() -> None:
        capabilities.apply(Capabilities(DOCKERS, DOCKERS, DOCKERS), lambda: None)
        os.mknod("/tmp/never-made", 0o020600, os.makedev(1, 3))

    assert answer_of(inside)["errno"] == errno.EPERM
    assert not os.path.exists("/tmp/never-made")


def test_a_capability_that_is_not_permitted_cannot_be_ambient() -> None:
    def inside() -> None:
        capabilities.capset(Capabilities(permitted=("CAP_CHOWN",)))
        capabilities.ambient(["CAP_KILL"])

    assert answer_of(inside)["errno"] == errno.EPERM
