"""What a zygote is asked, and what it answers: packets over SOCK_SEQPACKET, answers in the order of the requests.

    launcher ─▶ zygote   FORK, or STOCK for one that will wait, + the shim's end of its control socket
    zygote ─▶ launcher   the shim's pid, or minus the errno that there is none for; 4 bytes of the host's order

As little as that on purpose: each page that the zygote writes to after a fork is one that its shim has for itself from
then on. To read and write JSON here costs every shim 0.45 MB.
"""

from __future__ import annotations

import os
from typing import Literal

from jupyter_containers.errors import Unavailable

FORK, STOCK = b"F", b"S"
ANSWER_BYTES = 4
ORDER: Literal["little"] = "little"


def pid_of(answer: bytes) -> int:
    """Return the pid that an answer names. Raises Unavailable when there is none."""
    number = int.from_bytes(answer, ORDER, signed=True)
    if number <= 0:
        raise Unavailable(f"cannot fork a shim: {os.strerror(-number)}")
    return number
