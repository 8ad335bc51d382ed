"""Tests of commands.compose_result."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.compose.attending import Stopping
from jupyter_containers.compose.executing import Began, Done, Failed
from jupyter_containers.compose.members import Status
from jupyter_containers.compose.model import Network
from jupyter_containers.compose.noticing import Acted, NotActed
from jupyter_containers.compose.operations import CreateNetwork
from jupyter_containers.compose.up import Outcome
from jupyter_containers.compose.watching import LogEnded, Wrote
from jupyter_containers.errors import ContainersError
from tests.support.compose_files import project

SHOP = project("services: {web: {image: x, depends_on: [db]}, db: {image: y}}")
MAKE = CreateNetwork(Network("n", "shop_n"))


def result(*events: object) -> tuple[ProjectResult, list[tuple[int, str]]]:
    found = ProjectResult("up", "shop", SHOP)
    said = [one for event in events for one in found.apply(event)]
    return found, said


WEB = Status("web", "shop-web-1", "i", "running", "healthy", ports=("0.0.0.0:80->80/tcp",))
DB = Status("db", "shop-db-1", "j", "running")


def test_what_is_done_is_said_beside_the_output() -> None:
    found, said = result(Began(MAKE))
    assert "up of shop · create network shop_n · " in found.verdict()
    assert said == []
    found, said = result(Began(MAKE), Done(MAKE), Wrote("web", "shop-web-1", 1, b"hi\nrest"), LogEnded("shop-web-1"))
    assert said == [(2, "create network shop_n\n"), (1, "web-1 | hi\n"), (1, "web-1 | rest\n")]
    assert (found.done, found.stdout) == (["create network shop_n"], "web-1 | hi\nweb-1 | rest\n")


def test_containers_stand_in_the_order_of_the_file() -> None:
    found, _ = result(DB, WEB, Outcome((DB, WEB)))
    lines = found.text().split("\n")
    assert lines[0].split() == ["SERVICE", "CONTAINER", "STATE", "PORTS"]
    assert lines[1].split() == ["web", "shop-web-1", "running", "(healthy)", "0.0.0.0:80->80/tcp"]
    assert lines[2].split() == ["db", "shop-db-1", "running"]
    assert lines[3].startswith("[up of shop: 1 running, 1 running (healthy) after ")
    assert found


def test_the_end_of_a_container_is_said() -> None:
    _, said = result(WEB, Status("web", "shop-web-1", "i", "exited", exit_code=3))
    assert said == [(2, "shop-web-1 exited with code 3\n")]


def test_stopping_is_said() -> None:
    found, said = result(WEB, Stopping("interrupted"))
    assert said == [(2, "stopping: interrupted\n")]
    assert "up of shop · stopping · " in found.verdict()
    assert result(Stopping("interrupted again", kills=True))[1] == [(2, "killing: interrupted again\n")]


def test_what_a_watch_does_stands_among_the_output() -> None:
    acted, failed = Acted("web", "sync", (Path("/src/page"),)), NotActed("web", "rebuild", ContainersError("no"))
    found, said = result(WEB, acted, failed)
    assert said == [(2, "watch | sync of web: page\n"), (2, "watch | rebuild of web failed: no\n")]
    assert found.stderr == "watch | sync of web: page\nwatch | rebuild of web failed: no\n"
    assert found.done == ["sync of web: page"]


def test_how_it_ended() -> None:
    failed, _ = result(Began(MAKE), Failed(MAKE, ContainersError("no")), ContainersError("no"))
    assert not failed
    assert failed.verdict().endswith(": no")
    interrupted, _ = result(WEB, KeyboardInterrupt())
    assert "was interrupted after" in interrupted.verdict()
    assert "was interrupted after" in result(Outcome((WEB,), interrupts=1))[0].verdict()
    done, _ = result(Done(MAKE), None)
    assert done.text().startswith("create network shop_n\n[up of shop: 1 operation in ")


def test_orphans_are_told() -> None:
    found, _ = result(Outcome((WEB,), orphans=("shop-old-1",)))
    assert "there are containers whose services are not in the file: shop-old-1; --remove-orphans" in found.text()


def test_hostile_names_steer_no_terminal() -> None:
    evil = Status("web", "shop-\x1b[2J", "i", "running")
    found, said = result(evil, Status("web", "shop-\x1b[2J", "i", "exited", exit_code=1), ContainersError("\x1b[2J"))
    assert "\x1b" not in found.text() + "".join(text for _, text in said)


def test_what_is_left_aside_of_the_file_is_a_value_too() -> None:
    shop = project("services: {web: {image: 'x$TAG', deploy: {placement: {constraints: [a]}}}}")
    found = ProjectResult("up", "shop", shop)
    assert found.notes == (
        "the variable TAG is not set, and is empty here",
        "the cell, line 1: services.web.deploy.placement is left aside: there is one machine only",
    )
    assert found.data()["notes"] == list(found.notes)
    assert ProjectResult("down", "shop").data()["notes"] == []
