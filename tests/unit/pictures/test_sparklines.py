"""Tests of pictures.sparklines."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

from jupyter_containers.pictures.sparklines import HEIGHT, sparkline


def drawn(html: str) -> ElementTree.Element:
    match = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert match
    return ElementTree.fromstring(base64.b64decode(match[1]))


def shapes(html: str) -> list[str]:
    return [child.tag.rpartition("}")[2] for child in drawn(html)]


def test_a_course_with_a_limit_and_marks_is_valid_svg_with_words() -> None:
    html = sparkline([(1, 5), (2, 10)], 'a "b" <c>', limit=20, marks=(2.0,))
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in html
    assert shapes(html) == ["polyline", "path", "path"]
    heights = [float(pair.split(",")[1]) for pair in drawn(html)[0].attrib["points"].split()]
    # Below the limit, which is the highest of all, and higher up for more.
    assert HEIGHT > heights[0] > heights[1] > 6


def test_nothing_and_one_point_are_drawn_without_a_failure() -> None:
    assert shapes(sparkline([], "none")) == []
    assert shapes(sparkline([], "only a mark", limit=5, marks=(1.0,))) == ["path", "path"]
    assert shapes(sparkline([(1, 0)], "one")) == ["polyline"]
