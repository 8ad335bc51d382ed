from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform

DIGEST = Digest.of(b"x")
MINIMAL: dict[str, Any] = {"mediaType": media_types.OCI_LAYER, "digest": str(DIGEST), "size": 1}
FULL = MINIMAL | {
    "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
    "urls": ["https://example.invalid/layer"],
    "annotations": {"a": "b"},
}


@pytest.mark.parametrize("data", [MINIMAL, FULL])
def test_json_goes_both_ways(data: dict[str, Any]) -> None:
    assert Descriptor.from_json(data).to_json() == data


def test_fields_are_read() -> None:
    full = Descriptor.from_json(FULL)
    assert (full.digest, full.size, full.platform) == (DIGEST, 1, Platform("linux", "arm64", "v8"))


def test_descriptors_can_be_members_of_a_set() -> None:
    assert len({Descriptor.from_json(FULL), Descriptor.from_json(FULL)}) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mediaType": None}, "without a mediaType"),
        ({"mediaType": ""}, "without a mediaType"),
        ({"digest": 5}, "without a digest"),
        ({"digest": "sha256:../../etc/passwd"}, "not a sha256"),
        ({"size": -1}, "no valid size: -1"),
        ({"size": "1"}, "no valid size: '1'"),
        ({"size": True}, "no valid size: True"),
        ({"size": 1.5}, "no valid size: 1.5"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        Descriptor.from_json(MINIMAL | change)


@pytest.mark.parametrize("data", [None, [], "text", 1])
def test_what_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(InvalidParameter, match="must be a JSON object"):
        Descriptor.from_json(data)


def test_odd_optional_fields_are_ignored() -> None:
    odd = MINIMAL | {"urls": "x", "annotations": [1], "platform": "linux", "unknown": 1}
    assert Descriptor.from_json(odd).to_json() == MINIMAL
