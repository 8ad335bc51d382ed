"""Tests of pictures.diagrams."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

from jupyter_containers.commands.diagram import Diagram
from jupyter_containers.commands.diagram_parts import Light
from jupyter_containers.pictures import picture
from jupyter_containers.pictures.diagrams import svg
from tests.support.pictures import EVIL, check, words


def lit(*lights: Light) -> Diagram:
    found = Diagram()
    found.light(lights)
    return found


def drawn(result: Diagram) -> str:
    """Return the image that stands in the picture."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', picture(result))
    assert found is not None
    return base64.b64decode(found[1]).decode()


def test_parts_that_were_at_work_are_numbered_in_their_order() -> None:
    image = drawn(lit(Light("client", "GET /info"), Light("daemon", "GET /info"), Light("client", "GET /again")))
    texts = [node.text for node in ElementTree.fromstring(image).iter() if node.tag.endswith("text")]
    assert texts[:6] == ["client", "GET /again", "1", "daemon", "GET /info", "2"]
    assert "network" in texts


def test_the_image_is_told_in_words() -> None:
    html = picture(lit(Light("daemon", "x"), Light("store", "y", count=3)))
    assert 'alt="From the client over the daemon to the kernel; ' in html
    assert "lit: daemon 1, store 3" in html
    assert "lit: nothing yet" in picture(Diagram())


def test_the_last_call_of_each_part_stands_below() -> None:
    assert "cgroups2write(…) = 8limits" in words(lit(Light("cgroups", "write(…) = 8", "limits", 2)))


def test_hostile_words_are_text_in_image_and_table() -> None:
    result = lit(Light("daemon", EVIL, EVIL))
    check(re.sub(r"<img [^>]*>", "", picture(result)))
    names = {node.tag.rpartition("}")[2] for node in ElementTree.fromstring(svg(result)).iter()}
    assert names == {"svg", "rect", "line", "text", "circle"}
    assert "\x1b" not in svg(result) + picture(result)
