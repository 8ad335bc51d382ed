"""The face of the room: build an image from a Dockerfile and a context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from jupyter_containers.build.cache import CacheRecords
from jupyter_containers.build.context import Context
from jupyter_containers.build.executor import Executor, NetworkMode
from jupyter_containers.build.progress import Listener, PullProgress
from jupyter_containers.content.store import ContentStore
from jupyter_containers.images.walk import Image
from jupyter_containers.snapshots.snapshotter import Snapshotter


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build is told beside its Dockerfile. `build_args`: None takes no value (as `--build-arg NAME` unset)."""

    target: str = ""
    build_args: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    no_cache: bool = False
    pull: bool = False
    network: NetworkMode = "default"


class BaseImages(Protocol):
    """Where FROM and COPY --from find images that are no stages."""

    async def resolve(self, reference: str, pull: bool, report: Callable[[PullProgress], None]) -> Image:
        """Return the image named as people write it (`busybox`, `host`), all its blobs in the content store.

        It is fetched when it is not there, or always asked for with `pull`. Raises NotFound and what a pull raises.
        """


class Builder:
    def __init__(
        self,
        *,
        content: ContentStore,
        snapshotter: Snapshotter,
        cache_records: CacheRecords,
        executor: Executor,
        images: BaseImages,
    ) -> None:
        self._content = content
        self._snapshotter = snapshotter
        self._cache_records = cache_records
        self._executor = executor
        self._images = images

    async def build(self, dockerfile: str, context: Context, options: BuildOptions, progress: Listener) -> Image:
        """Build the target stage and return its image, stored in the content store; naming it is the caller's.

        `progress` is called on the event loop, in the order of the steps. Raises DockerfileError with the line range,
        StepFailed with the exit code, and what the base images raise; all carry details line, end_line where known.
        After cancellation: processes are dead and active snapshots removed; finished steps stay in the cache.
        """
        raise NotImplementedError
