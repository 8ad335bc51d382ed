"""The registry as a process: what it refuses to start with, passwords, TLS, the end."""

from __future__ import annotations

import base64
import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest

from jupyter_containers.oci.digest import Digest
from tests.support import tiny_image
from tests.support.certificates import make_certificates
from tests.support.eventually import eventually
from tests.support.own_registry import OwnRegistry, own_registry


def serve(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jupyter_containers", "registry", "serve", *flags], capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


def header(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_it_does_not_listen_to_the_network_without_tls(tmp_path: Path) -> None:
    run = serve("--root", str(tmp_path), "--listen", "0.0.0.0:0")
    assert run.returncode == 1
    assert run.stderr.startswith("jupyter-containers registry serve: cannot listen on 0.0.0.0:0 without TLS")
    assert "Traceback" not in run.stderr


def test_two_do_not_serve_one_folder(tmp_path: Path) -> None:
    with own_registry(tmp_path):
        run = serve("--root", str(tmp_path), "--listen", "127.0.0.1:0")
    assert (run.returncode, run.stdout) == (1, "")
    assert f"another registry serves {tmp_path}" in run.stderr


def test_two_do_not_listen_at_one_address(tmp_path: Path) -> None:
    with own_registry(tmp_path / "one") as registry:
        run = serve("--root", str(tmp_path / "two"), "--listen", registry.address)
    assert run.returncode == 1
    assert f"cannot listen on {registry.address}" in run.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(tmp_path: Path, number: signal.Signals) -> None:
    registry = OwnRegistry(tmp_path)
    registry.start()
    assert registry.stop(number) == 0


def test_an_upload_under_way_does_not_keep_it_and_goes_on_later(tmp_path: Path) -> None:
    registry = OwnRegistry(tmp_path)
    registry.start()
    path = registry.begin("team/app")
    with registry.send_part(path, bytes(3 << 20), 5 << 20):
        eventually(lambda: registry.received(path) >= 2 << 20)
        assert registry.stop() == 0
    registry.start()
    assert registry.request("PATCH", path, bytes((5 << 20) - registry.received(path))).status == 202
    assert registry.request("PUT", f"{path}?digest={Digest.of(bytes(5 << 20))}").status == 201
    assert registry.stop() == 0


def test_only_who_has_a_password_comes_in(tmp_path: Path) -> None:
    hash_ = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (tmp_path / "htpasswd").write_text(f"alice:{hash_}\n")
    with own_registry(tmp_path / "root", "--htpasswd", str(tmp_path / "htpasswd")) as registry:
        for path in ("/v2/", "/v2/_catalog", "/v2/%2e%2e/tags/list", "/"):
            answer = registry.request("GET", path)
            assert (answer.status, answer.code) == (401, "UNAUTHORIZED"), path
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        assert registry.request("GET", "/v2/", headers=header("alice", "wrong")).status == 401
        assert registry.request("GET", "/v2/", headers=header("alice", "secret")).status == 200
        (tmp_path / "htpasswd").unlink()
        answer = registry.request("GET", "/v2/", headers=header("alice", "secret"))
        assert (answer.status, answer.code) == (500, "UNKNOWN")


def test_tls(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path / "certificates")
    flags = ["--tls-cert", str(folder / "server/cert.pem"), "--tls-key", str(folder / "server/key.pem")]
    with own_registry(tmp_path / "root", *flags) as registry:
        registry.tls = ssl.create_default_context(cafile=folder / "ca.pem")
        content = bytes(range(256)) * 8000
        digest = registry.push_blob("team/app", content)
        assert digest == Digest.of(content)
        assert registry.request("GET", f"/v2/team/app/blobs/{digest}").content == content


def test_memory_does_not_grow_with_what_passes(tmp_path: Path) -> None:
    with own_registry(tmp_path) as registry:
        registry.push_blob("team/app", bytes(1 << 20))
        before = peak_memory(registry.pid)
        content = bytes(200 << 20)
        digest = registry.push_blob("team/app", content)
        assert registry.request("GET", f"/v2/team/app/blobs/{digest}").content == content
        assert peak_memory(registry.pid) - before < 32 << 20


def peak_memory(pid: int) -> int:
    """Return the most bytes that a process ever had in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def test_a_registry_that_is_read_only_hands_out_and_takes_nothing(tmp_path: Path) -> None:
    image = tiny_image.image(tiny_image.layer({"a": b"1"}))
    with own_registry(tmp_path) as registry:
        registry.push_image("app", "1", image)
    with own_registry(tmp_path, "--read-only") as registry:
        assert registry.request("GET", "/v2/app/manifests/1").content == image.manifest
        assert registry.request("HEAD", f"/v2/app/blobs/{image.image_id}").status == 200
        for method, path in (
            ("POST", "/v2/app/blobs/uploads/"), ("PUT", "/v2/app/manifests/2"), ("DELETE", "/v2/app/manifests/1"),
            ("PATCH", f"/v2/app/blobs/uploads/{'0' * 32}"), ("DELETE", f"/v2/app/blobs/{image.image_id}"),
        ):  # fmt: skip
            refused = registry.request(method, path, b"{}")
            assert (refused.status, refused.code, refused.headers["Allow"]) == (405, "UNSUPPORTED", "GET, HEAD")
        assert registry.request("GET", "/v2/app/tags/list").json["tags"] == ["1"]


def test_each_request_is_told_when_that_is_asked_for(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with own_registry(tmp_path / "told", "--access-log") as registry:
        registry.request("GET", "/v2/app/manifests/1", headers=header("alice", "secret"))
        registry.request("GET", "/v2/a%0Ab/tags/list")
    first, second = [line for line in capfd.readouterr().err.splitlines() if "/v2/" in line]
    assert first.startswith('INFO 127.0.0.1 "GET /v2/app/manifests/1 HTTP/1.1" 404 ')
    assert "a%0Ab" in second
    with own_registry(tmp_path / "silent") as registry:
        registry.request("GET", "/v2/")
    assert "/v2/" not in capfd.readouterr().err


def test_tags_that_do_not_stay_go_while_it_serves_and_their_bytes_follow(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old, new = (tiny_image.image(tiny_image.layer({name: name.encode() * 5000})) for name in ("old", "new"))
    with own_registry(tmp_path) as registry:
        for tag, image in (("v1", old), ("tried", old), ("2", new)):
            registry.push_image("team/app", tag, image)
            os.utime(tmp_path / "repositories/team/app/_tags" / tag, (1, 1))
        registry.push_image("team/app", "3", new)
    flags = ["--keep-newest", "1", "--keep", "v*", "--expire", "0.5"]
    with own_registry(tmp_path, *flags) as registry:
        eventually(lambda: registry.request("GET", "/v2/team/app/tags/list").json["tags"] == ["3", "v1"])
        assert registry.request("GET", "/v2/team/app/manifests/v1").content == old.manifest
        assert registry.request("DELETE", "/v2/team/app/manifests/v1").status == 202
        registry.push_image("team/app", "v1", new)
        assert registry.request("GET", f"/v2/team/app/manifests/{old.digest}").status == 200
        registry.push_image("team/app", "4", old)
        registry.push_image("team/app", "5", new)
        eventually(lambda: registry.request("GET", f"/v2/team/app/manifests/{old.digest}").status == 404)
        layer = tmp_path / "content/blobs/sha256" / old.layers[0].descriptor.digest.hex
        eventually(lambda: not layer.exists())
    told = [line for line in capfd.readouterr().err.splitlines() if "does not stay" in line]
    assert "INFO team/app:tried does not stay, and was removed" in told


def test_who_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    with own_registry(tmp_path, "--rate-limit", "60", "--metrics") as registry:
        answers = (registry.request("GET", "/v2/") for _ in range(1000))
        allowed, refused = 0, next(answers)
        while refused.status == 200:
            allowed, refused = allowed + 1, next(answers)
        assert allowed >= 60
        assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, "TOOMANYREQUESTS", "1")
        # What a refused request brings is not taken for the next one.
        with registry.send_part("/v2/app/blobs/uploads/x", b"GET /v2/ HTTP/1.1\r\n", 19) as connection:
            assert connection.recv(12) == b"HTTP/1.1 429"
        eventually(lambda: registry.request("GET", "/v2/").status == 200)
