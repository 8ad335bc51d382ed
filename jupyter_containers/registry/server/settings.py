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
from jupyter_containers.registry.server.retention import Keeping

PROG = "jupyter-containers registry serve"
DAY = 24 * 3600
DEFAULT_LISTEN = "127.0.0.1:5000"


@dataclass(frozen=True, slots=True)
class Settings:
    """`expire_seconds`: how long unfinished uploads and blobs without a manifest stay.

    `read_only`: nothing is taken. `quota` is in bytes. `logs_access`: a line for each request. `tells_metrics`: at
    /metrics, to who may come in. `keeping`: which tags stay; None: all. `rate_limit`: requests a minute from one
    address; None: without limit.
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
    keeping: Keeping | None = None
    rate_limit: int | None = None

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
        keeping: Keeping | None = None,
        rate_limit: int | None = None,
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
        _check_above_0("--blob-limit", "bytes", blob_limit)
        _check_above_0("--quota", "bytes", quota)
        _check_above_0("--expire", "seconds", expire_seconds)
        _check_above_0("--rate-limit", "requests a minute", rate_limit)
        if keeping is not None and read_only:
            raise InvalidParameter("--keep-newest and --keep-days take tags away; they do not go with --read-only")
        return cls(
            root, host, port, htpasswd, tls_certificate, tls_key, blob_limit, expire_seconds, read_only, quota,
            logs_access, tells_metrics, keeping, rate_limit,
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
        tells_metrics=options.metrics, rate_limit=options.rate_limit,
        keeping=_keeping(options.keep_newest, options.keep_days, options.keep),
    )  # fmt: skip


def _keeping(newest: int | None, days: float | None, patterns: Sequence[str]) -> Keeping | None:
    """Return which tags stay, None for all. Raises InvalidParameter."""
    if newest is None and days is None:
        if patterns:
            raise InvalidParameter(
                f"--keep {patterns[0]} excepts from --keep-newest or --keep-days; without one of them all tags stay"
            )
        return None
    _check_above_0("--keep-newest", "tags", newest)
    _check_above_0("--keep-days", "days", days)
    return Keeping(newest, days, tuple(patterns))


def _check_above_0(flag: str, what: str, number: float | None) -> None:
    if number is not None and not number > 0:  # so that what is no number is refused, too
        raise InvalidParameter(f"{flag} must be a number of {what} above 0, not {number}")


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
    parser.add_argument("--rate-limit", type=int, metavar="REQUESTS")
    parser.add_argument("--keep-newest", type=int, metavar="TAGS")
    parser.add_argument("--keep-days", type=float, metavar="DAYS")
    parser.add_argument("--keep", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--expire", type=float, default=DAY, metavar="SECONDS")
    return parser
