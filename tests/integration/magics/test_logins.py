"""Logging in from a notebook: to our registry and to Debian's, and what the notebook keeps of it (nothing)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from tests.support import real_registry
from tests.support.notebook_kernel import Kernel
from tests.support.own_registry import own_registry

USER, PASSWORD = real_registry.USER, real_registry.PASSWORD


@pytest.fixture(params=["ours", "Debian's"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A registry that knows one person."""
    if request.param == "ours":
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (tmp_path / "htpasswd").write_text(f"{USER}:{hashed}\n")
        with own_registry(tmp_path / "registry", "--htpasswd", str(tmp_path / "htpasswd")) as registry:
            yield registry.address
    else:
        with real_registry.real_registry(tmp_path / "registry", password=True) as other:
            yield other.address


def log_in(kernel: Kernel, address: str, password: str) -> str:
    request = kernel.begin(f"%container login -u {USER} {address}")
    question = kernel.answer(password)
    assert question == {"prompt": f"Password of {USER} at {address}: ", "password": True}
    reply = kernel.finish(request)
    everything = json.dumps([reply.outputs, reply.error])
    assert password not in everything
    return reply.text if reply.error is None else str(reply.error["evalue"])


def test_a_person_logs_in_pushes_and_pulls(kernel: Kernel, address: str, tmp_path: Path) -> None:
    kernel.run(f"import os\nos.environ['DOCKER_CONFIG'] = {str(tmp_path / 'docker')!r}\n%xmode Verbose")
    assert "failed with status: 401 Unauthorized" in log_in(kernel, address, "not the one")
    assert not (tmp_path / "docker").exists()
    refused = kernel.run(f"%container tag busybox {address}/team/app:1\n%container push {address}/team/app:1")
    assert refused.error is not None
    assert "no basic auth credentials" in refused.error["evalue"]
    assert f"logged in to {address} as {USER}" in log_in(kernel, address, PASSWORD)
    pushed = kernel.run(f"pushed = %container push {address}/team/app:1\npushed.digest")
    assert f"pushed {address}/team/app:1, sha256:" in pushed.text
    assert kernel.run(f"%container rmi {address}/team/app:1\n%container pull {address}/team/app:1").error is None
    assert PASSWORD not in kernel.run(f"%container inspect {address}/team/app:1\n%history\n_ih").text
    kernel.run(f"%container logout {address}\n%container rmi {address}/team/app:1")
    again = kernel.run(f"%container pull {address}/team/app:1")
    assert again.error is not None
    assert "no basic auth credentials" in again.error["evalue"]


def test_with_long_errors_no_variable_of_a_failed_login_is_shown(kernel: Kernel, address: str, tmp_path: Path) -> None:
    kernel.run("%config ContainerMagics.short_errors = False\n%xmode Verbose")
    try:
        assert "401 Unauthorized" in log_in(kernel, address, "mistyped-password")
    finally:
        kernel.run("%config ContainerMagics.short_errors = True\n%xmode Plain")


def test_a_kernel_that_takes_no_input_says_so(kernel: Kernel, address: str) -> None:
    kernel.run("get_ipython().kernel._allow_stdin = False")
    reply = kernel.run(
        "kernel = get_ipython().kernel\nkernel._allow_stdin = False\n"
        f"get_ipython().run_line_magic('container', 'login -u {USER} {address}')"
    )
    assert reply.error is not None
    assert "nobody can type here" in reply.error["evalue"]
