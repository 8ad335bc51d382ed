"""Images on the wire: the list by version, inspect, history, removals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.api.wire.images import (
    history_json,
    image_json,
    part_json,
    removed_json,
    seconds_of,
    summary_json,
)
from jupyter_containers.engine.containers.record import Settings
from jupyter_containers.engine.containers.record_json import to_json
from jupyter_containers.engine.image_removal import Removed
from jupyter_containers.engine.images import HistoryEntry, ImageView
from jupyter_containers.images.walk import Image, Part
from jupyter_containers.metadata.images import ImageRecord
from jupyter_containers.oci.image_config import History, ImageConfig
from jupyter_containers.oci.manifest import Manifest, parse_manifest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from tests.support import tiny_image


def view(*names: str, digests: tuple[str, ...] = (), **process: object) -> ImageView:
    tiny = tiny_image.image(
        tiny_image.layer({"a": b"a"}), platform=Platform("linux", "arm64", "v8"), process=process or {"Cmd": ["sh"]}
    )
    manifest = parse_manifest(tiny.manifest, tiny.media_type)
    assert isinstance(manifest, Manifest)
    image = Image(tiny.descriptor, manifest, ImageConfig.parse(tiny.config), tiny.image_id)
    record = ImageRecord(tiny.image_id, tiny.descriptor, "2024-01-01T00:00:00Z", 7, repo_digests=digests)
    return ImageView(record, image, tuple(Reference.parse(name) for name in names))


def test_an_entry_of_the_list() -> None:
    digest = f"docker.io/library/a@sha256:{'1' * 64}"
    entry = summary_json(view("docker.io/library/a:1", digests=(digest,), Labels={"k": "v"}), shared_size=2)
    assert entry["RepoTags"] == ["a:1"]
    assert entry["RepoDigests"] == [f"a@sha256:{'1' * 64}"]
    assert (entry["Created"], entry["Size"], entry["SharedSize"]) == (1_704_067_200, 7, 2)
    assert entry["Labels"] == {"k": "v"}
    assert summary_json(view())["Labels"] == {}


@pytest.mark.parametrize(
    ("version", "tags", "has_virtual_size"),
    [((1, 42), ["<none>:<none>"], True), ((1, 43), [], True), ((1, 44), [], False)],
)
def test_an_image_without_a_name_is_written_as_the_version_has_it(
    version: tuple[int, int], tags: list[str], has_virtual_size: bool
) -> None:
    entry = summary_json(view(), version=version)
    assert entry["RepoTags"] == tags
    assert ("VirtualSize" in entry) is has_virtual_size


def test_inspect_has_dockers_fields_and_is_json() -> None:
    found = view("docker.io/library/a:1", Env=["A=1"], WorkingDir="/w")
    written = json.loads(json.dumps(image_json(found, (Path("/top"), Path("/low")))))
    assert written["Config"]["Env"] == ["A=1"]
    assert written["Config"]["WorkingDir"] == "/w"
    assert "AttachStdin" not in written["Config"]
    assert image_json(found, version=(1, 49))["Config"]["AttachStdin"] is False
    assert ("VirtualSize" in written, "VirtualSize" in image_json(found, version=(1, 43))) == (False, True)
    assert written["GraphDriver"]["Data"] == {"UpperDir": "/top", "LowerDir": "/low"}
    assert written["Descriptor"]["digest"] == str(found.record.target.digest)
    assert (written["Architecture"], written["Variant"], written["Os"]) == ("arm64", "v8", "linux")
    assert written["RootFS"]["Type"] == "layers"
    assert len(written["RootFS"]["Layers"]) == 1
    assert written["Metadata"]["LastTagTime"] == "0001-01-01T00:00:00Z"


def test_history_has_its_names_or_none() -> None:
    step = History(created="2024-01-01T00:00:01Z", created_by="RUN x", comment="c")
    assert history_json(HistoryEntry(step, 3, "sha256:1", ("a:1",))) == {
        "Comment": "c", "Created": 1_704_067_201, "CreatedBy": "RUN x", "Id": "sha256:1", "Size": 3, "Tags": ["a:1"],
    }  # fmt: skip
    older = history_json(HistoryEntry(step, 0))
    assert (older["Id"], older["Tags"]) == ("<missing>", None)


def test_a_removal_is_one_of_two_words() -> None:
    assert removed_json(Removed(untagged="a:1")) == {"Untagged": "a:1"}
    assert removed_json(Removed(deleted="sha256:1")) == {"Deleted": "sha256:1"}


def test_a_time_that_is_none_is_zero() -> None:
    assert seconds_of("") == seconds_of("0001-01-01T00:00:00Z") == 0
    assert seconds_of("1970-01-01T01:00:00+01:00") == 0
    assert seconds_of("1970-01-01T00:00:01.999999999Z") == 1


def test_an_image_made_from_a_container_says_so() -> None:
    found = view("docker.io/library/a:1")
    assert "Container" not in image_json(found)
    assert image_json(found, version=(1, 44))["Container"] == ""
    settings = to_json(Settings(image="busybox", cmd=("a",)))
    record = replace(found.record, container_id="c" * 64, container_settings=settings)
    written = image_json(replace(found, record=record))
    assert (written["Container"], written["ContainerConfig"]["Cmd"]) == ("c" * 64, ["a"])


def test_what_stands_beside_an_image_in_its_index() -> None:
    manifest = view().image.manifest
    marks = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "sha256:1"}
    entry = view().record.target
    attestation = part_json(Part(replace(entry, annotations=marks), manifest), None)
    assert (attestation["Kind"], attestation["AttestationData"]) == ("attestation", {"For": "sha256:1"})
    assert part_json(Part(entry, manifest), None)["Kind"] == "unknown"
