from __future__ import annotations

import errno

import pytest

from jupyter_containers.errors import Unavailable
from jupyter_containers.zygote.protocol import ANSWER_BYTES, ORDER, pid_of


def answer(number: int) -> bytes:
    return number.to_bytes(ANSWER_BYTES, ORDER, signed=True)


@pytest.mark.parametrize("pid", [1, 4_194_304])
def test_the_largest_pids_survive_the_wire(pid: int) -> None:
    assert pid_of(answer(pid)) == pid


def test_why_there_is_no_shim_is_said_in_words() -> None:
    with pytest.raises(Unavailable, match="cannot fork a shim: Resource temporarily unavailable"):
        pid_of(answer(-errno.EAGAIN))
