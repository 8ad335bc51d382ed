"""The bundle: one directory per container with all that the runtime is told and all that it leaves behind.

    config.json   the spec        (written by the engine)        rootfs/      where the root is mounted, inside only
    state.json    live facts      (written by the shim)          exit.json    how it ended (written by the shim)
    trace.json    durations of what was done (see explain.py)

One writer per file; each is written beside its place and renamed, so a reader sees the old or the new one.
Source: OCI runtime-spec, bundle.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.linux.folders import remove_flat
from jupyter_containers.oci.runtime_spec import Spec
from jupyter_containers.runtime.defaults import default_seccomp

if TYPE_CHECKING:
    # Only named here: importing it costs the zygote 2 MB, using it each shim 0.2.
    from pathlib import Path

# Stands in config.json for the 20 KB of the default seccomp profile, which every process of ours knows anyway.
ANNOTATION_SECCOMP = "jupyter-containers.seccomp"


# Made once, in the zygote: one for each file would cost every shim some pages.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


class BundleNotFound(NotFound):
    def __init__(self, path: str) -> None:
        super().__init__(f"no bundle at {path}", path=path)


class Bundle:
    """The directory of one container, `place`; holds no descriptors and no cache."""

    __slots__ = ("place",)

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.place = os.fspath(place)

    @classmethod
    def create(cls, path: str | os.PathLike[str], spec: Spec) -> Bundle:
        """Make the directory with its config and mount point; an existing bundle gets the new config."""
        bundle = cls(path)
        os.makedirs(bundle.rootfs_path, mode=0o700, exist_ok=True)
        write_json(bundle.config_path, _to_json(spec))
        return bundle

    @property
    def path(self) -> Path:
        from pathlib import Path

        return Path(self.place)

    @property
    def config_path(self) -> str:
        return f"{self.place}/config.json"

    @property
    def rootfs_path(self) -> str:
        return f"{self.place}/rootfs"

    @property
    def state_path(self) -> str:
        return f"{self.place}/state.json"

    @property
    def exit_path(self) -> str:
        return f"{self.place}/exit.json"

    @property
    def trace_path(self) -> str:
        return f"{self.place}/trace.json"

    def load_spec(self) -> Spec:
        """Return the spec. Raises: BundleNotFound; InvalidParameter when the JSON is not a spec."""
        data = read_json(self.config_path)
        try:
            spec = Spec.from_json(data)
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidParameter(f"not a runtime spec: {self.config_path}: {error!r}") from error
        if spec.annotations.get(ANNOTATION_SECCOMP) == "default":
            return replace(spec, linux=replace(spec.linux, seccomp=default_seccomp()))
        return spec

    def root_path(self, spec: Spec) -> str:
        """Return where the spec's root is mounted: `root.path`, which may be relative to the bundle."""
        return os.path.abspath(os.path.join(self.place, spec.root.path))

    def remove(self) -> None:
        """Delete the directory; a bundle that is gone already is not an error."""
        remove_flat(self.place, folders=("rootfs",))


def write_json(path: str, data: Mapping[str, Any]) -> None:
    """Replace a file by this JSON object, atomically for readers. Not synced: the run root dies with the host.

    Raises OSError; the file is as it was then.
    """
    temporary = f"{path}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(_ENCODER.encode(data).encode())
        while rest:
            # On a full disk a part is written first, and only the next attempt is refused.
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)
    os.rename(temporary, path)


def read_json(path: str) -> dict[str, Any]:
    """Read what `write_json` wrote. Raises: BundleNotFound when the file is missing, InvalidParameter when broken."""
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read())
    except FileNotFoundError:
        raise BundleNotFound(os.path.dirname(path)) from None
    except ValueError as error:
        raise InvalidParameter(f"not JSON: {path}: {error}") from error
    if not isinstance(data, dict):
        raise InvalidParameter(f"not a JSON object: {path}")
    return data


def _to_json(spec: Spec) -> dict[str, Any]:
    if spec.linux.seccomp is None or spec.linux.seccomp != default_seccomp():
        return spec.to_json()
    named = {**spec.annotations, ANNOTATION_SECCOMP: "default"}
    return replace(spec, linux=replace(spec.linux, seccomp=None), annotations=named).to_json()
