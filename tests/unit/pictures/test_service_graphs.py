"""Tests of pictures.service_graphs."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest

from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.compose.members import Status
from jupyter_containers.pictures.service_graphs import description, draw_graph, is_worth_drawing, mood
from tests.support.compose_files import project
from tests.support.pictures import after, check

SHOP = project("""
services:
  web: {image: x, depends_on: {db: {condition: service_healthy}, job: {condition: service_completed_successfully}}}
  db: {image: y}
  job: {image: z, depends_on: [db]}
""")


def result(*statuses: Status) -> ProjectResult:
    found = after(ProjectResult("up", "shop", SHOP), *statuses)
    assert isinstance(found, ProjectResult)
    return found


def drawn(of: ProjectResult) -> str:
    html = draw_graph(of)
    check(html)
    match = re.search(r"base64,([^\"]+)", html)
    assert match is not None
    return base64.b64decode(match[1]).decode()


def test_the_graph_says_who_needs_whom_in_words_and_in_a_picture() -> None:
    shop = result(
        Status("db", "shop-db-1", "i", "running", "healthy"), Status("job", "shop-job-1", "j", "exited", exit_code=0),
        Status("web", "shop-web-1", "k", "running"), Status("web", "shop-web-2", "l", "created"),
    )  # fmt: skip
    assert description(shop) == (
        "Services of shop. web is 1 running, 1 created, needs db healthy,job completed. db is running (healthy). "
        "job is exited (0), needs db."
    )
    picture = ElementTree.fromstring(drawn(shop))
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"web", "db", "job", "healthy", "completed", "✓ running (healthy)"} <= set(texts)
    lefts = {
        str(element.text): float(element.attrib["x"]) for element in picture.iter("{http://www.w3.org/2000/svg}text")
    }
    assert lefts["db"] < lefts["job"] < lefts["web"]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (Status("a", "a", "i", "created"), "waiting"),
        (Status("a", "a", "i", "running"), "running"),
        (Status("a", "a", "i", "running", "healthy"), "healthy"),
        (Status("a", "a", "i", "running", "unhealthy"), "failed"),
        (Status("a", "a", "i", "exited", exit_code=0), "completed"),
        (Status("a", "a", "i", "exited", exit_code=1), "failed"),
    ],
)
def test_the_few_ways_to_be(status: Status, found: str) -> None:
    assert mood(status) == found


def test_names_are_letters_of_xml() -> None:
    evil = ProjectResult("up", "x", project("services: {a: {image: x}, b: {image: x, depends_on: [a]}}"))
    after(evil, Status("a", "a", "i", "\x00<\u202e&"))
    ElementTree.fromstring(drawn(evil))


def test_what_is_not_worth_a_picture() -> None:
    assert is_worth_drawing(result())
    assert not is_worth_drawing(ProjectResult("down", "shop"))
    lines = [f"  s{n}: {{image: x, depends_on: [s{n + 1}]}}" for n in range(60)]
    many = project("\n".join(["services:", *lines, "  s60: {image: x}"]))
    assert not is_worth_drawing(ProjectResult("up", "shop", many))
