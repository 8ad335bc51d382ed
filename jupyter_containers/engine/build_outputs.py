"""Where the result of a build goes, as BuildKit's exporters: into the store, to a registry, or out as bytes.

Source: BuildKit, README, sections Image/Registry, Local directory, Tarball, OCI tarball.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.reference import Reference

# Forms in which the client fetches a result afterwards.
FETCHED = frozenset({"docker", "oci", "local", "tar"})
_IMAGES = frozenset({"image", "docker", "oci"})
_TRUE = frozenset({"1", "t", "true"})
_FALSE = frozenset({"0", "f", "false"})
_ANNOTATION = ("annotation.", "annotation-manifest.")
# What BuildKit can and we do not, with the one value that is true of us.
_FIXED = {"oci-mediatypes": True, "unpack": True, "buildinfo": False, "force-compression": False}


@dataclass(frozen=True, slots=True)
class Output:
    """`kind`: image (into the store), docker, oci, local or tar. `names` go to the image beside those of the build.

    `rewrites_times`: whether SOURCE_DATE_EPOCH reaches the files of the layers, too.
    """

    kind: str
    names: tuple[Reference, ...] = ()
    pushes: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    rewrites_times: bool = True

    @classmethod
    def parse(cls, kind: str, attributes: Mapping[str, str]) -> Output:
        """Read an exporter and its attributes, as `--output type=KIND,NAME=VALUE` has them.

        Raises InvalidParameter, Unsupported for what is BuildKit's and not ours.
        """
        if kind == "registry":
            kind, attributes = "image", {"push": "true", **attributes}
        if kind not in _IMAGES | FETCHED:
            raise InvalidParameter(f"output type {kind!r} is not known; use image, registry, docker, oci, local or tar")
        names: tuple[Reference, ...] = ()
        pushes, rewrites_times, annotations, compression = False, True, dict[str, str](), ""
        for name, value in attributes.items():
            if name == "name" and kind in _IMAGES:
                names = names_in([text.strip() for text in value.split(",")])
            elif name == "push" and kind == "image":
                pushes = _boolean(name, value)
            elif name == "compression":
                compression = value
            elif name == "rewrite-timestamp":
                rewrites_times = _boolean(name, value)
            elif name.startswith(_ANNOTATION) and kind in _IMAGES:
                annotations[name.partition(".")[2]] = value
            else:
                _refuse(kind, name, value)
        # Layers are plain tars here and in archives; a push compresses them.
        if compression not in ("", "gzip" if pushes else "uncompressed"):
            _refuse(kind, "compression", compression)
        return cls(kind, names, pushes, annotations, rewrites_times)


def names_in(texts: Sequence[str]) -> tuple[Reference, ...]:
    """Return names with tags, each once. Raises InvalidParameter for one with a digest."""
    names = [Reference.parse(text).with_default_tag() for text in texts if text]
    for name in names:
        if name.digest is not None:
            raise InvalidParameter(f"invalid tag {name.familiar}: an image that is built cannot be named by a digest")
    return tuple(dict.fromkeys(names))


def all_names(outputs: Sequence[Output], names: Sequence[Reference]) -> tuple[Reference, ...]:
    """Return the names that an image of these outputs gets in the store."""
    own = [name for output in outputs if output.kind == "image" for name in output.names]
    return tuple(dict.fromkeys([*names, *own]))


def archive_names(outputs: Sequence[Output], names: Sequence[Reference]) -> tuple[Reference, ...]:
    """Return the names that an image has in its archives."""
    own = [name for output in outputs if output.kind in FETCHED for name in output.names]
    return tuple(dict.fromkeys([*own, *names]))


def all_annotations(outputs: Sequence[Output]) -> dict[str, str]:
    """Return the annotations of all outputs: there is one manifest for all of them."""
    return {key: value for output in outputs for key, value in output.annotations.items()}


def is_stored(outputs: Sequence[Output]) -> bool:
    """Say whether the image comes into the store: when nothing else was asked for, or that was asked for."""
    return not outputs or any(output.kind == "image" for output in outputs)


def leaves(outputs: Sequence[Output]) -> bool:
    """Say whether the image goes away from here: to a registry, or as bytes."""
    return any(output.pushes or output.kind in FETCHED for output in outputs)


def _boolean(name: str, value: str) -> bool:
    text = value.lower()
    if text not in _TRUE | _FALSE:
        raise InvalidParameter(f"invalid value {value!r} of {name}: expected true or false")
    return text in _TRUE


def _refuse(kind: str, name: str, value: str) -> None:
    if name in _FIXED and _boolean(name, value) is _FIXED[name]:
        return
    if name.startswith("annotation"):
        raise Unsupported(f"output attribute {name} is not supported; annotate the manifest: annotation.NAME=VALUE")
    raise Unsupported(f"output attribute {name}={value!r} of type {kind} is not supported; leave it out")
