from __future__ import annotations

import hashlib

from jupyter_containers.build.filesystem import EMPTY_DIFF_IDS, Filesystem, Layer, Loose, Outcome
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import chain_ids


def layer(name: str) -> Layer:
    return Layer(Descriptor(media_types.OCI_LAYER, Digest.of(name.encode()), 1), Digest.of(b"diff " + name.encode()))


def test_a_filesystem_is_named_by_the_chain_of_its_layers() -> None:
    found = Filesystem().with_layer(layer("a")).with_layer(None).with_layer(layer("b"))
    assert found.layers == (layer("a"), layer("b"))
    assert found.chain == str(chain_ids(entry.diff_id for entry in found.layers)[-1])
    assert Filesystem().chain == ""


def test_what_a_filesystem_stands_on() -> None:
    stack = (layer("a"), layer("b"))
    assert Filesystem.of(stack).floors() == [Filesystem(), Filesystem.of(stack[:1]), Filesystem.of(stack)]


def test_a_loose_layer_lies_on_whatever_there_is() -> None:
    below = Filesystem().with_layer(layer("a"))
    found = Loose(layer("b"), "t").on(below)
    assert found == Outcome(below.with_layer(layer("b")), "t", layer("b"), cached=True)
    assert Loose(None, "t").on(below).filesystem == below


def test_an_empty_tar_is_known_in_both_its_lengths() -> None:
    assert {Digest.of(bytes(size)) for size in (1024, 10240)} == EMPTY_DIFF_IDS
    assert hashlib.sha256(bytes(512)).hexdigest() not in {digest.hex for digest in EMPTY_DIFF_IDS}
