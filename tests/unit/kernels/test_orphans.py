"""Tests of kernels.orphans."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from jupyter_containers.kernels import orphans
from jupyter_containers.kernels.orphans import OWNER_LABEL, labels, remove_orphans
from tests.support.sandbox_double import SandboxDaemon, listed


def owner() -> str:
    return labels("id", "spec")[2].partition("=")[2]


def removed(owner: str) -> bool:
    client: Any = SandboxDaemon(listed=[replace(listed("kernel-1"), labels={OWNER_LABEL: owner})])
    return remove_orphans(client) == ["kernel-1"]


def test_what_this_process_has_started_stays() -> None:
    assert labels("id", "spec")[:2] == ("jupyter-containers.kernel=id", "jupyter-containers.kernel.name=spec")
    assert not removed(owner())


def test_what_a_process_that_is_gone_has_started_goes() -> None:
    pid, began, rest = owner().split(":", 2)
    assert int(pid) == os.getpid()
    assert removed(f"{pid}:{int(began) - 1}:{rest}")
    assert removed(f"{2**22 + 1}:{began}:{rest}")


def test_a_server_of_somebody_else_is_not_gone_where_its_process_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _, began, rest = owner().split(":", 2)
    # As on a /proc that is mounted with hidepid.
    monkeypatch.setattr(orphans, "_start_time", lambda _pid: "")
    assert not removed(f"{os.getpid()}:{began}:{rest}")
    assert removed(f"{2**22 + 1}:{began}:{rest}")


def test_what_cannot_be_judged_from_here_stays() -> None:
    pid, began, _ = owner().split(":", 2)
    assert not removed(f"{pid}:{began}:pid:[1]:another-boot")
    assert not removed("")
