"""What differs between two images: tables of packages and settings, the files a click away."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_containers.commands.image_diff import Difference, ImageDiff, file_row
from jupyter_containers.pictures.html import Html, block, coloured, details, element, table

_COLOURS = {"A": "good", "C": "warning", "D": "bad"}
_FILES = 500


def draw(result: ImageDiff) -> Html:
    parts = [block(element("b", result.summary()))]
    for title, found in (("Package", result.packages), ("Setting", result.settings)):
        parts.append(
            _differences(title, found) if found else block(coloured("quiet", f"{title.lower()}s: no difference"))
        )
    if result.files:
        rows = [(_sign(one.letter), element("code", row[1]), *row[2:])
                for one in result.files[:_FILES] for row in (file_row(one),)]  # fmt: skip
        left = len(result.files) - _FILES
        more = [block(coloured("quiet", f"… {left} more are in result.files"))] if left > 0 else []
        shown = table(("Change", "File", "Before", "After", "What"), rows)
        parts.append(details(result.counts(), shown, *more))
    else:
        parts.append(block(coloured("quiet", result.counts())))
    parts.append(block(coloured("quiet", "A added · C changed · D removed")))
    return block(*parts)


def _differences(title: str, found: Iterable[Difference]) -> Html:
    rows = [(_sign(one.letter), element("code", one.name), one.before, one.after) for one in found]
    return table(("Change", title, "Before", "After"), rows)


def _sign(letter: str) -> Html:
    return coloured(_COLOURS[letter], letter)
