"""A real registry on loopback with a busybox image in it: Debian's docker-registry and busybox-static."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

BUSYBOX = Path("/bin/busybox")
CONFIGURATION = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: {address}}}
"""


@contextmanager
def registry_with_busybox(address: str) -> Iterator[str]:
    """Serve `<address>/busybox:latest` for the time of the block; yields the address. Uses a registry that is there."""
    with TemporaryDirectory(prefix="demo-registry-") as folder:
        server = None if answers(address) else start(address, Path(folder))
        try:
            upload(f"http://{address}/v2/busybox", busybox_layer())
            yield address
        finally:
            if server is not None:
                server.terminate()
                server.wait()


def answers(address: str) -> bool:
    try:
        return requests.get(f"http://{address}/v2/", timeout=2).ok
    except requests.RequestException:
        return False


def start(address: str, folder: Path) -> subprocess.Popen[bytes]:
    configuration = folder / "config.yml"
    configuration.write_text(CONFIGURATION.format(folder=folder, address=address))
    server = subprocess.Popen(
        ["docker-registry", "serve", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 10
    while not answers(address):
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"docker-registry does not answer at {address}")
        time.sleep(0.05)
    return server


def busybox_layer() -> bytes:
    """Return a layer with busybox and its applets as links, the same bytes each time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)):
            add(tar, folder, type=tarfile.DIRTYPE, mode=mode)
        content = BUSYBOX.read_bytes()
        add(tar, "bin/busybox", content, mode=0o755)
        for applet in applets():
            add(tar, f"bin/{applet}", type=tarfile.SYMTYPE, linkname="busybox")
        add(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
        add(tar, "etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    return buffer.getvalue()


def add(tar: tarfile.TarFile, name: str, content: bytes = b"", **fields: object) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for field, value in fields.items():
        setattr(member, field, value)
    tar.addfile(member, io.BytesIO(content))


def applets() -> list[str]:
    listing = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split() if name != "busybox"]


def upload(repository: str, layer: bytes) -> None:
    """Push one image of one layer, in the registry's plain HTTP: blobs, then the manifest."""
    compressed = gzip.compress(layer, mtime=0)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["sh"], "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
            "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "busybox-static"}],
            "created": "2026-01-01T00:00:00Z",
        }
    ).encode()
    prefix = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{prefix}.manifest.v1+json",
        "config": put_blob(repository, config, f"{prefix}.config.v1+json"),
        "layers": [put_blob(repository, compressed, f"{prefix}.layer.v1.tar+gzip")],
    }
    headers = {"Content-Type": f"{prefix}.manifest.v1+json"}
    url = f"{repository}/manifests/latest"
    requests.put(url, data=json.dumps(manifest), headers=headers, timeout=30).raise_for_status()


def put_blob(repository: str, content: bytes, media_type: str) -> dict[str, object]:
    session = requests.post(f"{repository}/blobs/uploads/", timeout=30)
    session.raise_for_status()
    location = session.headers["Location"]
    requests.put(location, params={"digest": digest(content)}, data=content, timeout=30).raise_for_status()
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
