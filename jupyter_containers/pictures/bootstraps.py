"""A base image in the making: how far its packages are."""

from __future__ import annotations

from jupyter_containers.commands.bootstrap_result import BootstrapResult
from jupyter_containers.pictures.html import Html, block, element, table
from jupyter_containers.pictures.pulls import outcome


def draw(result: BootstrapResult) -> Html:
    counts, packages = result.counts(), len(result.packages)
    rows = [(name, element("progress", value=count, max=packages), f"{count} of {packages}")
            for name, count in counts.items()]  # fmt: skip
    parts = [table(("Packages", "", ""), rows)] if packages else []
    return block(*parts, outcome(result))
