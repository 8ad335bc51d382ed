"""What helped in a failed step becomes a RUN before it, in the next cell."""

from __future__ import annotations

from tests.support.notebook_kernel import Kernel

KEEP = "proposed = []\nget_ipython().magics_manager.registry['ContainerMagics'].session.propose = proposed.append"


def test_what_was_tried_is_appended_and_the_build_works(kernel: Kernel) -> None:
    kernel.run(KEEP)
    failed = kernel.run("%%container build -t repaired\nFROM busybox\nRUN test -e /needed\nCMD cat /needed\n")
    assert failed.error is not None
    assert "%container debug --append COMMAND" in failed.error_lines[1]
    assert kernel.run("%%container debug\necho here > /needed\ntest -e /needed\n").error is None
    assert "the cell below builds it with 1 more RUN" in kernel.run("%container debug --append-tried").text
    cell = kernel.run("print(proposed[-1], end='')").text
    assert cell.startswith("%%container build -t repaired\nFROM busybox\nRUN <<FIX\nset -e\necho here > /needed\n")
    assert kernel.run(cell).error is None
    assert kernel.run("%container run repaired").text == "here"
