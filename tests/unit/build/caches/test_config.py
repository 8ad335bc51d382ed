from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from jupyter_containers.build.caches.config import (
    INLINE,
    MAX_CONFIG_BYTES,
    Known,
    Note,
    from_config,
    from_inline,
    layers_of,
    to_config,
    to_inline,
    with_inline,
    within,
)
from jupyter_containers.build.filesystem import Filesystem, Layer, Loose
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest


def layer(name: str, media_type: str = media_types.OCI_LAYER) -> Layer:
    return Layer(Descriptor(media_type, Digest.of(name.encode()), len(name)), Digest.of(f"diff {name}".encode()))


def key(name: str) -> str:
    return Digest.of(name.encode()).hex


A, B, C, OTHER = (layer(name) for name in ("a", "bb", "ccc", "other"))
NOTES = [
    Note(key("run"), "t1", (A, B)), Note(key("true"), "t2", (A, B)), Note(key("more"), "t3", (A, B, C)),
    Note(key("stage"), "t4", (A, OTHER)), Note(key("env"), "t5"), Note(key("nothing"), "t6", ()),
]  # fmt: skip
BLOBS = {one.descriptor.digest: one.descriptor for one in (A, B, C, OTHER)}


def read(config: Any, blobs: dict[Digest, Descriptor] = BLOBS) -> list[Note]:
    return from_config(json.dumps(config).encode(), blobs)


def test_what_is_written_is_read_again() -> None:
    written = to_config(NOTES, lambda one: one.descriptor)
    assert from_config(written, BLOBS) == NOTES
    tree = json.loads(written)
    assert [entry["parent"] for entry in tree["layers"]] == [-1, 0, 1, 0]
    assert tree["layers"][0]["annotations"] == {
        "mediaType": media_types.OCI_LAYER, "diffID": str(A.diff_id), "size": 1,
    }  # fmt: skip


def test_buildkits_own_way_to_write_is_read() -> None:
    """A zero is left out, and the diff id may be told by the manifest only."""
    told = Descriptor(media_types.OCI_LAYER_GZIP, B.descriptor.digest, 9, annotations={
        "containerd.io/uncompressed": str(B.diff_id),
    })  # fmt: skip
    config = {
        "layers": [
            {"blob": str(A.descriptor.digest), "parent": -1, "annotations": {"diffID": str(A.diff_id)}},
            {"blob": str(told.digest)},
        ],
        "records": [
            {"digest": f"sha256:{key('run')}", "layers": [{"layer": 1, "createdAt": "t"}], "inputs": [[{"link": 0}]]},
            {"digest": f"sha256:{key('source')}"},
        ],
    }
    [note] = read(config, {**BLOBS, told.digest: told})
    assert note.layers is not None
    assert [one.diff_id for one in note.layers] == [A.diff_id, B.diff_id]


def test_a_result_is_found_on_what_it_stood_on_only() -> None:
    known = Known(NOTES)
    found = known.look_up(key("run"), Filesystem.of((A,)))
    assert found is not None
    assert (found.layer, found.created, found.cached) == (B, "t1", True)
    unchanged = known.look_up(key("true"), Filesystem.of((A, B)))
    assert unchanged is not None
    assert (unchanged.layer, unchanged.filesystem) == (None, Filesystem.of((A, B)))
    assert known.look_up(key("run"), Filesystem.of((OTHER,))) is None
    assert known.look_up(key("unknown"), Filesystem.of((A,))) is None
    assert known.look_up(key("env"), Filesystem()) is None
    assert (known.time_of(key("env")), known.time_of(key("unknown")), len(known)) == ("t5", None, 6)


def test_min_is_what_the_result_is_made_of_and_all_times() -> None:
    assert within(NOTES, Filesystem.of((A, B))) == [NOTES[0], NOTES[1], NOTES[4], NOTES[5]]
    assert layers_of(NOTES) == [A, B, C, OTHER]


def test_an_image_carries_its_cache_in_its_config() -> None:
    config = with_inline(b'{"architecture":"amd64"}', to_inline(NOTES, Filesystem.of((A, B, C))))
    assert from_inline(config, (A, B, C)) == [note for note in NOTES if note.created != "t4"]
    assert from_inline(b'{"architecture":"amd64"}', (A,)) == []
    # Of layers that the image has not, nothing is believed.
    assert key("more") not in {note.key for note in from_inline(config, (A, B))}


def test_the_root_of_a_machine_and_layers_that_are_nowhere_are_left_out() -> None:
    host = layer("host", media_types.HOST_LAYER)
    written = to_config([Note(key("x"), "t", (host, B)), Note(key("y"), "t", (A,))], lambda one: one.descriptor)
    assert [note.key for note in from_config(written, {**BLOBS, host.descriptor.digest: host.descriptor})] == [key("y")]
    assert from_config(written, {}) == []


LOOP = [{"blob": str(A.descriptor.digest), "parent": 0, "annotations": {"diffID": str(A.diff_id)}}]
RESULT = {"digest": f"sha256:{key('x')}", "layers": [{"layer": 0}]}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "no object"), ({"layers": {"a": 1}}, "layers is no list"), ({"layers": [1]}, "a layer is no object"),
        ({"records": ["x"]}, "a record is no object"), ({"records": [{"digest": "x"}]}, "digest"),
        ({"layers": LOOP, "records": [RESULT]}, "no tree"), ({"layers": [], "records": [RESULT]}, "no tree"),
        ({"layers": [{**LOOP[0], "parent": "x"}]}, "parent is no number"),
        ({"records": [{**RESULT, "layers": [1]}]}, "layer is no number"), ({"layers": [{"blob": 1}]}, "digest"),
    ],
)  # fmt: skip
def test_what_is_no_cache_is_refused(config: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read(config)


@pytest.mark.parametrize("text", ["%", base64.b64encode(b"{").decode(), base64.b64encode(b"{}").decode()])
def test_what_is_no_cache_inside_an_image_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid build cache"):
        from_inline(json.dumps({INLINE: text}).encode(), ())


def test_too_much_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="over the limit"):
        from_config(b" " * (MAX_CONFIG_BYTES + 1), {})


def test_a_loose_layer_is_the_topmost_of_where_it_was_made() -> None:
    known = Known([*NOTES, Note(key("linked"), "t7", (OTHER, C)), Note(key("linked"), "t8", (A, B))])
    assert known.loose(key("linked")) == Loose(C, "t7")
    assert [known.loose(key(name)) for name in ("nothing", "env", "never")] == [None, None, None]


def test_a_small_cache_that_names_deep_layers_again_and_again_becomes_nothing_large() -> None:
    """Of each key and each place one note is enough, and all that stand at a place share what is below it."""
    entry = {"blob": str(A.descriptor.digest), "annotations": {"diffID": str(A.diff_id)}}
    tree = [{**entry, "parent": number - 1} for number in range(400)]
    results = [{"layer": 399}, {"layer": 398}] * 100
    records = [{"digest": f"sha256:{key(name)}", "layers": results} for name in ("one", "two")]
    notes = read({"layers": tree, "records": records})
    assert [(note.key, len(note.layers or ())) for note in notes] == [
        (key(name), depth) for name in ("one", "two") for depth in (400, 399)
    ]  # fmt: skip
    assert notes[0].layers is notes[2].layers
    inline = json.dumps({INLINE: base64.b64encode(json.dumps(records).encode()).decode()}).encode()
    assert from_inline(inline, (A,) * 400) == notes
    with pytest.raises(InvalidParameter, match="less than 500 floors"):
        from_inline(inline, (A,) * 501)
