"""Our own daemon: is it running, start it, stop it. The only place of the shop that starts programs."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.errors import ContainersError, InvalidParameter, Unavailable, Unsupported
from jupyter_containers.paths import Places, default_configuration_file, default_places

START_SECONDS = 20.0
STOP_SECONDS = 30.0
DOCTOR_SECONDS = 60.0
_POLL_SECONDS = 0.01
_TAIL_LINES = 8


@dataclass(frozen=True, slots=True)
class Site:
    """Where a daemon of ours lives; `flags` are those that its command line needs to live there."""

    places: Places
    socket: Path
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of our daemon. `pid` is None when it does not run."""

    pid: int | None
    site: Site

    @property
    def is_running(self) -> bool:
        return self.pid is not None

    @property
    def sentence(self) -> str:
        if self.pid is None:
            return "the daemon is not running"
        return f"the daemon is running (pid {self.pid}, unix://{self.site.socket})"


@dataclass(frozen=True, slots=True)
class Started:
    """A daemon that answers; `was_running`: somebody else had started it in the meantime."""

    pid: int | None
    site: Site
    was_running: bool = False

    @property
    def sentence(self) -> str:
        if self.was_running:
            return f"the daemon is running already (pid {self.pid})"
        return f"started the daemon (pid {self.pid}, log {self.site.places.log})"


def own_site() -> Site:
    """Return where this user's daemon lives: the defaults, or what its configuration file says.

    Raises InvalidParameter when that lets the daemon listen nowhere that could be found by itself.
    """
    return site_of(_settings())


def site_of(settings: Mapping[str, Any]) -> Site:
    """Return where a daemon with these settings lives."""
    defaults = default_places()
    places = Places(
        Path(settings.get("data-root", defaults.data)).absolute(),
        Path(settings.get("exec-root", defaults.run)).absolute(),
    )
    hosts = [host.removeprefix("unix://") for host in settings.get("hosts", ()) if host.startswith("unix://")]
    if settings.get("hosts") and not hosts:
        raise InvalidParameter(
            f"{default_configuration_file()} has no unix:// address among its hosts: add one, or set DOCKER_HOST"
        )
    return Site(places, Path(hosts[0]) if hosts else places.socket)


def site_at(data: Path, run: Path) -> Site:
    """Return the site of a daemon with other roots than the usual ones."""
    places = Places(data, run)
    return Site(places, places.socket, ("--data-root", str(data), "--exec-root", str(run)))


def _settings() -> dict[str, Any]:
    try:
        settings = json.loads(default_configuration_file().read_text())
    except (OSError, ValueError):
        # The daemon reads the file too, and is the one to complain.
        return {}
    return settings if isinstance(settings, dict) else {}


def is_running(site: Site | None = None) -> bool:
    """Tell whether our daemon answers."""
    return _answers((site or own_site()).socket)


def status(site: Site | None = None) -> Status:
    """Return whether our daemon runs, and as what."""
    site = site or own_site()
    return Status(_holder(site), site)


def start(site: Site | None = None) -> Started:
    """Start our daemon, if it does not run, and wait until it answers.

    It gets a session of its own and outlives this process. Raises Unsupported for an ordinary user, Unavailable with
    the end of its log when it dies or does not answer.
    """
    site = site or own_site()
    if is_running(site):
        return Started(_holder(site), site, was_running=True)
    if os.geteuid() != 0:
        raise Unsupported("the daemon can only be started by root for now: run this as root, or set DOCKER_HOST")
    process = _spawn(site)
    try:
        _wait_until_it_answers(process, site)
    finally:
        # Somebody has to take note of its end, or it stays a zombie as long as this process lives.
        threading.Thread(target=process.wait, name="jupyter-containers daemon's end", daemon=True).start()
    pid = _holder(site)
    return Started(pid, site, was_running=pid != process.pid)


def _spawn(site: Site) -> subprocess.Popen[bytes]:
    log = site.places.log
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"cannot write the daemon's log {log}: {error.strerror}") from error
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "jupyter_containers", "daemon", *site.flags], cwd="/", start_new_session=True,
            env=_environment(), stdin=subprocess.DEVNULL, stdout=fd, stderr=fd,
        )  # fmt: skip
    finally:
        os.close(fd)


def _environment() -> dict[str, str]:
    """Return this process's environment, in which Python finds this very package, wherever it was imported from."""
    package_home = str(Path(__file__).parents[2])
    paths = [package_home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def _wait_until_it_answers(process: subprocess.Popen[bytes], site: Site) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(site.socket):
        # Of two that start at the same time one finds the lock taken and ends; the other one will answer.
        if process.poll() is not None and _holder(site) is None:
            raise Unavailable(f"the daemon ended with code {process.returncode}; the end of its log:\n{_tail(site)}")
        if time.monotonic() > deadline:
            process.terminate()
            raise Unavailable(f"the daemon did not answer in {START_SECONDS:.0f} s; the end of its log:\n{_tail(site)}")
        time.sleep(_POLL_SECONDS)


def stop(site: Site | None = None) -> bool:
    """Ask our daemon to end and wait until it has; return False if none was running. Containers run on.

    Raises Unavailable when it does not end in time.
    """
    site = site or own_site()
    pid = _holder(site)
    if pid is None:
        return False
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        # The pid may have become another's between reading and opening; the lock tells, and the pidfd stays true.
        if _holder(site) != pid:
            return False
        signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        if not select.select([pidfd], [], [], STOP_SECONDS)[0]:
            raise Unavailable(
                f"the daemon (pid {pid}) did not end within {STOP_SECONDS:.0f} s; its log is {site.places.log}"
            )
    except PermissionError:
        raise Unsupported(f"the daemon (pid {pid}) belongs to another user, who has to stop it") from None
    finally:
        os.close(pidfd)
    return True


def _holder(site: Site) -> int | None:
    """Return the pid of the daemon that holds the lock; the kernel lets a lock go when its holder dies."""
    try:
        fd = os.open(site.places.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(fd)
    return None


def _answers(path: Path) -> bool:
    """Ask `_ping` by hand: this is called every few milliseconds while the daemon starts."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(START_SECONDS)
        try:
            sock.connect(os.fspath(path))
            sock.sendall(b"GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return sock.recv(64).partition(b"\r\n")[0].endswith(b" 200 OK")
        except OSError:
            return False


def _tail(site: Site) -> str:
    try:
        lines = site.places.log.read_text(errors="replace").splitlines()
    except OSError:
        return "(it wrote none)"
    return "\n".join(lines[-_TAIL_LINES:]) or "(it is empty)"


def diagnose(*flags: str, timeout: float | None = DOCTOR_SECONDS) -> dict[str, Any]:
    """Return what the doctor finds, as its JSON. It needs no daemon. Raises ContainersError when it says nothing."""
    run = subprocess.run(
        [sys.executable, "-m", "jupyter_containers", "doctor", "--format", "json", *flags], capture_output=True,
        check=False, timeout=timeout, stdin=subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip
    try:
        found: dict[str, Any] = json.loads(run.stdout)
    except ValueError:
        reason = run.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ContainersError(f"the doctor gave no answer: {reason[-1] if reason else run.returncode}") from None
    if "error" in found:
        raise ContainersError(str(found["error"]))
    return found
