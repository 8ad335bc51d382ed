"""Tests of pictures.build_graphs."""

from __future__ import annotations

import base64
import re
from html import unescape
from xml.etree import ElementTree

from jupyter_containers.client.build_reader import ImageBuilt, Planned, PlannedStep, StepChanged
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.pictures import build_graphs, picture
from tests.support.pictures import EVIL, after, check

STEPS = (
    PlannedStep(1, "FROM busybox AS a", 1, 1, 0, "a"), PlannedStep(2, "RUN one", 2, 2, 0, "a"),
    PlannedStep(3, "FROM busybox", 3, 3, 1), PlannedStep(4, "COPY --from=a /x /", 4, 4, 1, "", (2,)),
)  # fmt: skip


def built(*steps: PlannedStep) -> BuildResult:
    states = [StepChanged(step.number, "done", 1.5, 42) for step in steps]
    result = after(BuildResult("", ()), Planned(steps), *states, ImageBuilt("sha256:1"))
    assert isinstance(result, BuildResult)
    return result


def svg_in(html: str) -> ElementTree.Element:
    found = re.search(r'base64,([^"]+)"', html)
    assert found is not None
    return ElementTree.fromstring(base64.b64decode(found[1]))


def test_a_step_is_below_what_it_stands_on_and_what_it_takes_from() -> None:
    assert build_graphs.places(built(*STEPS)) == {1: 0, 2: 1, 3: 0, 4: 2}


def test_the_graph_is_an_image_with_words() -> None:
    html = build_graphs.draw_graph(built(*STEPS))
    check(html)
    alt = unescape(re.search(r'alt="([^"]*)"', html)[1])
    assert alt == ("Build graph. stage a: step 1 done, step 2 done. stage 1: step 3 done, step 4 done takes from 2.")
    texts = [text.text for text in svg_in(html).iter("{http://www.w3.org/2000/svg}text")]
    assert "2 RUN one" in texts
    assert "✓ done 1.50 s · 42B" in texts


def test_hostile_words_are_letters_in_it() -> None:
    evil = f"{EVIL}\x00\ufffe\u202e"
    html = build_graphs.draw_graph(built(PlannedStep(1, evil, stage_name=evil), PlannedStep(2, "x", stage=1)))
    check(html)
    svg = svg_in(html)
    assert {element.tag.rpartition("}")[2] for element in svg.iter()} == {"svg", "rect", "text"}
    assert "?" in "".join(text.text or "" for text in svg.iter("{http://www.w3.org/2000/svg}text"))


def test_only_several_stages_are_worth_a_picture() -> None:
    assert "<img" in picture(built(*STEPS))
    assert "<img" not in picture(built(*STEPS[:2]))
    many = [PlannedStep(n, "RUN x", n, n, n % 2) for n in range(1, build_graphs.MOST_STEPS + 2)]
    assert "<img" not in picture(built(*many))
