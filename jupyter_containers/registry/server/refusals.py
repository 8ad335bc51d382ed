"""What the registry refuses: a code of the specification, a status, a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping

from jupyter_containers.errors import ContainersError


class Refusal(ContainersError):
    """An answer other than the one asked for. `headers` go with it. Source: distribution-spec, section Error Codes."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer_status = status
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> bytes:
        return json.dumps({"errors": [{"code": self.code, "message": self.message, "detail": None}]}).encode()


def no_repository(name: str) -> Refusal:
    return Refusal(404, "NAME_UNKNOWN", f"no repository {name} in this registry")


def no_blob(digest: object) -> Refusal:
    return Refusal(404, "BLOB_UNKNOWN", f"no blob {digest} in this repository")


def no_manifest(reference: object) -> Refusal:
    return Refusal(404, "MANIFEST_UNKNOWN", f"no manifest {reference} in this repository")


def no_upload(session: str) -> Refusal:
    return Refusal(404, "BLOB_UPLOAD_UNKNOWN", f"no upload {session} in this repository; it may have ended or expired")


def bad_name(name: str) -> Refusal:
    return Refusal(400, "NAME_INVALID", f"not a repository name: {name!r}")


def bad_digest(text: str) -> Refusal:
    return Refusal(400, "DIGEST_INVALID", f"not a sha256 or sha512 digest: {text!r}")


def bad_manifest(why: str) -> Refusal:
    return Refusal(400, "MANIFEST_INVALID", why)


def bad_upload(why: str) -> Refusal:
    return Refusal(400, "BLOB_UPLOAD_INVALID", why)


def too_large(what: str, limit: int) -> Refusal:
    return Refusal(413, "SIZE_INVALID", f"{what} is larger than this registry takes: at most {limit} bytes")
