"""Several results as one picture: theirs, one below the other."""

from __future__ import annotations

from jupyter_containers.commands.page import Page
from jupyter_containers.pictures.choice import picture
from jupyter_containers.pictures.html import Html, element


def draw(result: Page) -> Html:
    return element("div", *(element("div", picture(one)) for one in result.results))
