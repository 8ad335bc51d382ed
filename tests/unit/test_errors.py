"""Errors: they travel between processes as data and come out as the same kind."""

from __future__ import annotations

import errno
import json

import pytest

from jupyter_containers.errors import KINDS, Conflict, ContainersError, NotFound, from_data, to_data


class BlobNotFound(NotFound):
    def __init__(self, digest: str) -> None:
        super().__init__(f"no blob {digest}", digest=digest)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_a_kind_survives_the_way_through_json(kind: type[ContainersError]) -> None:
    found = from_data(json.loads(json.dumps(to_data(kind("what", step="pivot", errno=2)))))
    assert type(found) is kind
    assert (str(found), found.message, found.details) == ("what", "what", {"step": "pivot", "errno": 2})


def test_a_specific_error_arrives_as_its_kind() -> None:
    found = from_data(to_data(BlobNotFound("sha256:1")))
    assert type(found) is NotFound
    assert (found.message, found.details) == ("no blob sha256:1", {"digest": "sha256:1"})


def test_a_refusal_of_the_kernel_keeps_errno_and_path() -> None:
    data = to_data(OSError(errno.EACCES, "mount: Permission denied", b"/ne\xffw"))
    assert data["details"] == {"type": "PermissionError", "errno": errno.EACCES, "path": "/ne\\xffw"}
    assert from_data(data).status == 500


@pytest.mark.parametrize("data", [{}, {"kind": "from the future", "message": "x"}, {"kind": 3, "details": [1]}])
def test_what_is_not_understood_becomes_the_base_class(data: dict[str, object]) -> None:
    found = from_data(data)
    assert type(found) is ContainersError
    assert found.message == data.get("message", "unknown error")


def test_an_error_without_a_message_is_named_by_its_type() -> None:
    assert to_data(KeyError())["message"] == "KeyError"


def test_each_kind_has_its_own_word() -> None:
    assert len(KINDS) == 10
    assert KINDS["conflict"] is Conflict
