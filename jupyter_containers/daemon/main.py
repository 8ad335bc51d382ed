"""The life of the daemon's process: settings, lock, zygote, own mount namespace, engine, server, signal, and back."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_containers.daemon import log_format
from jupyter_containers.daemon.configuration import Configuration, configure
from jupyter_containers.daemon.lock import Lock
from jupyter_containers.errors import ContainersError, Unsupported
from jupyter_containers.linux import memory, mounts, namespaces
from jupyter_containers.linux.constants import CLONE_NEWNS, MS_REC, MS_SLAVE
from jupyter_containers.linux.processes import set_title
from jupyter_containers.supervisor.host_mounts import HostMounts
from jupyter_containers.supervisor.launcher import Launcher

if TYPE_CHECKING:
    from jupyter_containers.api.server import Server
    from jupyter_containers.daemon.composition import Composition

_log = logging.getLogger(__name__)

LAYOUT_VERSION = 1


def main(arguments: Sequence[str]) -> int:
    """Run the daemon until SIGTERM or SIGINT; return the exit code. `arguments` are the flags after `daemon`."""
    # While modules are loaded there is no garbage to find, only time to lose; see _settle.
    gc.disable()
    try:
        configuration = configure(arguments)
        _require_root()
        log_format.set_up(configuration.log_level)
        with ExitStack() as stack:
            _take_roots(configuration, stack)
            _raise_limits()
            asyncio.run(_run(configuration))
    except ContainersError as error:
        print(f"jupyter-containers daemon: {error.message}", file=sys.stderr)
        return 1
    return 0


def _require_root() -> None:
    if os.geteuid() != 0:
        raise Unsupported(
            f"the daemon must be started by root (this is user {os.geteuid()}): rootless use is not supported yet"
        )


def _raise_limits() -> None:
    """Open as many files as this process may: a stream takes two or three. Containers get the same, as dockerd's do."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _take_roots(configuration: Configuration, stack: ExitStack) -> None:
    """Make both roots ours alone, of a layout that we know, with our pid in the pidfile."""
    places = configuration.places
    os.umask(0o022)
    stack.enter_context(Lock(places.lock, "exec-root"))
    stack.enter_context(Lock(places.data / "daemon.lock", "data-root"))
    _check_layout(places.data / "VERSION")
    configuration.pidfile.parent.mkdir(parents=True, exist_ok=True)
    configuration.pidfile.write_text(f"{os.getpid()}\n")
    stack.callback(configuration.pidfile.unlink, missing_ok=True)


def _check_layout(path: Path) -> None:
    """Refuse a data root that a newer version wrote: what we do not know we would damage."""
    found = path.read_text().strip() if path.exists() else str(LAYOUT_VERSION)
    if not found.isdigit() or int(found) > LAYOUT_VERSION:
        raise Unsupported(
            f"{path.parent} has layout {found}, this version knows layouts up to {LAYOUT_VERSION}; start the newer "
            "version again, or choose another --data-root"
        )
    path.write_text(f"{LAYOUT_VERSION}\n")


async def _run(configuration: Configuration) -> None:
    set_title("jc: daemon")
    memory.use_one_arena()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # The zygote comes first: it must live in the host's mount namespace and come from a process with one thread.
    launcher = Launcher(configuration.places.run)
    await launcher.open()
    try:
        host_mounts = HostMounts()
        _leave_mount_namespace()
        await _serve(configuration, launcher, host_mounts, stop)
    finally:
        await launcher.close()


async def _serve(
    configuration: Configuration, launcher: Launcher, host_mounts: HostMounts, stop: asyncio.Event
) -> None:
    # Here, and not at the top: the zygote starts up on the other core while these large rooms are imported.
    with _without_certificates():
        from jupyter_containers.api.server import Server
        from jupyter_containers.daemon.composition import Composition

    composition = Composition(configuration, launcher, host_mounts)
    server = Server(composition.engine, on_quiet=lambda: _tidy(composition))
    try:
        await composition.open()
        await _listen(server, configuration)
        await composition.warm_up()
        launcher.stock()
        _settle()
        await stop.wait()
        _log.info("stopping; containers run on")
    finally:
        composition.end_streams()
        await server.close()
        await composition.close()


async def _listen(server: Server, configuration: Configuration) -> None:
    addresses: list[str] = []
    for host in configuration.hosts:
        addresses += await server.listen(host, group=configuration.group, protection=configuration.protection)
    for warning in configuration.warnings():
        _log.warning("%s", warning)
    _log.info("ready: listening on %s", ", ".join(addresses))


@contextmanager
def _without_certificates() -> Iterator[None]:
    """Keep aiohttp from reading all the authorities that this host trusts while it is imported, which takes 50 ms.

    The registry's transport reads them when it first needs them; who would use aiohttp's own trusts nobody.
    """
    hidden = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
    before = {name: os.environ.get(name) for name in hidden}
    os.environ.update(hidden)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _settle() -> None:
    """Let the collector begin its work, with what came after the modules: those stay, and are not looked at again."""
    gc.collect()
    gc.freeze()
    gc.enable()
    memory.give_back()


def _tidy(composition: Composition) -> None:
    """Give back what the work that has just ended had taken: it may be long until other work could use it."""
    composition.give_back()
    gc.collect()
    memory.give_back()


def _leave_mount_namespace() -> None:
    """Go to a mount namespace of our own: mounts made for builds and copies are seen by no one and die with us.

    Slave, not private: what the host mounts later (a user's volume) is still seen here.
    """
    namespaces.unshare(CLONE_NEWNS)
    mounts.mount("", "/", "", MS_REC | MS_SLAVE)
