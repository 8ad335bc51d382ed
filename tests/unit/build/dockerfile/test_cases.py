"""Cases are folders: a Dockerfile, and what comes of it in `result`, or `error` with the lines to underline.

`build-args` (NAME=value lines) and `target` may stand beside. Adding a case needs no code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.errors import ContainersError
from tests.support.planning import described, planned

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


def _outcome(case: Path) -> tuple[str, str]:
    """Return the name of the file that should say it, and what there is to say."""
    text = (case / "Dockerfile").read_bytes().decode()
    arguments, target = case / "build-args", case / "target"
    given = arguments.read_text().splitlines() if arguments.exists() else []
    try:
        found = planned(
            text,
            build_args=dict(line.partition("=")[::2] for line in given),
            target=target.read_text().strip() if target.exists() else "",
        )
    except ContainersError as error:
        place = f"{error.details.get('line', 0)}-{error.details.get('end_line', 0)}"
        return "error", f"{place} {type(error).__name__}: {error.message}\n"
    return "result", described(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_dockerfile_becomes_what_its_case_says(case: Path) -> None:
    name, text = _outcome(case)
    assert text == (case / name).read_text()
    assert not (case / ("error" if name == "result" else "result")).exists()
