"""kernel.json of kernels in containers: written, listed, removed. Those of others are left alone."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from jupyter_containers.errors import Conflict, ContainersError, InvalidParameter, NotFound
from jupyter_containers.kernels import ends
from jupyter_containers.kernels.container_plan import ContainerPlan

# The name of our entry point in pyproject.toml.
PROVISIONER = "jupyter-containers"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class InstalledKernel:
    """A kernelspec of ours. `last_end` is why it last ended unasked, "" if it did not."""

    name: str
    display_name: str
    folder: Path
    plan: ContainerPlan
    last_end: str = ""


def name_for(image: str) -> str:
    """Return a kernel's name made of an image's."""
    return re.sub(r"[^a-z0-9._-]+", "-", image.lower()).strip("-._")[:64] or "container"


def install(
    name: str, plan: ContainerPlan, *, display_name: str, python: Sequence[str], in_prefix: bool = False
) -> Path:
    """Write a kernelspec for this user, or into this Python's prefix; return its folder.

    `python` begins the command inside. Raises InvalidParameter for a bad name, Conflict for one that another kernel
    has, ContainersError when it cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InvalidParameter(f"invalid name of a kernel: {name!r}; expected small letters, digits, dots and dashes")
    manager = KernelSpecManager()
    if name in manager.find_kernel_specs() and _read(manager, name) is None:
        raise Conflict(f"kernel {name} is there already and is none of ours; choose another --name")
    body = {
        "argv": [*python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": display_name,
        "language": "python",
        "interrupt_mode": "message",
        "metadata": {
            "debugger": True,
            "kernel_provisioner": {"provisioner_name": PROVISIONER, "config": {"container": plan.to_json()}},
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        # What is installed gets its mode: a user's own kernel may hold what -e has given it.
        Path(folder).chmod(0o755 if in_prefix else 0o700)
        (Path(folder) / "kernel.json").write_text(json.dumps(body, indent=1))
        try:
            where = {"prefix": sys.prefix} if in_prefix else {"user": True}
            return Path(manager.install_kernel_spec(folder, name, **where))
        except OSError as error:
            raise ContainersError(f"cannot write kernel {name}: {error.strerror}: {error.filename}") from error


def installed() -> list[InstalledKernel]:
    """Return all kernels of ours that Jupyter finds here, by name."""
    manager = KernelSpecManager()
    found = [_read(manager, name) for name in sorted(manager.find_kernel_specs())]
    return [kernel for kernel in found if kernel is not None]


def remove(name: str) -> InstalledKernel:
    """Remove a kernelspec of ours. Raises NotFound, and Conflict for one that is not ours."""
    manager = KernelSpecManager()
    kernel = _read(manager, name)
    if kernel is None:
        if name in manager.find_kernel_specs():
            raise Conflict(f"kernel {name} is none of ours; jupyter kernelspec remove {name} removes it")
        raise NotFound(f"no kernel is called {name}; %container kernel list shows those that are there")
    if kernel.folder.is_symlink():
        kernel.folder.unlink()
    else:
        shutil.rmtree(kernel.folder)
    return kernel


def _read(manager: KernelSpecManager, name: str) -> InstalledKernel | None:
    try:
        spec = manager.get_kernel_spec(name)
        provisioner = spec.metadata.get("kernel_provisioner", {})
        if provisioner.get("provisioner_name") != PROVISIONER:
            return None
        plan = ContainerPlan.from_json(provisioner.get("config", {}).get("container", {}))
    except (NoSuchKernel, ValueError, OSError, AttributeError, ContainersError):
        return None
    folder = Path(spec.resource_dir)
    return InstalledKernel(name, spec.display_name, folder, plan, ends.noted(folder))
