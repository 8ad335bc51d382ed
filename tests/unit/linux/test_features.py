from __future__ import annotations

import os

import pytest

from jupyter_containers.linux import features


def test_every_feature_has_a_reason_exactly_when_it_is_missing() -> None:
    for feature in features.probe():
        assert feature.available == (not feature.reason), feature
        assert feature.cost
        assert feature.remedy


def test_only_the_asked_features_are_tried_and_in_the_order_of_the_table() -> None:
    assert [feature.name for feature in features.probe({"pidfd", "root"})] == ["root", "pidfd"]
    assert [feature.name for feature in features.probe([])] == []
    assert {"root", "namespaces", "overlay", "seccomp", "cgroup_v1", "cgroup_v2", "nftables"} <= set(features.names())


def test_being_root_is_known() -> None:
    (root,) = features.probe(["root"])
    assert root.available == (os.geteuid() == 0)


def refuse() -> None:
    raise PermissionError(1, "mount: Operation not permitted", "/x")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda: None, ""),
        (refuse, "mount: Operation not permitted"),
        (lambda: {}["x"], "KeyError: 'x'"),
        (lambda: os.kill(os.getpid(), 9), "the probe ended with status 9"),
    ],
)
def test_a_step_in_a_child_tells_why_it_failed(step: object, reason: str) -> None:
    assert features._in_child(step) == reason  # type: ignore[arg-type]


def test_a_call_that_is_not_there_is_told_from_one_that_refuses_its_arguments() -> None:
    assert features._system_call(9999, "future") == "future: Function not implemented"
    assert features._system_call(436, "close_range") == ""
