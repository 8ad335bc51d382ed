from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from jupyter_containers.linux import constants
from jupyter_containers.linux.syscall_numbers import AARCH64, I386, X86_64

HEADERS = {"unistd_64.h": X86_64, "unistd_32.h": I386}


@pytest.mark.parametrize("table", [X86_64, I386, AARCH64])
def test_no_number_has_two_names(table: Mapping[str, int]) -> None:
    assert len(set(table.values())) == len(table)


@pytest.mark.parametrize("table", [X86_64, I386, AARCH64])
def test_young_calls_have_one_number_everywhere(table: Mapping[str, int]) -> None:
    # Since Linux 5.1 all architectures number alike; 32-bit ones have times of 64 bits at 403 to 423.
    young = {"pidfd_send_signal": 424, "openat2": 437, "mount_setattr": 442, "fchmodat2": 452, "mseal": 462}
    assert {name: table[name] for name in young} == young


def test_old_calls_differ_by_architecture() -> None:
    assert [table["clone"] for table in (X86_64, I386, AARCH64)] == [56, 120, 220]
    assert "open" not in AARCH64
    assert "socketcall" not in X86_64


def test_the_constants_agree_with_the_tables() -> None:
    columns = [X86_64, AARCH64]
    for name, number in vars(constants).items():
        if name.startswith("SYS_"):
            assert number in [table[name.removeprefix("SYS_").lower()] for table in columns], name


@pytest.mark.parametrize("name", HEADERS)
def test_the_tables_agree_with_the_headers_of_this_machine(name: str) -> None:
    places = list(Path("/usr/include").glob(f"**/asm/{name}"))
    if not places:
        pytest.skip(f"no kernel header asm/{name} on this machine")
    defined = re.findall(r"#define __NR_(\w+) (\d+)", places[0].read_text())
    assert defined
    table = HEADERS[name]
    # Headers younger than the table may have more; what both know must be the same.
    assert {call: table.get(call, int(number)) for call, number in defined} == {c: int(n) for c, n in defined}
    assert len(defined) - sum(call in table for call, _ in defined) < 30
