"""A notebook file: its code cells, and the outputs that are saved with them. Only what is needed of nbformat 4."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.errors import InvalidParameter, NotFound


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its source, and its outputs as the file has them."""

    source: str
    outputs: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether it works with containers: there are none inside of one."""
        return "%container" in self.source or "%load_ext jupyter_containers" in self.source


def read(path: Path) -> list[Cell]:
    """Return the code cells of a notebook. Raises NotFound, and InvalidParameter for what is no notebook."""
    try:
        body = json.loads(path.read_text())
        if body["nbformat"] < 4:
            raise InvalidParameter(f"{path} is a notebook in the old format {body['nbformat']}; open and save it first")
        return [_cell(cell) for cell in body["cells"] if cell["cell_type"] == "code"]
    except FileNotFoundError:
        raise NotFound(f"there is no notebook {path}") from None
    except OSError as error:
        raise InvalidParameter(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidParameter(f"{path} is no notebook: {error}") from error


def _cell(body: Mapping[str, Any]) -> Cell:
    return Cell(joined(body.get("source", "")), tuple(body.get("outputs") or ()))


def joined(text: object) -> str:
    """Return a text that may be written as a list of lines."""
    if isinstance(text, Sequence) and not isinstance(text, str):
        return "".join(map(str, text))
    return str(text)
