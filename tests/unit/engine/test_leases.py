from __future__ import annotations

import pytest

from jupyter_containers.engine.leases import Leases
from jupyter_containers.engine.shelf import KEPT_SECONDS
from jupyter_containers.oci.digest import Digest

ONE, TWO = Digest.of(b"one"), Digest.of(b"two")


def test_a_lease_lasts_until_who_takes_it_up_is_done() -> None:
    now = [0.0]
    leases = Leases(monotonic=lambda: now[0])
    leases.give(ONE)
    assert (ONE in leases, TWO in leases) == (True, False)
    with leases.taken([str(ONE), "busybox", str(TWO)]):
        now[0] = 2 * KEPT_SECONDS
        assert ONE in leases and TWO in leases
    assert ONE not in leases and TWO not in leases


def test_a_lease_that_nobody_takes_up_ends() -> None:
    now = [0.0]
    leases = Leases(monotonic=lambda: now[0])
    leases.give(ONE)
    now[0] = KEPT_SECONDS
    assert ONE not in leases


def test_one_who_is_done_ends_no_lease_of_another() -> None:
    leases = Leases()
    leases.give(TWO)
    leases.give(ONE)
    leases.give(ONE)
    with pytest.raises(ValueError, match="failed"), leases.taken([str(ONE)]):
        raise ValueError("failed")
    assert ONE in leases
    with leases.taken([str(ONE)]), leases.taken([str(ONE)]):
        pass
    assert ONE not in leases
    assert TWO in leases
