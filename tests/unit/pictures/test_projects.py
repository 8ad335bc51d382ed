"""Tests of pictures.projects."""

from __future__ import annotations

from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.compose.members import Status
from jupyter_containers.compose.up import Outcome
from jupyter_containers.compose.watching import Wrote
from jupyter_containers.errors import ContainersError
from jupyter_containers.pictures import picture
from tests.support.compose_files import project
from tests.support.pictures import EVIL, after, check, words

SHOP = project("services: {web: {image: x, depends_on: {db: {condition: service_healthy}}}, db: {image: y}}")
WEB = Status("web", "shop-web-1", "i", "running", ports=("0.0.0.0:80->80/tcp",))
DB = Status("db", "shop-db-1", "j", "running", "healthy")


def test_a_project_shows_its_services_and_what_they_wrote() -> None:
    result = after(ProjectResult("up", "shop", SHOP), WEB, DB, Wrote("web", "shop-web-1", 1, b"hello\n"))
    live = picture(result, is_settled=False)
    check(live)
    assert "web-1 | hello" in live
    after(result, Outcome((WEB, DB)))
    html = picture(result)
    check(html)
    assert "<img " in html
    for word in ("shop-web-1", "● running", "✓ running (healthy)", "0.0.0.0:80-&gt;80/tcp", "web-1 | hello"):
        assert word in html


def test_a_project_without_needs_has_no_graph() -> None:
    alone = project("services: {web: {image: x}}")
    assert "<img" not in picture(after(ProjectResult("up", "shop", alone), WEB, Outcome((WEB,))))


def test_whatever_names_and_containers_say_is_text() -> None:
    evil = Status("web", EVIL, "i", "exited", exit_code=1, ports=(EVIL,))
    result = after(
        ProjectResult("up", EVIL, SHOP), evil, Wrote("web", EVIL, 1, f"{EVIL}\n".encode()), ContainersError(EVIL)
    )
    for html in (picture(result), picture(result, is_settled=False)):
        check(html)
        assert "<script" not in html
    assert "failed" in words(result)
