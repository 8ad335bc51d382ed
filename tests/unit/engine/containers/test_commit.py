"""Commit: what the new image's defaults are."""

from __future__ import annotations

from jupyter_containers.engine.containers.commit import CommitRequest, process_of
from jupyter_containers.engine.containers.record import Settings

CONTAINER = Settings(cmd=("true",), env=("A=1", "B=1"), labels={"k": "v"}, exposed_ports=("80/tcp",), user="me")


def test_without_more_they_are_the_containers() -> None:
    process = process_of(CONTAINER, CommitRequest())
    assert (process.cmd, process.env, process.labels, process.user) == (("true",), ("A=1", "B=1"), {"k": "v"}, "me")


def test_a_body_comes_first_and_the_container_fills_the_gaps() -> None:
    body = Settings(cmd=("new",), env=("A=2",), exposed_ports=("99/tcp",), labels={"m": "n"})
    process = process_of(CONTAINER, CommitRequest(settings=body, changes=("ENV C=3", "ONBUILD RUN x")))
    assert (process.cmd, process.env) == (("new",), ("A=2", "C=3", "B=1"))
    assert (process.exposed_ports, process.labels) == (("80/tcp", "99/tcp"), {"k": "v", "m": "n"})
    assert (process.user, process.on_build) == ("me", ("RUN x",))


def test_a_new_entrypoint_takes_the_command_away() -> None:
    process = process_of(CONTAINER, CommitRequest(changes=('ENTRYPOINT ["cat"]',)))
    assert (process.entrypoint, process.cmd) == (("cat",), None)
