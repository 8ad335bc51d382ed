from __future__ import annotations

from jupyter_containers.build.dockerfile.checks.finding import as_written, found
from jupyter_containers.build.dockerfile.lines import read


def test_a_finding_has_the_range_of_its_line_and_the_word_its_case() -> None:
    (line,) = read("\nRun a \\\n b\n").lines
    assert found("R", line, "t").lines == (2, 3)
    assert as_written(line) == "Run"
