"""Tests of pictures.dashboards: what stays of a dashboard when nobody works with it any more."""

from __future__ import annotations

import re

from jupyter_containers.pictures import picture
from jupyter_containers.pictures.dashboards import MOST_LINES
from jupyter_containers.pictures.html import block, coloured
from tests.support.pictures import EVIL
from tests.unit.commands.test_dashboard import NOW, dashboard, line


def test_each_container_has_its_courses_with_words() -> None:
    html = picture(dashboard(line("web", memory_limit_bytes=4000, out_of_memory_at=(NOW,)), line("new", "created", 0)))
    assert re.findall(r'alt="([^"]*)"', html) == [
        "processor: now 50.0 %, at most 50.0 %",
        "memory: at most 3kB of 4kB; memory ran out 1 time",
    ]
    assert "2 containers, 1 running at 2026-01-02" in html


def test_nothing_of_a_container_is_html() -> None:
    html = picture(dashboard(line(EVIL)))
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;" in html


def test_it_says_what_it_does_not_show() -> None:
    html = picture(dashboard(*(line(f"c{number}", samples=0) for number in range(MOST_LINES + 5))))
    assert "5 more are not shown" in html
    assert html.count("<tr>") == MOST_LINES + 1
    assert picture(dashboard()) == block(coloured("quiet", "no containers"))
