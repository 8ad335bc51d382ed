"""Docker's JSON of execs."""

from __future__ import annotations

import asyncio

from jupyter_containers.api.wire.execs import exec_json, exec_settings_from_wire
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import ExecSettings, Record
from jupyter_containers.engine.processes import Exec


def test_a_request_is_read() -> None:
    body = {
        "AttachStdin": True, "AttachStdout": True, "AttachStderr": False, "Tty": True, "Cmd": ["sh"], "Env": ["A=1"],
        "User": "u", "WorkingDir": "/w", "Privileged": True, "DetachKeys": "a", "ConsoleSize": [3, 4],
    }  # fmt: skip
    assert exec_settings_from_wire(body) == ExecSettings(
        ("sh",), ("A=1",), "u", "/w", tty=True, attach_stdin=True, attach_stdout=True, privileged=True,
        detach_keys="a", console_size=(3, 4),
    )  # fmt: skip


def test_inspect_is_as_dockerd_answers() -> None:
    async def body() -> None:
        settings = ExecSettings(("sh", "-c", "x"), user="1", attach_stdout=True)
        exec_ = Exec("e", Container(Record("c", "n", 1, "x")), settings)
        found = exec_json(exec_)
        assert (found["ID"], found["ContainerID"], found["Running"], found["ExitCode"]) == ("e", "c", False, None)
        assert found["ProcessConfig"] == {
            "tty": False, "entrypoint": "sh", "arguments": ["-c", "x"], "privileged": False, "user": "1",
        }  # fmt: skip
        exec_.settings = ExecSettings(("sh",))
        assert "user" not in exec_json(exec_)["ProcessConfig"]

    asyncio.run(body())
