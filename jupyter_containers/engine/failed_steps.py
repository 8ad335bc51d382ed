"""Failed steps: a RUN that failed is a place where one can go on. Its root, environment and mounts wait here.

A failed step is no container: nobody asked for one, and `ps -a` would fill with them. It becomes one when somebody
wants in: then its root is an image, `failed-step:<id>`, and the container is like all others, to start, attach, exec,
commit and remove from any client. The last COUNT are kept, for DAYS, together of BYTES at the most unless it is only
the last; one that a container stands on stays with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from jupyter_containers.build.failed_step import FailedStep
from jupyter_containers.build.operations.performer import rfc_3339
from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.containers.containers import Containers
from jupyter_containers.engine.containers.create import Created
from jupyter_containers.engine.containers.record import EndpointSettings, HostSettings, Settings
from jupyter_containers.engine.containers.record_json import from_json, to_json
from jupyter_containers.engine.failed_mounts import FailedMounts, Shown
from jupyter_containers.engine.garbage import Needed
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.steps import host_settings
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.images.assemble import assemble
from jupyter_containers.metadata.failed_steps import FailedSteps as FailedStepRecords
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import History, ImageConfig, ProcessDefaults
from jupyter_containers.oci.platform import host_platform
from jupyter_containers.oci.reference import Reference

COUNT = 10
DAYS = 7
BYTES = 10_000_000_000
LAST = "last"
REPOSITORY = "failed-step"
_DAY_SECONDS = 24 * 3600.0
_FALLBACK_SHELL = ("/bin/sh",)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed step that is kept. `created` is seconds since the epoch.

    `names` are what the image was to be called, `file` is the Dockerfile's path in its context.
    """

    step: FailedStep
    created: float = 0.0
    names: tuple[str, ...] = ()
    file: str = ""

    @property
    def id(self) -> str:
        return self.step.id

    @property
    def image(self) -> str:
        """The name of its image, once somebody has asked for a container."""
        return f"{REPOSITORY}:{self.id[:12]}"

    @property
    def needed(self) -> Needed:
        """What it needs of the store."""
        filesystems = (self.step.filesystem, *self.step.origins)
        blobs = (layer.descriptor.digest for one in filesystems for layer in one.layers)
        return Needed(frozenset(blobs), frozenset(one.chain for one in filesystems if one.chain))

    @property
    def shell(self) -> tuple[str, ...]:
        """The shell of its stage, for a person: without -c, and without -e, which would end it at the first mistake."""
        return (self.step.operation.shell or _FALLBACK_SHELL)[:1]


class FailedSteps:
    """The failed steps of one data root. Implements build's FailureKeeper. `open` once at the start."""

    def __init__(
        self,
        records: FailedStepRecords,
        *,
        containers: Containers,
        images: Images,
        content: ContentStore,
        mounts: FailedMounts,
        clock: Callable[[], float] = time.time,
        max_bytes: int = BYTES,
    ) -> None:
        self._records = records
        self._max_bytes = max_bytes
        self._containers = containers
        self._images = images
        self._content = content
        self._mounts = mounts
        self._clock = clock

    async def open(self) -> None:
        """Let go of what is too old, and of what a crash left."""
        self._trim()
        self._mounts.tidy({failure.id for failure in self.all()})

    def keep(self, failed: FailedStep) -> None:
        """See build.failed_step.FailureKeeper. The oldest go when there are more than COUNT."""
        self._put(Failure(failed, self._clock()))
        self._trim()

    def describe(self, step_id: str, *, names: Iterable[str], file: str) -> None:
        """Note for which image a step was done, and in which Dockerfile; several builds may have shared it."""
        for failure in self.all():
            if failure.id == step_id:
                known = tuple(dict.fromkeys((*failure.names, *names)))
                self._put(replace(failure, names=known, file=failure.file or file))

    def all(self) -> list[Failure]:
        """Return what is kept, the newest first."""
        return [from_json(Failure, entry.record) for entry in self._records.all()]

    def find(self, text: str) -> Failure:
        """Return the failure that `last`, an id, its beginning, or the name of the image to be means; the newest.

        Raises NotFound, InvalidParameter for an ambiguous beginning.
        """
        kept = self.all()
        if text == LAST and kept:
            return kept[0]
        found = [failure for failure in kept if failure.id.startswith(text.removeprefix(f"{REPOSITORY}:"))]
        if len(found) > 1:
            raise InvalidParameter(f"failed step {text} is ambiguous; give more digits")
        if not found:
            found = [failure for failure in kept if _familiar(text) in failure.names][:1]
        if not found:
            known = ", ".join(failure.id[:12] for failure in kept) or "none is"
            raise NotFound(f"no failed step {text} is kept; {known} kept now, each for {DAYS} days at the most")
        return found[0]

    def size(self, failure: Failure) -> int:
        """Return the bytes that the step itself has written."""
        return self._images.layer_size(failure.step.filesystem.chain) if failure.step.has_layer else 0

    def is_used(self, failure: Failure) -> bool:
        """Say whether a container stands on it."""
        return bool(self._users(failure))

    def sources_in_use(self) -> frozenset[str]:
        """Return what containers of failed steps are shown of this host, by path."""
        used = (self._mounts.shown(failure.step) for failure in self.all() if self.is_used(failure))
        return frozenset(mount.source for shown in used for mount in shown.mounts)

    def missing(self, failure: Failure) -> tuple[str, ...]:
        """Return sentences about what a container of the step lacks that the step had."""
        return self._mounts.shown(failure.step).missing

    async def create(
        self,
        failure: Failure,
        settings: Settings,
        host: HostSettings,
        *,
        name: str = "",
        endpoints: Mapping[str, EndpointSettings],
    ) -> Created:
        """Make a container with the step's root, environment, mounts and network, where the settings say nothing else.

        Its command is the step's shell. The warnings say what is missing. Raises what Containers.create raises.
        """
        async with self._images.garbage.working():
            image = self._image(failure)
            shown = self._mounts.prepare(failure.step)
            settings = replace(settings, image=failure.image, env=(*failure.step.operation.hidden_env, *settings.env))
            host = _completed(host, failure.step, shown)
            created = await self._containers.create(settings, host, name=name, endpoints=endpoints)
        assert created.container.record.image_id == str(image), failure.id
        return replace(created, warnings=(*created.warnings, *shown.missing))

    async def forget(self, failure: Failure) -> int:
        """Let go of a step, and return the bytes freed. Raises Conflict when a container stands on it."""
        if users := self._users(failure):
            raise Conflict(f"failed step {failure.id[:12]} is used by container {users[0][:12]}; remove that first")
        self._forget(failure)
        return (await self._images.garbage.collect()).freed_bytes

    def prune(self, wanted: Callable[[Failure], bool]) -> list[str]:
        """Let go of the steps that are wanted and not used; return their ids. What they held is left to the garbage."""
        gone = [failure for failure in self.all() if wanted(failure) and not self.is_used(failure)]
        for failure in gone:
            self._forget(failure)
        return [failure.id for failure in gone]

    def needed(self) -> Iterable[Needed]:
        """Return what the kept steps need, for the garbage collector."""
        return [failure.needed for failure in self.all()]

    def _put(self, failure: Failure) -> None:
        self._records.put(failure.id, failure.created, to_json(failure))

    def _trim(self) -> None:
        oldest, taken = self._clock() - DAYS * _DAY_SECONDS, 0
        for number, failure in enumerate(self.all()):
            taken += self.size(failure)
            is_too_much = number >= COUNT or (number > 0 and taken > self._max_bytes)
            if (is_too_much or failure.created < oldest) and not self.is_used(failure):
                self._forget(failure)

    def _forget(self, failure: Failure) -> None:
        # The row first: what a crash leaves of the rest is garbage, or an image that people see and can remove.
        self._records.remove(failure.id)
        self._mounts.forget(failure.id)
        target = self._images.target(Reference.parse(failure.image))
        record = self._images.known(target) if target is not None else None
        if record is not None:
            self._images.untag(record, Reference.parse(failure.image))
            if not self._images.references(record):
                self._images.delete(record)

    def _image(self, failure: Failure) -> Digest:
        """Make the step's root an image, the same each time."""
        filesystem = failure.step.filesystem
        descriptors = [layer.descriptor for layer in filesystem.layers]
        image = assemble(self._content, _config(failure), descriptors)
        self._images.add(image, Reference.parse(failure.image))
        return image.config_digest

    def _users(self, failure: Failure) -> list[str]:
        target = self._images.target(Reference.parse(failure.image))
        return [user.container_id for user in self._images.users(target)] if target is not None else []


def _completed(host: HostSettings, step: FailedStep, shown: Shown) -> HostSettings:
    """Return what a container may have of the host: what was asked for, and for the rest what the step had."""
    own, none = host_settings(step.limits, step.operation.network), HostSettings()
    names = ("network_mode", "shm_size", "ulimits", "extra_hosts", "limits")
    left = {name: getattr(own, name) for name in names if getattr(host, name) == getattr(none, name)}
    taken = {mount.target for mount in host.mounts}
    mounts = (*(mount for mount in shown.mounts if mount.target not in taken), *host.mounts)
    return replace(host, **left, mounts=mounts, tmpfs={**shown.tmpfs, **host.tmpfs})


def _config(failure: Failure) -> ImageConfig:
    """Return the image's config: what a container of it begins with is what the step had."""
    operation, filesystem = failure.step.operation, failure.step.filesystem
    created = rfc_3339(datetime.fromtimestamp(failure.created, UTC))
    own = filesystem.layers[-1] if failure.step.has_layer and filesystem.layers else None
    history = tuple(
        History(created, f"RUN {operation.shown} # failed" if layer is own else "") for layer in filesystem.layers
    )
    process = ProcessDefaults(
        user=operation.user, env=operation.env, working_dir=operation.cwd, cmd=failure.shell, shell=operation.shell
    )
    diff_ids = tuple(layer.diff_id for layer in filesystem.layers)
    return ImageConfig(host_platform(), diff_ids, process, history, created)


def _familiar(text: str) -> str:
    """Return the name of an image as it is kept; "" for what is no name."""
    try:
        return Reference.parse(text).with_default_tag().familiar
    except InvalidParameter:
        return ""
