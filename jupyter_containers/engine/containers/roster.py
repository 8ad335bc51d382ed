"""The roster: every container this daemon knows, saved after each change and told of in events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.log_options import log_path
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.record_json import from_json, to_json
from jupyter_containers.engine.containers.turns import Turns
from jupyter_containers.engine.environment import Environment
from jupyter_containers.errors import ContainersError, NotFound
from jupyter_containers.linux import capabilities, processes
from jupyter_containers.network.values import Attachment
from jupyter_containers.runtime import state as states
from jupyter_containers.runtime.bundle import Bundle

_log = logging.getLogger(__name__)


class Roster:
    """Live containers by id, over the records of the database; owner of the tasks that follow their lives."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._containers: dict[str, Container] = {}
        self.unreadable: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.turns = Turns()
        self.on_end: Callable[[Container], None] = lambda _container: None
        self.on_run: Callable[[Container], None] = lambda _container: None

    @cached_property
    def granted_capabilities(self) -> tuple[str, ...]:
        """What this daemon may do itself, and so may give; it stays the same as long as it lives."""
        return capabilities.read().bounding

    def load(self) -> None:
        """Read all records. Call once, before anything else.

        One that cannot be read is left out, and what it has here is left alone: nobody could tell what it was.
        """
        records = self.environment.container_records
        for container_id in records.ids():
            try:
                row = records.get(container_id)
                # The row's name counts: it was changed first when a daemon died in the middle of a rename.
                record = replace(from_json(Record, row.record), name=row.name)
                attachments = {name: Attachment.from_json(values) for name, values in record.attachments.items()}
            except (ContainersError, ValueError, LookupError, TypeError, AttributeError) as error:
                self.unreadable.add(container_id)
                _log.error(
                    "container %s is left out, its record cannot be read (%s: %s); stop the daemon, and see "
                    "`jupyter-containers doctor --storage`", container_id[:12], type(error).__name__, error,
                )  # fmt: skip
                continue
            self._containers[record.id] = Container(record, attachments)

    def add(self, record: Record) -> Container:
        """Write a new record, which takes its name. Raises Conflict when the name is in use."""
        self.environment.container_records.add(record.id, record.name, to_json(record))
        container = self._containers[record.id] = Container(record)
        return container

    def find(self, name: str) -> Container:
        """Return a container by id, name or unique prefix of an id. Raises NotFound, InvalidParameter."""
        container = self._containers.get(name)
        if container is None:
            container = self._containers.get(self.environment.container_records.find(name))
        if container is None or container.is_removed:
            raise NotFound(f"No such container: {name}")
        return container

    def all(self) -> list[Container]:
        """Return all containers, oldest first."""
        return list(self._containers.values())

    def forget(self, container: Container) -> None:
        """Take the row and the object away."""
        self.environment.container_records.remove(container.id)
        self._containers.pop(container.id, None)

    def save(self, container: Container, **changes: Any) -> None:
        """Change the record, and write it."""
        container.record = replace(container.record, **changes)
        self.environment.container_records.update(container.id, to_json(container.record))

    def save_state(self, container: Container, **changes: Any) -> None:
        """Change fields of the record's state, and write it."""
        self.save(container, state=replace(container.record.state, **changes))

    def rename(self, container: Container, name: str) -> None:
        """Give it another name. Raises Conflict when that is in use."""
        self.environment.container_records.rename(container.id, name)
        self.save(container, name=name)

    def publish(self, container: Container, action: str, attributes: Mapping[str, str] | None = None) -> None:
        """Tell of what happened, with image, name and labels, as Docker does."""
        record = container.record
        told = {**record.settings.labels, "image": record.settings.image, "name": record.name, **(attributes or {})}
        self.environment.events.publish("container", action, record.id, told)

    def now(self) -> int:
        """Return nanoseconds since the epoch."""
        return self.environment.clock_ns()

    def files_path(self, record: Record) -> Path:
        """Return the directory of the container's own files: log, hostname, hosts, resolv.conf."""
        return self.environment.places.data / "containers" / record.id

    def log_path(self, record: Record) -> Path | None:
        """Return the newest file of its log; None when none is kept."""
        return log_path(record, self.files_path(record))

    def bundle_path(self, record: Record) -> Path:
        return self.environment.places.run / "bundles" / record.id

    def has_process(self, container: Container) -> bool:
        """Tell whether a container's pid is still that of its first process: the kernel gives numbers out again.

        Asked when something of /proc/<pid> was opened: what is open then is the container's, if it still lives.
        """
        pid = container.record.state.pid
        try:
            state = states.read(Bundle(self.bundle_path(container.record)))
        except ContainersError:
            return True  # somebody has tidied up in the run root: nobody could say
        return state.pid == pid and processes.is_alive(pid, state.pid_start_time)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start a task that follows a container's life; `close` ends those that are left."""
        task = asyncio.get_running_loop().create_task(_logged(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never gets to its work.
        task.add_done_callback(lambda _task: work.close())
        return task

    async def close(self) -> None:
        """End the tasks and let the shims go. The containers run on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for container in self._containers.values():
            if container.shim is not None:
                container.shim.close()
            container.stop_waiting()
            container.refuse_attaching()


async def _logged(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 - nobody waits for these tasks: the log is where their failures can be seen
        _log.exception("%s failed", name)
