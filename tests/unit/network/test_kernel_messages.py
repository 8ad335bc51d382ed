from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from jupyter_containers.network.kernel_messages import ifinfmsg, nft_table_msg
parts = [name for name in sys.modules if name.startswith("pyroute2.")]
assert "pyroute2" not in sys.modules
assert len(parts) < 60, len(parts)
import pyroute2
assert pyroute2.IPRoute.__name__
assert sys.modules["pyroute2.netlink.rtnl.ifinfmsg"].ifinfmsg is ifinfmsg
"""


def test_only_the_messages_come_and_the_whole_can_still_be_had() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)


def test_who_has_the_whole_already_keeps_it() -> None:
    script = (
        "import sys, pyroute2, jupyter_containers.network.kernel_messages;print(sys.modules['pyroute2'] is pyroute2)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
