"""Tests of kernels.provisioner; kernels that run are in tests/integration/kernels/test_provisioner.py."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.errors import ContainersError, NotFound, Unavailable
from jupyter_containers.kernels import provisioner
from jupyter_containers.kernels.provisioner import ContainerProvisioner


class Daemon:
    """Removes containers, or raises what it was given."""

    def __init__(self, error: ContainersError | None = None) -> None:
        self.error, self.removed, self.is_closed = error, list[str](), False

    @property
    def containers(self) -> Any:
        return SimpleNamespace(remove=self._remove)

    def _remove(self, id_: str, **_: Any) -> None:
        if self.error is not None:
            raise self.error
        self.removed.append(id_)

    def close(self) -> None:
        self.is_closed = True


def cleaned_up(before: Daemon, now: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clean a kernel up that was started by one daemon, when another is there."""
    kernel = ContainerProvisioner(kernel_id="k", container={"image": "image"})
    kernel._id, kernel._client = "box", before  # type: ignore[assignment]
    monkeypatch.setattr(provisioner, "connect", lambda *_, **__: now)
    asyncio.run(kernel.cleanup())


def test_a_container_is_removed_although_its_daemon_has_gone_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = Daemon(Unavailable("nobody answers")), Daemon()
    cleaned_up(before, now, monkeypatch)
    assert now.removed == ["box"]
    assert (before.is_closed, now.is_closed) == (True, True)


def test_a_container_that_is_left_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        cleaned_up(Daemon(), Daemon(NotFound("No such container: box")), monkeypatch)
        assert caplog.text == ""
        cleaned_up(Daemon(), Daemon(Unavailable("nobody answers")), monkeypatch)
    assert "container box of kernel k is left: nobody answers" in caplog.text
