"""Certificates for tests: an authority, a server and a client, made by openssl in a folder as Docker names them."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificates(folder: Path) -> Path:
    """Make `server/` and `client/`, each with ca.pem, cert.pem and key.pem, and `stranger/` of another authority."""
    for owner in ("server", "client", "stranger"):
        (folder / owner).mkdir(parents=True)
    for authority in ("ca", "other"):
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={authority}", "-keyout", f"{authority}.key", "-out", f"{authority}.pem",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", cwd=folder,
        )  # fmt: skip
    _sign(folder, "server", "ca", "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\nextendedKeyUsage=serverAuth\n")
    _sign(folder, "client", "ca", "extendedKeyUsage=clientAuth\n")
    _sign(folder, "stranger", "other", "extendedKeyUsage=clientAuth\n")
    for owner in ("server", "client", "stranger"):
        (folder / owner / "ca.pem").write_bytes((folder / "ca.pem").read_bytes())
    return folder


def _sign(folder: Path, owner: str, authority: str, extensions: str) -> None:
    place = folder / owner
    (place / "extensions").write_text(extensions)
    _openssl(
        "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={owner}",
        "-keyout", "key.pem", "-out", "request.pem", cwd=place,
    )  # fmt: skip
    _openssl(
        "x509", "-req", "-in", "request.pem", "-CA", f"../{authority}.pem", "-CAkey", f"../{authority}.key",
        "-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out", "cert.pem", cwd=place,
    )  # fmt: skip


def _openssl(*words: str, cwd: Path) -> None:
    done = subprocess.run(["openssl", *words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
