"""Durations and the spec together say what was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.oci.runtime_spec import Linux, Process, Root, Spec
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.bundle import Bundle, BundleNotFound
from jupyter_containers.runtime.explain import explain
from jupyter_containers.runtime.trace import Durations, Step

SPEC = Spec(Process(args=("sh",)), Root("rootfs"), linux=Linux(namespaces=defaults.default_namespaces()))


def test_steps_get_their_words_from_the_plan(tmp_path: Path) -> None:
    bundle = Bundle.create(tmp_path / "b", SPEC)
    Durations([("plan", 5), ("clone", 900)], [1, 2, 3, 7, 4]).write(bundle.trace_path)
    assert explain(bundle).steps == (
        Step("plan", 5, "outside"),
        Step("clone", 900, "outside"),
        Step("leave the parent's session and descriptors", 1, "inside"),
        Step("enter the cgroup", 2, "inside"),
        Step("enter the namespaces of others", 3, "inside"),
        Step("bring lo up", 7, "inside"),
        Step("new cgroup namespace", 4, "inside"),
    )


def test_a_bundle_that_was_never_run_has_nothing_to_explain(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound):
        explain(Bundle.create(tmp_path / "b", SPEC))
