from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.operations.definitions import Execute
from tests.support.planning import planned


def executed(text: str, **build_args: str) -> Execute:
    operation = planned(text, build_args=build_args).target.operation
    assert isinstance(operation, Execute)
    return operation


def test_environment_is_env_and_then_the_arguments_that_env_does_not_set() -> None:
    operation = executed("FROM busybox\nARG A=1\nARG B=2\nENV A=env\nRUN x\n")
    assert operation.env == ("PATH=/bin", "A=env", "B=2")


def test_proxies_reach_the_process_but_not_the_key() -> None:
    operation = executed("FROM busybox\nRUN x\n", HTTP_PROXY="http://secret")
    assert operation.hidden_env == ("HTTP_PROXY=http://secret", "http_proxy=http://secret")
    assert "secret" not in str(operation.definition())


def test_a_run_from_a_heredoc_with_an_interpreter_is_a_script() -> None:
    operation = executed("FROM busybox\nRUN <<X\n#!/bin/awk\n1\nX\n")
    assert operation.args == ("/dev/pipes/X",)
    assert operation.scripts == (("X", "#!/bin/awk\n1\n"),)


@pytest.mark.parametrize("name", ["..", "../x", "/etc/cron.d/x", "a/b", "n" * 256])
def test_a_script_of_a_heredoc_is_called_as_a_file_is(name: str) -> None:
    """Its file lies on this machine: the name must lead nowhere."""
    with pytest.raises(DockerfileError, match="is to be the name of a file"):
        executed(f"FROM busybox\nRUN <<{name}\n#!/bin/awk\n1\n{name}\n")
    # To the shell it is only a word.
    assert executed(f"FROM busybox\nRUN <<{name}\necho\n{name}\n").args[-1] == "echo\n"


def test_folder_and_user_are_those_of_the_line() -> None:
    operation = executed("FROM busybox\nWORKDIR /a\nUSER 1:2\nRUN x\nUSER 3\n".replace("USER 3\n", ""))
    assert (operation.cwd, operation.user) == ("/a", "1:2")


def test_caches_are_kept_apart_by_the_name_that_a_build_gives_them() -> None:
    mounts = "--mount=type=cache,target=c --mount=type=cache,id=i,target=/d --mount=target=/e"
    text = f"FROM busybox\nWORKDIR /w\nRUN {mounts} x\n"
    given = executed(text, BUILDKIT_CACHE_MOUNT_NS="mine")
    assert [mount.identity for mount in given.mounts] == ["mine//w/c", "mine/i", ""]
    assert [mount.identity for mount in executed(text).mounts] == ["/w/c", "i", ""]


def test_a_build_says_what_the_machine_of_its_steps_is_called() -> None:
    named, plain = (executed("FROM busybox\nRUN x\n", **args) for args in ({"BUILDKIT_SANDBOX_HOSTNAME": "a.b"}, {}))
    assert (named.hostname, plain.hostname) == ("a.b", "")
    assert named.definition() == {**plain.definition(), "hostname": "a.b"}


@pytest.mark.parametrize("name", ["-a", "a b", "a" * 64, "a."])
def test_what_no_machine_can_be_called_is_refused(name: str) -> None:
    with pytest.raises(DockerfileError, match=r"invalid BUILDKIT_SANDBOX_HOSTNAME .* write letters"):
        executed("FROM busybox\nRUN x\n", BUILDKIT_SANDBOX_HOSTNAME=name)


def test_an_argument_that_was_declared_again_is_told_again() -> None:
    plan = planned("FROM busybox\nARG a=0\nARG b a=1\nRUN x\n")
    assert plan.steps[-1].created_by == "RUN |3 a=1 b= a=1 /bin/sh -c x # buildkit"
