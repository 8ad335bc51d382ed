"""Pull from Debian's docker-registry what skopeo pushed there: another server and another client than ours."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.failures import LoginRequired, ManifestNotFound
from jupyter_containers.registry.pull import Pulled
from tests.support import tiny_image
from tests.support.eventually import eventually
from tests.support.registry_client import with_client

TOOLS = [tool for tool in ("docker-registry", "skopeo") if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(TOOLS), reason=f"not installed: {', '.join(TOOLS)}")

IMAGE = tiny_image.image(tiny_image.layer({"etc": None, "etc/a": b"1" * 5000}), tiny_image.layer({"b": b"2"}))
# alice has the password "secret" (bcrypt)
HTPASSWD = "alice:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"http://{address}/v2/", timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 401
    except OSError:
        return False
    return True


@pytest.fixture
def address(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give host:port of a running docker-registry; with a parameter, of one with this password file."""
    address = f"127.0.0.1:{free_port()}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "registry")}},
        "http": {"addr": address},
        "log": {"level": "error"},
    }
    if hasattr(request, "param"):
        (tmp_path / "htpasswd").write_text(request.param)
        settings["auth"] = {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}}
    (tmp_path / "settings.yml").write_text(json.dumps(settings))
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", tmp_path / "settings.yml"], stdout=log, stderr=log)
    try:
        eventually(lambda: answers(address), within_seconds=15)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def layout(folder: Path, image: tiny_image.TinyImage) -> Path:
    """Write an OCI image layout, which skopeo reads."""
    store = DirectoryStore(folder)
    for content in (*image.blobs.values(), image.manifest, *(child.manifest for child in image.children)):
        store.write(content)
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    entry = image.descriptor.to_json() | {"annotations": {"org.opencontainers.image.ref.name": "it"}}
    del entry["platform"]
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return folder


def push(folder: Path, image: tiny_image.TinyImage, target: str, *options: str) -> None:
    source = layout(folder, image)
    # A policy file of the machine may forbid what is not signed; the test must not depend on it.
    policy = folder / "policy.json"
    policy.write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
    subprocess.run(
        ["skopeo", f"--policy={policy}", "copy", "--dest-tls-verify=false", "--all", *options, f"oci:{source}:it",
         f"docker://{target}"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip


def pull(folder: Path, name: str, credentials: Credentials | None = None) -> Pulled:
    pulled = with_client(folder, lambda client: client.pull(name, credentials))
    assert isinstance(pulled, Pulled)
    return pulled


def test_an_oci_image_keeps_every_digest(tmp_path: Path, address: str) -> None:
    push(tmp_path / "layout", IMAGE, f"{address}/team/app:1")
    pulled = pull(tmp_path / "store", f"{address}/team/app:1")
    assert pulled.target.digest == IMAGE.digest
    assert pulled.image_id == IMAGE.image_id
    store = DirectoryStore(tmp_path / "store")
    assert {digest: store.read(digest) for digest in store} == IMAGE.blobs | {IMAGE.digest: IMAGE.manifest}


def test_an_image_in_dockers_format_comes_as_well(tmp_path: Path, address: str) -> None:
    push(tmp_path / "layout", IMAGE, f"{address}/team/app:1", "--format=v2s2")
    pulled = pull(tmp_path / "store", f"{address}/team/app:1")
    assert pulled.target.media_type == media_types.DOCKER_MANIFEST
    assert pulled.config.diff_ids == tuple(layer.diff_id for layer in IMAGE.layers)


def test_of_an_index_the_platform_comes(tmp_path: Path, address: str) -> None:
    index = tiny_image.index(tiny_image.image(platform=tiny_image.Platform("linux", "s390x")), IMAGE)
    push(tmp_path / "layout", index, f"{address}/team/app:1")
    pulled = pull(tmp_path / "store", f"{address}/team/app:1")
    assert pulled.target.digest == IMAGE.digest
    assert pulled.index is not None
    assert pulled.index.digest == index.digest


def test_a_suspended_layer_is_resumed(tmp_path: Path, address: str) -> None:
    push(tmp_path / "layout", IMAGE, f"{address}/team/app:1")
    layer = IMAGE.layers[0]
    store = DirectoryStore(tmp_path / "store")
    ingest = store.ingest(f"layer {layer.descriptor.digest}", expected=layer.descriptor.digest, size=len(layer.content))
    ingest.write(layer.content[:20])
    ingest.suspend()
    pull(tmp_path / "store", f"{address}/team/app:1")
    assert store.read(layer.descriptor.digest) == layer.content


def test_what_is_not_there_is_reported_as_dockerd_does(tmp_path: Path, address: str) -> None:
    push(tmp_path / "layout", IMAGE, f"{address}/team/app:1")
    nothing = Digest.of(b"nothing")
    for name in ("team/app:2", f"team/app@{nothing}", "team/none:latest"):
        with pytest.raises(ManifestNotFound) as caught:
            pull(tmp_path / "store", f"{address}/{name}")
        assert str(caught.value) == f"manifest for {address}/{name} not found: manifest unknown: manifest unknown"


@pytest.mark.parametrize("address", [HTPASSWD], indirect=True, ids=["htpasswd"])
def test_a_registry_with_passwords_lets_in_who_has_one(tmp_path: Path, address: str) -> None:
    push(tmp_path / "layout", IMAGE, f"{address}/team/app:1", "--dest-creds=alice:secret")
    name = f"{address}/team/app:1"
    with pytest.raises(LoginRequired, match="no basic auth credentials"):
        pull(tmp_path / "store", name)
    with pytest.raises(LoginRequired, match="unauthorized: authentication required"):
        pull(tmp_path / "store", name, Credentials("alice", "wrong"))
    assert pull(tmp_path / "store", name, Credentials("alice", "secret")).image_id == IMAGE.image_id
