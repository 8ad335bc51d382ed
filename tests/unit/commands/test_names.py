"""Tests of commands.names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.names import names
from jupyter_containers.errors import Unavailable
from tests.support.front_double import SessionOn


def listing(*found: Any) -> SimpleNamespace:
    return SimpleNamespace(list=lambda **_: list(found))


CLIENT = SimpleNamespace(
    containers=listing(SimpleNamespace(name="web")),
    images=listing(SimpleNamespace(names=("busybox:latest", "debian:12"))),
    networks=listing({"Name": "bridge"}),
    volumes=listing({"Name": "data"}),
    failed_steps=listing(SimpleNamespace(id="sha256:0123456789abcdef", names=("app",))),
)


def test_each_kind_has_its_names() -> None:
    found = {kind: list(names(SessionOn(CLIENT), kind)) for kind in Completes}
    assert found[Completes.NOTHING] == []
    assert found[Completes.CONTAINER] == found[Completes.RUNNING] == ["web"]
    assert found[Completes.IMAGE] == ["busybox", "debian:12", "host"]
    assert found[Completes.ANYTHING] == ["busybox", "debian:12", "host", "web"]
    assert (found[Completes.NETWORK], found[Completes.VOLUME]) == (["bridge"], ["data"])
    assert found[Completes.STEP] == ["0123456789ab", "app"]
    assert {"default", "ssh://"} <= set(found[Completes.HOST])


def test_a_daemon_that_does_not_answer_knows_none() -> None:
    def fail(**_: Any) -> Any:
        raise Unavailable("gone")

    assert names(SessionOn(SimpleNamespace(volumes=SimpleNamespace(list=fail))), Completes.VOLUME) == ()
