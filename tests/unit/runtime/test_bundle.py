"""A bundle keeps a spec exactly, and its files are never seen half-written."""

from __future__ import annotations

import json
import os
import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.runtime_spec import Linux, Mount, Process, Root, Spec
from jupyter_containers.runtime.bundle import ANNOTATION_SECCOMP, Bundle, BundleNotFound, read_json, write_json
from jupyter_containers.runtime.defaults import default_seccomp

SPEC = Spec(
    process=Process(args=("sh",), env=("A=1",)),
    root=Root("rootfs"),
    mounts=(Mount("/proc", "proc", "proc"),),
    annotations={"a": "b"},
)


def test_a_spec_comes_back_as_it_was(tmp_path: Path) -> None:
    bundle = Bundle.create(tmp_path / "c", SPEC)
    assert bundle.load_spec() == SPEC
    assert os.path.isdir(bundle.rootfs_path)


def test_the_default_seccomp_profile_is_kept_by_name_and_comes_back_as_the_same_object(tmp_path: Path) -> None:
    spec = replace(SPEC, linux=Linux(seccomp=default_seccomp()))
    bundle = Bundle.create(tmp_path / "c", spec)
    written = json.loads(Path(bundle.config_path).read_text())
    assert "seccomp" not in written["linux"]
    assert written["annotations"][ANNOTATION_SECCOMP] == "default"
    assert bundle.load_spec().linux.seccomp is default_seccomp()


def test_an_own_seccomp_profile_is_written_out(tmp_path: Path) -> None:
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}
    bundle = Bundle.create(tmp_path / "c", replace(SPEC, linux=Linux(seccomp=profile)))
    assert bundle.load_spec().linux.seccomp == profile


def test_no_seccomp_profile_stays_none(tmp_path: Path) -> None:
    assert Bundle.create(tmp_path / "c", SPEC).load_spec().linux.seccomp is None


def test_creating_a_bundle_again_replaces_its_config(tmp_path: Path) -> None:
    Bundle.create(tmp_path / "c", SPEC)
    bundle = Bundle.create(tmp_path / "c", replace(SPEC, hostname="other"))
    assert bundle.load_spec().hostname == "other"


def test_a_root_path_may_be_relative_to_the_bundle_or_absolute(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path)
    assert bundle.root_path(SPEC) == f"{tmp_path}/rootfs"
    assert bundle.root_path(replace(SPEC, root=Root("/srv/root"))) == "/srv/root"


def test_a_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound, match=str(tmp_path / "gone")):
        Bundle(tmp_path / "gone").load_spec()


@pytest.mark.parametrize("text", ["{", "[]", '{"process": {}}', '{"process": 3}'])
def test_a_broken_config_is_an_invalid_parameter(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InvalidParameter):
        Bundle(tmp_path).load_spec()


def test_a_writer_leaves_no_temporary_file(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": 1})
    write_json(tmp_path / "x.json", {"a": 2})
    assert read_json(tmp_path / "x.json") == {"a": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_a_large_file_is_written_whole(tmp_path: Path) -> None:
    content = {"text": "x" * 5_000_000}
    write_json(tmp_path / "x.json", content)
    assert read_json(tmp_path / "x.json") == content


def test_removing_a_bundle_twice_is_fine(tmp_path: Path) -> None:
    bundle = Bundle.create(tmp_path / "c", SPEC)
    bundle.remove()
    bundle.remove()
    assert not bundle.path.exists()


def test_what_does_not_go_on_the_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = str(tmp_path / "exit.json")
    write_json(path, {"exit_code": 3})
    before, old = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_json(path, {"exit_code": 0, "reason": "of many words"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    assert read_json(path) == {"exit_code": 3}
