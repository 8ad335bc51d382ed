"""Watches the files that services are made from, and does what they want done when these change: develop.watch.

One thread acts, with a connection of its own; what it does is told through `put`. Changes that come together are one:
an editor or git writes many files at once. What fails is told, and the watch goes on.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import ExecSettings
from jupyter_containers.compose import images, labels
from jupyter_containers.compose.attending import Course
from jupyter_containers.compose.hooks import exec_settings, run_inside
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.noticing import Acted, NotActed, Noticing, Renewed, Renewing, Watching
from jupyter_containers.compose.observing import Container, observe
from jupyter_containers.compose.packing import is_gone, pack
from jupyter_containers.compose.planning import Wishes
from jupyter_containers.compose.triggers import REBUILD, RESTART, SYNC_EXEC, SYNC_RESTART, Trigger
from jupyter_containers.compose.up import restart, up
from jupyter_containers.compose.watching import Lost
from jupyter_containers.errors import ContainersError

# So long must nothing have changed before something is done.
QUIET_SECONDS = 0.2
_JOIN_SECONDS = 30.0


class Developing:
    """Follows `rules` from `begin` to `close`. `prunes`: what a rebuilt image leaves nameless is removed."""

    def __init__(
        self, project: Project, rules: Sequence[Trigger], connect: Callable[[], Client], *, prunes: bool = True
    ) -> None:
        self._project = project
        self._rules = rules
        self._connect = connect
        self._prunes = prunes
        self._changed: SimpleQueue[Path | None] = SimpleQueue()
        self._client: Client | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._put: Callable[[object], None] = lambda _: None

    def begin(self, put: Callable[[object], None]) -> None:
        """Watch, and act in a thread; events are put there. That all is watched, and in sync, is one of them."""
        self._put = put
        self._client = self._connect()
        self._thread = threading.Thread(target=self._run, name="compose develop", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; a build that goes on is given up."""
        self._is_closed = True
        self._changed.put(None)
        if self._thread is not None and self._client is not None:
            self._client.hang_up()
            self._thread.join(_JOIN_SECONDS)
            self._client.close()
            self._thread = None

    def _run(self) -> None:
        paths = tuple(dict.fromkeys(rule.path for rule in self._rules))
        try:
            with Noticing(paths, self._changed.put):
                for rule in self._rules:
                    if rule.initial_sync:
                        self._try(rule, rule.action, tuple(rule.files()), self._sync)
                self._put(Watching(paths))
                while batch := self._batch():
                    self._carry_out(batch)
        except ContainersError as error:
            self._put(Lost(error))

    def _batch(self) -> list[Path]:
        """Return what has changed, once it is quiet; nothing when it has been closed."""
        found: dict[Path, None] = {}
        path = self._changed.get()
        while path is not None:
            found[path] = None
            try:
                path = self._changed.get(timeout=QUIET_SECONDS)
            except Empty:
                return list(found)
        return []

    def _carry_out(self, batch: Sequence[Path]) -> None:
        meant = [(rule, _with_contents(rule, batch)) for rule in self._rules]
        meant = [(rule, paths) for rule, paths in meant if paths]
        rebuilt = {rule.service for rule, _ in meant if rule.action == REBUILD}
        for service in sorted(rebuilt):
            rule, paths = next(one for one in meant if one[0].service == service and one[0].action == REBUILD)
            self._try(rule, REBUILD, paths, self._rebuild)
        for rule, paths in meant:
            if rule.syncs:
                self._try(rule, rule.action, paths, self._sync)
        restarted: set[str] = set(rebuilt)
        for rule, paths in meant:
            if rule.action in (RESTART, SYNC_RESTART) and rule.service not in restarted:
                restarted.add(rule.service)
                self._try(rule, RESTART, paths, self._restart)
        for rule, paths in meant:
            if rule.action == SYNC_EXEC:
                self._try(rule, "exec", paths, self._exec)

    def _try(
        self,
        rule: Trigger,
        action: str,
        paths: tuple[Path, ...],
        act: Callable[[Client, Trigger, Sequence[Path]], None],
    ) -> None:
        if self._is_closed or not paths:
            return
        assert self._client is not None, "who has not begun does not act"
        try:
            act(self._client, rule, paths)
        except (ContainersError, OSError) as error:
            told = error if isinstance(error, ContainersError) else ContainersError(str(error))
            if not self._is_closed:
                self._put(NotActed(rule.service, action, told))
            return
        self._put(Acted(rule.service, action, paths))

    def _containers(self, client: Client, rule: Trigger) -> list[Container]:
        return observe(client, self._project.name).of(rule.service)

    def _sync(self, client: Client, rule: Trigger, paths: Sequence[Path]) -> None:
        gone = [rule.inside(path) for path in paths if is_gone(path)]
        containers = self._containers(client, rule)
        for container in containers if gone else ():
            if container.is_running:
                command = ExecSettings(("rm", "-rf", "--", *gone), user="0")
                run_inside(client, container.id, command, f"what is gone here is in {container.name} still")
        with tempfile.TemporaryFile() as file:
            if not pack(rule, paths, file):
                return
            for container in containers:
                file.seek(0)
                client.archives.put(container.id, "/", file)

    def _exec(self, client: Client, rule: Trigger, paths: Sequence[Path]) -> None:
        for container in self._containers(client, rule):
            if container.is_running:
                run_inside(client, container.id, exec_settings(rule.command, "develop.watch"), container.name)

    def _restart(self, client: Client, rule: Trigger, paths: Sequence[Path]) -> None:
        self._put(Renewing(rule.service))
        try:
            running = [one for one in self._containers(client, rule) if one.is_running]
            restart(client, self._project, running, None, with_needs=False)
        finally:
            self._put(Renewed(rule.service))

    def _rebuild(self, client: Client, rule: Trigger, paths: Sequence[Path]) -> None:
        service = self._project.services[rule.service]
        context, _ = images.context_of(service)
        client.builds.build(context, images.settings_of(self._project, service, images.BuildWishes()), lambda _: None)
        self._put(Renewing(rule.service))
        try:
            up(client, self._project, Wishes((rule.service,), no_deps=True), Course(), self._put)
        finally:
            self._put(Renewed(rule.service))
        if self._prunes:
            client.images.prune({"dangling": ["true"], "label": [f"{labels.PROJECT}={self._project.name}"]})


def _with_contents(rule: Trigger, batch: Iterable[Path]) -> tuple[Path, ...]:
    """Return what of a batch a rule is about; of folders also what is in them, which may have come before the watch."""
    found: dict[Path, None] = {}
    for path in batch:
        if rule.takes(path):
            found[path] = None
        if path.is_dir() and not path.is_symlink():
            found |= {one: None for one in rule.files() if path in one.parents}
    return tuple(found)
