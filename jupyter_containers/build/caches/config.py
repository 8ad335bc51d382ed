"""The form in which results of steps travel. Pure: notes become JSON, and JSON becomes notes.

Each note says which stack of layers a key stands for. The layers make a tree, each naming the one below by its number.
Source: BuildKit, cache/remotecache/v1, doc.go and spec.go. Our keys say all that is under a step, so records need no
links to others. A change of the image's config has a record without layers: it says when it was made first.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_containers.build.filesystem import Filesystem, Layer, Loose, Outcome
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest

MEDIA_TYPE = "application/vnd.buildkit.cacheconfig.v0"
# Where an image's config has its cache, and how a manifest tells the diff id of a layer.
INLINE = "moby.buildkit.cache.v0"
DIFF_ID = "containerd.io/uncompressed"
MAX_CONFIG_BYTES = 4 << 20
# Overlay mounts end far below.
_MAX_DEPTH = 500

Describe = Callable[[Layer], Descriptor]


@dataclass(frozen=True, slots=True)
class Note:
    """What a key (sha256, hex) stands for: the whole stack of layers; None for a time alone. `created` is RFC 3339."""

    key: str
    created: str
    layers: tuple[Layer, ...] | None = None


class Known:
    """The results of one cache, by key."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._notes: dict[str, list[Note]] = {}
        for note in notes:
            self._notes.setdefault(note.key, []).append(note)

    def __len__(self) -> int:
        return len(self._notes)

    def look_up(self, key: str, parent: Filesystem) -> Outcome | None:
        """Return what the key stands for on this parent; its layer may be elsewhere still."""
        for note in self._notes.get(key, ()):
            layers = note.layers
            if layers is None:
                continue
            if Filesystem.of(layers).chain == parent.chain:
                return Outcome(parent, note.created, cached=True)
            if layers and Filesystem.of(layers[:-1]).chain == parent.chain:
                return Outcome(parent.with_layer(layers[-1]), note.created, layers[-1], cached=True)
        return None

    def loose(self, key: str) -> Loose | None:
        """Return the layer that the key stands for on whatever parent: the topmost where it was made."""
        for note in self._notes.get(key, ()):
            if note.layers:
                return Loose(note.layers[-1], note.created)
        return None

    def time_of(self, key: str) -> str | None:
        """Return when what the key stands for was first made."""
        return next((note.created for note in self._notes.get(key, ())), None)


def within(notes: Iterable[Note], *filesystems: Filesystem) -> list[Note]:
    """Return the notes of what filesystems are made of, and all times (mode=min)."""
    parts = {floor.chain for filesystem in filesystems for floor in filesystem.floors()}
    return [note for note in notes if note.layers is None or Filesystem.of(note.layers).chain in parts]


def layers_of(notes: Iterable[Note]) -> list[Layer]:
    """Return every layer that the notes stand on, once, lower ones first."""
    found: dict[Digest, Layer] = {}
    for note in notes:
        for layer in note.layers or ():
            found.setdefault(layer.descriptor.digest, layer)
    return list(found.values())


def to_config(notes: Iterable[Note], describe: Describe) -> bytes:
    """Return the config blob; `describe` says what a layer is called where the cache goes."""
    numbers: dict[str, int] = {"": -1}
    layers: list[dict[str, Any]] = []
    records = []
    for note in notes:
        at = Filesystem()
        for layer in note.layers or ():
            below, at = at, at.with_layer(layer)
            if at.chain not in numbers:
                numbers[at.chain] = len(layers)
                layers.append(_layer_json(layer, describe(layer), numbers[below.chain]))
        records.append(_record(note, numbers[at.chain]))
    return json.dumps({"layers": layers, "records": records}, separators=(",", ":")).encode()


def to_inline(notes: Iterable[Note], filesystem: Filesystem) -> str:
    """Return the cache of an image as the text in its config: layers are named by their place in the image."""
    records = [_record(note, len(note.layers or ()) - 1) for note in within(notes, filesystem)]
    return base64.b64encode(json.dumps(records, separators=(",", ":")).encode()).decode()


def _layer_json(layer: Layer, there: Descriptor, parent: int) -> dict[str, Any]:
    annotations = {"mediaType": there.media_type, "diffID": str(layer.diff_id), "size": there.size}
    return {"blob": str(there.digest), "parent": parent, "annotations": annotations}


def _record(note: Note, number: int) -> dict[str, Any]:
    record: dict[str, Any] = {"digest": f"sha256:{note.key}"}
    if number < 0:
        kind = {"kind": "time"} if note.layers is None else {}
        record["chains"] = [{"layers": [], "createdAt": note.created, **kind}]
    else:
        record["layers"] = [{"layer": number, "createdAt": note.created}]
    return record


def from_config(content: bytes, layers: Mapping[Digest, Descriptor]) -> list[Note]:
    """Read a config blob; `layers` are those of its manifest. Raises InvalidParameter.

    What stands on a layer that the manifest does not have, or that is none, is left out.
    """
    config = _loaded(content)
    if not isinstance(config, dict):
        raise _invalid("it is no object")
    tree = [_layer(entry, layers) for entry in _items(config, "layers")]
    return _notes(_items(config, "records"), lambda number: _stack(tree, number))


def from_inline(image_config: bytes, layers: Sequence[Layer]) -> list[Note]:
    """Read the cache out of the bytes of an image's config; empty if it has none. Raises InvalidParameter."""
    config = _loaded(image_config)
    text = config.get(INLINE) if isinstance(config, dict) else None
    if not isinstance(text, str):
        return []
    try:
        records = _loaded(base64.b64decode(text, validate=True))
    except ValueError:
        raise _invalid("it is not base64") from None
    if not isinstance(records, list):
        raise _invalid("its records are no list")
    if len(layers) > _MAX_DEPTH:
        raise _invalid(f"its layers are no tree of less than {_MAX_DEPTH} floors")
    return _notes(records, lambda number: tuple(layers[: number + 1]) if -1 <= number < len(layers) else None)


def with_inline(image_config: bytes, text: str) -> bytes:
    """Return an image's config with a cache inside."""
    return json.dumps({**json.loads(image_config), INLINE: text}, separators=(",", ":")).encode()


def _notes(records: Iterable[object], stack: Callable[[int], tuple[Layer, ...] | None]) -> list[Note]:
    found, seen = list[Note](), set[tuple[str, int]]()
    # A few bytes name a place with hundreds of layers below it: who says so again and again must not have them copied.
    stack = functools.cache(stack)
    for record in records:
        if not isinstance(record, dict):
            raise _invalid("a record is no object")
        digest = Digest.parse(str(record.get("digest")))
        for result in _items(record, "layers"):
            number = _number(result, "layer", -1)
            layers = stack(number)
            if layers is not None and (digest.hex, number) not in seen:
                seen.add((digest.hex, number))
                found.append(Note(digest.hex, _created(result), layers))
        for chain in _items(record, "chains"):
            if isinstance(chain, dict) and not chain.get("layers"):
                found.append(Note(digest.hex, _created(chain), None if chain.get("kind") == "time" else ()))
    return found


@dataclass(frozen=True, slots=True)
class _Node:
    layer: Layer | None
    parent: int


def _layer(entry: object, layers: Mapping[Digest, Descriptor]) -> _Node:
    if not isinstance(entry, dict):
        raise _invalid("a layer is no object")
    descriptor = layers.get(Digest.parse(str(entry.get("blob"))))
    annotations = entry.get("annotations")
    told = annotations.get("diffID") if isinstance(annotations, dict) else None
    diff_id = told or (descriptor.annotations.get(DIFF_ID) if descriptor is not None else None)
    is_usable = descriptor is not None and diff_id and _is_portable(descriptor.media_type)
    # BuildKit leaves a zero out.
    parent = _number(entry, "parent", 0)
    return _Node(Layer(descriptor, Digest.parse(str(diff_id))) if is_usable and descriptor else None, parent)


def _is_portable(media_type: str) -> bool:
    """The layer that means "the root of this machine" must not come from outside."""
    return media_types.is_layer(media_type) and media_type != media_types.HOST_LAYER


def _stack(tree: Sequence[_Node], number: int) -> tuple[Layer, ...] | None:
    found: list[Layer] = []
    while number >= 0:
        if number >= len(tree) or len(found) >= _MAX_DEPTH:
            raise _invalid(f"its layers are no tree of less than {_MAX_DEPTH} floors")
        node = tree[number]
        if node.layer is None:
            return None
        found.append(node.layer)
        number = node.parent
    return tuple(reversed(found))


def _loaded(content: bytes) -> Any:
    if len(content) > MAX_CONFIG_BYTES:
        raise _invalid(f"it has {len(content)} bytes, over the limit of {MAX_CONFIG_BYTES}")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"it is no JSON: {error}") from error


def _items(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key) or []
    if not isinstance(value, list):
        raise _invalid(f"{key} is no list")
    return value


def _number(data: object, key: str, default: int) -> int:
    value = data.get(key, default) if isinstance(data, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(f"{key} is no number: {value!r}")
    return value


def _created(data: Mapping[str, Any]) -> str:
    return str(data.get("createdAt") or "")


def _invalid(reason: str) -> InvalidParameter:
    return InvalidParameter(f"invalid build cache: {reason}")
