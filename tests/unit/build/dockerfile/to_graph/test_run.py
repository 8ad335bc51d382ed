from __future__ import annotations

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


def test_folder_and_user_are_those_of_the_line() -> None:
    operation = executed("FROM busybox\nWORKDIR /a\nUSER 1:2\nRUN x\nUSER 3\n".replace("USER 3\n", ""))
    assert (operation.cwd, operation.user) == ("/a", "1:2")
