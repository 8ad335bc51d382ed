"""Tests of client.autostart, with daemons in folders of their own."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from jupyter_containers.client import autostart
from jupyter_containers.client.autostart import Site, site_at
from jupyter_containers.errors import Unavailable
from tests.support.eventually import eventually


@pytest.fixture
def site() -> Iterator[Site]:
    folder = Path(mkdtemp())
    site = site_at(folder / "data", folder / "run")
    yield site
    autostart.stop(site)
    shutil.rmtree(folder)


def test_a_daemon_is_started_told_of_and_stopped(site: Site) -> None:
    assert not autostart.is_running(site)
    started = autostart.start(site)
    assert started.sentence == f"started the daemon (pid {started.pid}, log {site.places.log})"
    assert autostart.is_running(site)
    assert autostart.status(site).pid == started.pid
    assert os.getsid(started.pid or 0) == started.pid
    assert autostart.start(site).was_running
    assert autostart.stop(site)
    assert not autostart.is_running(site)
    assert not autostart.stop(site)
    assert autostart.status(site).sentence == "the daemon is not running"
    assert eventually(lambda: not Path(f"/proc/{started.pid}").exists())


def test_of_several_that_start_at_once_one_serves_all(site: Site) -> None:
    started: list[autostart.Started] = []
    threads = [threading.Thread(target=lambda: started.append(autostart.start(site))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.pid for one in started}) == 1
    assert len(started) == 3


def test_a_daemon_that_dies_shows_the_end_of_its_log(site: Site) -> None:
    site.places.data.mkdir(parents=True)
    (site.places.data / "VERSION").write_text("99\n")
    with pytest.raises(Unavailable, match=r"the daemon ended with code 1; the end of its log:\n.*has layout 99"):
        autostart.start(site)


def test_a_pidfile_of_another_process_stops_nobody(site: Site) -> None:
    """The pid in the lock counts only while the lock is held."""
    site.places.run.mkdir(parents=True)
    site.places.lock.write_text(f"{os.getpid()}\n")
    assert autostart.status(site).pid is None
    assert not autostart.stop(site)


def test_the_holder_of_the_lock_is_the_daemon(site: Site) -> None:
    site.places.run.mkdir(parents=True)
    with site.places.lock.open("w") as file:
        file.write("4242\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        assert autostart.status(site).pid == 4242


def test_the_doctor_answers_without_a_daemon() -> None:
    found = autostart.diagnose()
    assert found["canRun"] in (True, False)
    assert {"name", "available", "reason", "cost", "remedy", "essential"} <= set(found["features"][0])
