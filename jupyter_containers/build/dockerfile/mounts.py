"""`RUN --mount=…`: what a step sees beside its root, as written. Expansion waits, as for all instructions.

Source: the Dockerfile reference, RUN --mount; tried on BuildKit's own words for keys and defaults.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from jupyter_containers.build.dockerfile.lines import Line

SHARING = ("shared", "private", "locked")

_ALIASES = {
    "dst": "target", "destination": "target", "src": "source", "readonly": "ro", "readwrite": "rw",
}  # fmt: skip
_KEYS = {
    "bind": frozenset({"target", "source", "from", "ro", "rw"}),
    "cache": frozenset({"target", "source", "from", "id", "sharing", "mode", "uid", "gid", "ro", "rw"}),
    "tmpfs": frozenset({"target", "size"}),
    "secret": frozenset({"target", "source", "id", "required", "mode", "uid", "gid", "env"}),
    "ssh": frozenset({"target", "id", "required", "mode", "uid", "gid"}),
}
# What is a text with or without variables in it.
_TEXTS = frozenset({"target", "source", "id", "env"})
_FLAGS = frozenset({"ro", "rw", "required"})
_TRUE, _FALSE = frozenset({"", "1", "t", "true"}), frozenset({"0", "f", "false"})
_SIZE = re.compile(r"(\d{1,15})(b|[kmgt](?:i?b)?)?", re.IGNORECASE)
_FACTORS = {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_OCTAL = re.compile(r"0?[0-7]{1,4}")
_MAX_ID = (1 << 32) - 2


@dataclass(frozen=True, slots=True)
class RunMount:
    """One mount. `origin` is from=: a stage, an image, or "" for the context (bind) and for nothing (cache).

    `identity` names a cache, a secret or an agent; `variable` is the environment variable that a secret is put into.
    Sizes in bytes, 0 for no limit; None for an owner or a mode is the default of the kind.
    """

    kind: str
    target: str = ""
    source: str = ""
    origin: str = ""
    identity: str = ""
    writable: bool = False
    sharing: str = "shared"
    size_bytes: int = 0
    mode: int | None = None
    uid: int = 0
    gid: int = 0
    required: bool = False
    variable: str = ""
    # The whole as written, if there are variables where only the stage can say what it means; then all but `origin` is
    # unknown.
    deferred: str = ""

    def expanded(self, expand: Callable[[str], str]) -> RunMount:
        """Return this with variables replaced in its texts; for what is not deferred."""
        return replace(
            self,
            target=expand(self.target),
            source=expand(self.source),
            identity=expand(self.identity),
            variable=expand(self.variable),
        )

    def settled(self, working_dir: str) -> RunMount:
        """Return this with an absolute target, and with the names that follow from others. For expanded ones only."""
        target, identity = self.target, self.identity
        if self.kind == "secret":
            identity = self.source or identity or posixpath.basename(target)
            target = target or ("" if self.variable else f"/run/secrets/{posixpath.basename(identity)}")
        if target:
            target = "/" + posixpath.normpath(posixpath.join("/", working_dir, target)).lstrip("/")
        if self.kind == "cache":
            identity = identity or target
        if self.kind == "ssh":
            identity = identity or "default"
        return replace(self, target=target, identity=identity)


def read_mount(text: str, line: Line, expand: Callable[[str], str] | None = None) -> RunMount:
    """Return what one --mount says, with `expand` as the stage has it. Raises DockerfileError with the mount."""
    values = _values(text, line)
    if "$" in values.get("from", ""):
        raise line.error("'from' doesn't support variable expansion, define alias stage instead")
    if expand is not None:
        values = {key: value if key == "from" else expand(value) for key, value in values.items()}
    elif any("$" in value for key, value in values.items() if key not in _TEXTS):
        return RunMount("", origin=values.get("from", ""), deferred=text)
    kind = values.pop("type", "bind").lower()
    if kind not in _KEYS:
        raise line.error(f'unsupported mount type "{kind}"; choose one of {", ".join(_KEYS)}')
    for key in values:
        if key not in _KEYS[kind]:
            raise line.error(f"unexpected key '{key}' for mount type '{kind}' in '{text}'")
    mount = _mount(kind, values, line)
    if kind == "secret" and not (mount.target or mount.source or mount.identity):
        raise line.error("a secret mount needs one of id, source and target")
    if kind not in ("secret", "ssh") and not mount.target:
        raise line.error(f"a {kind} mount needs a target: add target=/path")
    return mount


def _values(text: str, line: Line) -> dict[str, str]:
    try:
        fields = next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise line.error(f"failed to parse mount '{text}': {error}") from error
    values: dict[str, str] = {}
    for field in fields:
        key, equals, value = field.strip().partition("=")
        key = _ALIASES.get(key.lower(), key.lower())
        if not equals and key not in _FLAGS:
            raise line.error(f"invalid field '{field}' must be a key=value pair")
        if key in values:
            raise line.error(f"the key '{key}' is given twice in the mount '{text}'")
        values[key] = value
    return values


def _mount(kind: str, values: dict[str, str], line: Line) -> RunMount:
    sharing = values.get("sharing", "shared").lower()
    if sharing not in SHARING:
        raise line.error(f'unsupported sharing value "{sharing}"; choose one of {", ".join(SHARING)}')
    writable = kind in ("cache", "tmpfs")
    if "rw" in values:
        writable = _flag("rw", values["rw"], line)
    if "ro" in values:
        writable = not _flag("ro", values["ro"], line)
    mode = values.get("mode", "")
    if mode and not _OCTAL.fullmatch(mode):
        raise line.error(f"invalid value {mode} for mode: it should be an octal number")
    return RunMount(
        kind,
        target=values.get("target", ""),
        source=values.get("source", ""),
        origin=values.get("from", ""),
        identity=values.get("id", ""),
        writable=writable,
        sharing=sharing,
        size_bytes=_size(values.get("size", "0"), line),
        mode=int(mode, 8) if mode else None,
        uid=_number("uid", values.get("uid", "0"), line),
        gid=_number("gid", values.get("gid", "0"), line),
        required=_flag("required", values["required"], line) if "required" in values else False,
        variable=values.get("env", ""),
    )


def _flag(name: str, text: str, line: Line) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise line.error(f"invalid value for {name}: {text}; write true or false")


def _number(name: str, text: str, line: Line) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _MAX_ID):
        raise line.error(f"invalid value for {name}: {text}; it should be a whole number")
    return int(text)


def _size(text: str, line: Line) -> int:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise line.error(f"invalid value for size: {text}; write bytes, or a number with k, m or g")
    return int(match[1]) << _FACTORS[(match[2] or "b")[0].lower()]
