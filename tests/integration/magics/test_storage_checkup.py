"""`%container doctor --storage` in a real kernel, on a store where this user's daemon would have its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.notebook_kernel import running_kernel
from tests.support.resting_store import resting_store

HTML = "text/html"
# The kernel, and what it starts, see the folder as /var/lib; nobody else does.
MOVE_IN = """
import ctypes, os, subprocess
CLONE_NEWNS = 0x20000
assert ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) == 0, os.strerror(ctypes.get_errno())
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
subprocess.run(["mount", "--bind", {folder!r}, "/var/lib"], check=True)
%load_ext jupyter_containers
"""


@pytest.mark.needs("root", "namespaces")
def test_a_notebook_finds_and_mends(tmp_path: Path) -> None:
    data = tmp_path / "lib" / "jupyter-containers"
    with resting_store(data) as store:
        path = store.content.path(store.content.write(b"whole"))
    path.chmod(0o600)
    path.write_bytes(b"other")
    with running_kernel(tmp_path) as kernel:
        assert kernel.run(MOVE_IN.format(folder=str(data.parent))).error is None
        found = kernel.run("%container doctor --storage")
        assert f"blob sha256:{path.name}: its 5 bytes have the digest" in found.text
        assert "1 things are wrong with the store; nothing was changed" in found.text
        assert path.name in found.outputs[0][HTML]
        assert path.exists()
        mended = kernel.run("mended = %container doctor --storage --repair\nprint(bool(mended), mended.summary())")
        assert mended.error is None
        assert not path.exists()
        assert "the store is sound\n" in kernel.run("%container doctor --storage").text + "\n"
