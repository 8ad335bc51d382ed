"""Tests of kernels.kernelspecs."""

from __future__ import annotations

import json
import stat
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.kernels import ends, kernelspecs
from jupyter_containers.kernels.container_plan import ContainerPlan
from jupyter_containers.kernels.provisioner import ContainerProvisioner

PLAN = ContainerPlan("image", memory_bytes=7)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    return tmp_path / "kernels"


def installed(name: str = "boxed") -> Path:
    return kernelspecs.install(name, PLAN, display_name="Boxed", python=("python3",))


def test_a_kernel_is_installed_listed_and_removed(folder: Path) -> None:
    assert installed() == folder / "boxed"
    body = json.loads((folder / "boxed/kernel.json").read_text())
    assert body["argv"] == ["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    assert body["interrupt_mode"] == "message"
    assert body["metadata"]["kernel_provisioner"]["provisioner_name"] == "jupyter-containers"
    ends.note(folder / "boxed", "killed")
    (found,) = kernelspecs.installed()
    assert (found.name, found.display_name, found.plan, found.last_end) == ("boxed", "Boxed", PLAN, "killed")
    installed()  # again, in its place
    kernelspecs.remove("boxed")
    assert kernelspecs.installed() == []
    with pytest.raises(NotFound, match="no kernel is called boxed"):
        kernelspecs.remove("boxed")


def test_a_kernel_is_this_users_own_or_can_be_read_by_everybody(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It may hold what -e has given it.
    assert stat.S_IMODE(installed().stat().st_mode) == 0o700
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    place = kernelspecs.install("shared", PLAN, display_name="Boxed", python=("python3",), in_prefix=True)
    assert place == tmp_path / "prefix/share/jupyter/kernels/shared"
    assert stat.S_IMODE(place.stat().st_mode) == 0o755


def test_kernels_of_others_are_left_alone(folder: Path) -> None:
    (folder / "other").mkdir(parents=True)
    (folder / "other/kernel.json").write_text(json.dumps({"argv": ["x"], "display_name": "x", "language": "x"}))
    assert kernelspecs.installed() == []
    with pytest.raises(Conflict, match="none of ours; choose another"):
        installed("other")
    with pytest.raises(Conflict, match="jupyter kernelspec remove other"):
        kernelspecs.remove("other")
    assert (folder / "other/kernel.json").exists()


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "a/b", ".x"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid name of a kernel"):
        installed(name)


@pytest.mark.parametrize(
    ("image", "name"), [("host", "host"), ("Me/My_App:1.0", "me-my_app-1.0"), ("127.0.0.1:5000/x", "127.0.0.1-5000-x")]
)
def test_a_kernel_is_called_like_its_image(image: str, name: str) -> None:
    assert kernelspecs.name_for(image) == name


def test_the_provisioner_is_found_by_the_name_that_kernels_give() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    groups = pyproject["project"]["entry-points"]["jupyter_client.kernel_provisioners"]
    point = EntryPoint(kernelspecs.PROVISIONER, groups[kernelspecs.PROVISIONER], "jupyter_client.kernel_provisioners")
    assert point.load() is ContainerProvisioner
