"""What the maker does without a container: tests/integration/shim/test_maker.py has the rest."""

from __future__ import annotations

from pathlib import Path

from tests.support.eventually import eventually
from tests.support.shims import running_shim


def test_a_shim_and_its_maker_are_gone_when_the_daemon_is(tmp_path: Path) -> None:
    with running_shim(tmp_path, adopts=False) as shim:
        children = Path(f"/proc/{shim.pid}/task/{shim.pid}/children")
        eventually(children.read_text)
        (maker, *_) = children.read_text().split()
        shim.end.close()
        assert shim.wait() == 0
        eventually(lambda: not Path(f"/proc/{maker}").exists())
