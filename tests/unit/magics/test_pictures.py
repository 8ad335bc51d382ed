"""Tests of magics.pictures: what is drawn, and that it is drawn of what stays in notebooks nobody trusts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from jupyter_containers.client.build_reader import ImageBuilt, StepDone, StepOutput, StepStarted, Warned
from jupyter_containers.client.builds import BuildFailed
from jupyter_containers.client.runs import Outcome
from jupyter_containers.client.values import Progress
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.containers import Logs
from jupyter_containers.commands.daemon import Checkup
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.pull_result import PullResult
from jupyter_containers.commands.results import LiveResult, Message, Result, Table
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.magics.pictures import picture

EVIL = "<script>alert(1)</script>\x1b[31m<img src=x onerror=y>\x1b[0m"
KEPT_ELEMENTS = {
    "div", "span", "pre", "code", "b", "u", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
    "progress",
}  # fmt: skip
KEPT_ATTRIBUTES = {"style", "value", "max"}


def after(result: LiveResult, *events: object) -> LiveResult:
    for event in events:
        list(result.apply(event))
    return result


def run_of(*events: object) -> LiveResult:
    return after(RunResult(EVIL, (EVIL,)), *events)


NOW = datetime.now(UTC)
BUILD = (StepStarted(1, 2, f"RUN {EVIL}", 1, 1), StepOutput(1, 1, f"{EVIL}\n"), StepDone(1, 0.5))
FAILED = (StepStarted(2, 2, "RUN x", 2, 2), BuildFailed(EVIL, line=1, end_line=2))
LACK = {"name": EVIL, "available": False, "essential": True, "reason": EVIL, "cost": EVIL, "remedy": EVIL}
RESULTS: list[Result] = [
    run_of((1, EVIL.encode()), (2, EVIL.encode()), Outcome("c", 0, NOW, NOW)),
    run_of(*[(1, b"line\n")] * 100, Outcome("c", 3, NOW, NOW, out_of_memory=True)),
    run_of((1, b"still ")),
    after(BuildResult(f"RUN {EVIL}\n", (EVIL,)), *BUILD, Warned(1, EVIL), ImageBuilt("sha256:1")),
    after(BuildResult(f"RUN {EVIL}\nRUN x", ()), *BUILD, *FAILED),
    after(BuildResult("FROM x", ()), Progress("a", "Downloading", 1, 3)),
    after(PullResult(EVIL), Progress(EVIL, EVIL, 1, 3), Progress("", EVIL)),
    after(Logs(EVIL), (1, EVIL.encode())),
    Table("things", ("A",), ((EVIL,),)),
    Table("things", ("A",), ()),
    Message((EVIL,)),
    Inspection([(EVIL, "container", {"Name": EVIL, "Config": {"Image": EVIL}})]),
    Checkup({"canRun": False, "features": [LACK]}),
]  # fmt: skip


class Checker(HTMLParser):
    """Refuses what JupyterLab would take out, and elements that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KEPT_ELEMENTS, tag
        assert {name for name, _ in attrs} <= KEPT_ATTRIBUTES, attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_a_picture_is_made_of_what_stays(result: Result) -> None:
    checker = Checker()
    checker.feed(picture(result))
    checker.close()
    assert checker.open == []


def words(result: Result) -> str:
    return re.sub(r"<[^>]*>", "", picture(result))


def test_a_state_is_said_in_words_and_not_only_in_colour() -> None:
    assert "✓ exit 0 after 0 ms" in words(RESULTS[0])
    assert "✗ exit 3 after 0 ms · killed at the memory limit" in words(RESULTS[1])
    assert "● running" in words(RESULTS[2])
    assert "✓ done" in words(RESULTS[3])
    assert "✗ failed" in words(RESULTS[4])


def test_the_end_of_a_long_output_is_open() -> None:
    text = picture(RESULTS[1])
    before, _, after_ = text.partition("</details>")
    assert "60 earlier lines" in before
    assert after_.count("line") == 40


def test_standard_error_has_a_rule_at_its_side() -> None:
    assert picture(RESULTS[0]).count("border-left") == 1


def test_the_wrong_lines_of_a_dockerfile_are_underlined() -> None:
    text = picture(RESULTS[4])
    assert "Dockerfile, lines 1 to 2" in text
    assert text.count("<u>") == 2
    assert text.count("▸") == 2


def test_a_layer_on_its_way_has_a_bar() -> None:
    assert '<progress value="1" max="3">' in picture(RESULTS[5])


def test_an_empty_list_says_so() -> None:
    assert words(RESULTS[9]) == "no things"
