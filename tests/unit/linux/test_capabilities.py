from __future__ import annotations

import os

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import capabilities


def test_numbers_are_those_of_the_header() -> None:
    assert capabilities.number_of("CAP_CHOWN") == 0
    assert capabilities.number_of("CAP_SYS_ADMIN") == 21
    assert capabilities.number_of("CAP_AUDIT_READ") == 37
    assert capabilities.number_of("CAP_CHECKPOINT_RESTORE") == 40
    assert len(set(capabilities.NAMES)) == 41


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="unknown capability: 'CAP_MAGIC'"):
        capabilities.number_of("CAP_MAGIC")


def test_this_kernels_last_capability_is_found_both_ways() -> None:
    assert capabilities.last_cap() == capabilities._last_cap_by_asking()
    assert capabilities.last_cap() >= 37


def test_the_sets_of_a_process_are_read() -> None:
    sets = capabilities.read()
    assert sets == capabilities.read(os.getpid())
    assert set(sets.effective) <= set(sets.permitted)
    assert set(sets.ambient) <= set(sets.inheritable)


def test_the_sets_of_nobody_cannot_be_read() -> None:
    with pytest.raises(FileNotFoundError):
        capabilities.read(2**22 + 1)
