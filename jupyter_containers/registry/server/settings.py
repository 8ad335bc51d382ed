"""What the registry is told: flags, checked before anything is opened."""

from __future__ import annotations

import argparse
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.paths import default_places

PROG = "jupyter-containers registry serve"
DAY = 24 * 3600
DEFAULT_LISTEN = "127.0.0.1:5000"


@dataclass(frozen=True, slots=True)
class Settings:
    """`expire_seconds`: how long unfinished uploads and blobs without a manifest stay.

    `read_only`: nothing is taken. `quota` is in bytes. `logs_access`: a line for each request. `tells_metrics`: at
    /metrics, to who may come in.
    """

    root: Path
    host: str
    port: int
    htpasswd: Path | None
    tls_certificate: Path | None
    tls_key: Path | None
    blob_limit: int | None
    expire_seconds: float
    read_only: bool = False
    quota: int | None = None
    logs_access: bool = False
    tells_metrics: bool = False

    @classmethod
    def checked(
        cls,
        root: Path,
        *,
        listen: str,
        htpasswd: Path | None = None,
        tls_certificate: Path | None = None,
        tls_key: Path | None = None,
        blob_limit: int | None = None,
        expire_seconds: float = DAY,
        read_only: bool = False,
        quota: int | None = None,
        logs_access: bool = False,
        tells_metrics: bool = False,
    ) -> Self:
        """Return settings that make sense together. Raises InvalidParameter."""
        host, port = address(listen)
        if (tls_certificate is None) != (tls_key is None):
            raise InvalidParameter("--tls-cert and --tls-key belong together; give both, or none")
        if tls_certificate is None and not is_loopback(host):
            raise InvalidParameter(
                f"cannot listen on {listen} without TLS: images and passwords would be open to the network; give "
                "--tls-cert and --tls-key, or listen on 127.0.0.1"
            )
        if blob_limit is not None and blob_limit <= 0:
            raise InvalidParameter(f"--blob-limit must be a number of bytes above 0, not {blob_limit}")
        if quota is not None and quota <= 0:
            raise InvalidParameter(f"--quota must be a number of bytes above 0, not {quota}")
        if not expire_seconds > 0:  # so that what is no number is refused, too
            raise InvalidParameter(f"--expire must be a number of seconds above 0, not {expire_seconds:g}")
        return cls(
            root, host, port, htpasswd, tls_certificate, tls_key, blob_limit, expire_seconds, read_only, quota,
            logs_access, tells_metrics,
        )  # fmt: skip

    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS side, None for plain HTTP. Raises InvalidParameter."""
        if self.tls_certificate is None or self.tls_key is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            # Asked for a pass phrase, OpenSSL would wait at a terminal that nobody looks at.
            context.load_cert_chain(self.tls_certificate, self.tls_key, password=lambda: b"")
        except OSError as error:
            raise InvalidParameter(
                f"cannot use --tls-cert {self.tls_certificate} with --tls-key {self.tls_key}: {error}"
            ) from error
        return context


def settings(arguments: Sequence[str]) -> Settings:
    """Return what the flags say. Raises InvalidParameter; leaves the process for --help and unknown flags."""
    options = _parser().parse_args(list(arguments))
    return Settings.checked(
        options.root, listen=options.listen, htpasswd=options.htpasswd, tls_certificate=options.tls_cert,
        tls_key=options.tls_key, blob_limit=options.blob_limit, expire_seconds=options.expire,
        read_only=options.read_only, quota=options.quota, logs_access=options.access_log,
        tells_metrics=options.metrics,
    )  # fmt: skip


def address(text: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT or [IPV6]:PORT. Raises InvalidParameter."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65535:
        raise InvalidParameter(f"--listen must be HOST:PORT, not {text!r}")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if ":" in host and not is_bracketed:
        raise InvalidParameter(f"--listen must have brackets around an IPv6 address: [{host}]:{port}")
    return (host[1:-1] if is_bracketed else host), int(port)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`. A name other than localhost may lead anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROG, description="Serve images to others.", allow_abbrev=False)
    parser.add_argument("--root", type=Path, default=default_places().data / "registry", metavar="DIR")
    parser.add_argument("--listen", default=DEFAULT_LISTEN, metavar="HOST:PORT")
    parser.add_argument("--htpasswd", type=Path, metavar="FILE")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE")
    parser.add_argument("--tls-key", type=Path, metavar="FILE")
    parser.add_argument("--blob-limit", type=int, metavar="BYTES")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--quota", type=int, metavar="BYTES")
    parser.add_argument("--access-log", action="store_true")
    parser.add_argument("--metrics", action="store_true")
    parser.add_argument("--expire", type=float, default=DAY, metavar="SECONDS")
    return parser
