"""A `%%container run IMAGE` with nothing below it: IPython refuses cell magics without a body, we do not.

A lone first line gets an empty second one before IPython looks at the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def keep_empty_body(magics: Callable[[], Sequence[str]] = lambda: ("container",)) -> Callable[[list[str]], list[str]]:
    """Return the transformer of a cell's lines; each call returns another one, so that it can be found and removed.

    `magics` tells what our magic is called.
    """

    def transform(lines: list[str]) -> list[str]:
        is_lone = len(lines) == 1 and lines[0].split(maxsplit=1)[:1] in [[f"%%{name}"] for name in magics()]
        return [lines[0].removesuffix("\n") + "\n", "\n"] if is_lone else lines

    # Not asked whether a cell is complete: in a terminal more lines may follow this one.
    transform.has_side_effects = True  # type: ignore[attr-defined]
    return transform
