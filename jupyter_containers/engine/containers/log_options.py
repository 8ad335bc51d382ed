"""The options of log drivers, as `--log-opt` names them: checked, and put together for who writes the log. Pure.

Source: Docker's documentation of the json-file and local drivers; the words of refusals are dockerd's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from jupyter_containers.engine import patterns
from jupyter_containers.engine.containers.record import HostSettings, Record, Settings
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.shim.protocol import LogOptions

_SIZES = frozenset({"max-size", "max-file", "compress"})
_ATTRIBUTES = frozenset({"labels", "labels-regex", "env", "env-regex", "tag"})
_MODES = frozenset({"mode", "max-buffer-size"})
_KNOWN = {"json-file": _SIZES | _ATTRIBUTES | _MODES, "local": _SIZES | _MODES}
_UNKNOWN = {
    "json-file": "unknown log opt '{}' for json-file log driver", "local": "unknown log opt '{}' for log driver local",
}  # fmt: skip
_FAILED = "failed to initialize logging driver: "
LOCAL_BYTES, LOCAL_FILES = 20 * 1024 * 1024, 5
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_FIELD = re.compile(r"\{\{-?([^{}]*?)-?\}\}")
_DAEMON_NAME = "docker"
_FIELDS: dict[str, Callable[[Record], str]] = {
    ".ID": lambda record: record.short_id,
    ".FullID": lambda record: record.id,
    ".Name": lambda record: record.name,
    ".ImageID": lambda record: record.image_id.removeprefix("sha256:")[:12],
    ".ImageFullID": lambda record: record.image_id,
    ".ImageName": lambda record: record.settings.image,
    ".DaemonName": lambda _record: _DAEMON_NAME,
}


def check_log(host: HostSettings) -> None:
    """Raises InvalidParameter in Docker's words, Unsupported for what there is not."""
    driver, options = host.log_driver or "json-file", host.log_options
    if driver == "none":
        if options:
            raise InvalidParameter("invalid logging opts for driver none")
        return
    if driver not in _KNOWN:
        # Docker's sentence and not a word more: clients compare it.
        raise InvalidParameter(f'error looking up logging plugin {driver}: plugin "{driver}" not found')
    for name in options:
        if name not in _KNOWN[driver]:
            raise InvalidParameter(_UNKNOWN[driver].format(name))
    _check_mode(options)
    _sizes(driver, options)
    for name in ("labels-regex", "env-regex"):
        _check_pattern(options.get(name, ""))
    for field in _FIELD.findall(options.get("tag", "")):
        _check_field(field.strip())
    if "{{" in _FIELD.sub("", options.get("tag", "")):
        raise InvalidParameter(f"{_FAILED}template: log-tag:1: unclosed action")


def _check_mode(options: Mapping[str, str]) -> None:
    mode = options.get("mode", "")
    if mode not in ("", "blocking", "non-blocking"):
        raise InvalidParameter(f"logger: logging mode not supported: {mode}")
    if "max-buffer-size" in options:
        if mode != "non-blocking":
            raise InvalidParameter("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
        try:
            log_size(options["max-buffer-size"])
        except InvalidParameter as error:
            raise InvalidParameter(f"error parsing option max-buffer-size: {error.message}") from error
    if mode == "non-blocking":
        raise Unsupported(
            "log option mode=non-blocking is not supported: the log is a file here, which nobody's reading holds up; "
            "leave it out"
        )


def _check_field(field: str) -> None:
    if field in _FIELDS:
        return
    if re.fullmatch(r"\.\w+", field):
        raise InvalidParameter(f"{_FAILED}log-tag: can't evaluate field {field[1:]} in type *logger.Info")
    known = ", ".join(f"{{{{{name}}}}}" for name in _FIELDS)
    raise Unsupported(f"log option tag with {{{{{field}}}}} is not supported; use {known}")


def log_options(record: Record, files_path: Path) -> LogOptions | None:
    """Return where and how the log is written; None for the driver none. Raises as `check_log`."""
    driver, options = record.host.log_driver or "json-file", record.host.log_options
    path = log_path(record, files_path)
    if path is None:
        return None
    max_bytes, max_files, compress = _sizes(driver, options)
    found = attributes(record)
    return LogOptions(
        str(path), max_bytes, max_files, driver, compress,
        json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if found else "",
    )  # fmt: skip


def log_path(record: Record, files_path: Path) -> Path | None:
    """Return the newest file of a container's log; None for the driver none."""
    match record.host.log_driver:
        case "none":
            return None
        case "local":
            return files_path / "local-logs" / "container.log"
    return files_path / f"{record.id}-json.log"


def _sizes(driver: str, options: Mapping[str, str]) -> tuple[int, int, bool]:
    """Return the bytes of a full file (0 is without limit), how many files, and whether old ones are compressed."""
    if driver == "local":
        return _local_sizes(options)
    try:
        max_bytes = log_size(options["max-size"]) if "max-size" in options else 0
        if "max-size" in options and not max_bytes:
            raise InvalidParameter("max-size must be a positive number")
        max_files = _integer(options.get("max-file", "1"))
        if max_files < 1:
            raise InvalidParameter("max-file cannot be less than 1")
        compress = _boolean(options.get("compress", "false"))
        if compress and (max_files == 1 or not max_bytes):
            raise InvalidParameter("compress cannot be true when max-file is less than 2 or max-size is not set")
    except InvalidParameter as error:
        raise InvalidParameter(f"{_FAILED}{error.message}") from error
    return max_bytes, max_files, compress


def _local_sizes(options: Mapping[str, str]) -> tuple[int, int, bool]:
    max_bytes, max_files, compress = LOCAL_BYTES, LOCAL_FILES, True
    what = "invalid value for max-size: {}: "
    try:
        if "max-size" in options:
            max_bytes = log_size(options["max-size"])
            if not max_bytes:
                raise InvalidParameter("must be a positive number")
        what = "invalid value for max-file: {}: "
        if "max-file" in options:
            max_files = _integer(options["max-file"])
        what = "error reading compress log option: "
        compress = _boolean(options.get("compress", "true"))
        what = ""
        if compress and max_files <= 1:
            raise InvalidParameter("compression cannot be enabled when max file count is 1")
        if max_files < 1:
            raise InvalidParameter("max file count cannot be less than 1")
    except InvalidParameter as error:
        name = "max-size" if "max-size" in what else "max-file"
        raise InvalidParameter(f"{_FAILED}{what.format(options.get(name))}{error.message}") from error
    return max_bytes, max_files, compress


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise InvalidParameter(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def _boolean(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise InvalidParameter(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return text in _TRUE


def log_size(text: str) -> int:
    """Return the bytes of a size such as `10m`, in thousands as Docker counts them here. Raises InvalidParameter."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidParameter(f"invalid size: '{text}'")
    return int(float(match[1]) * 1000 ** " kmgtp".index(match[2].lower() or " "))


def _check_pattern(text: str) -> None:
    patterns.check([text])
    try:
        patterns.parse(text)
    except patterns.NoPattern as error:
        raise InvalidParameter(f"{_FAILED}error parsing regexp: {error}: `{text}`") from error


# --- what each entry says of its container ---------------------------------------------------------------------------


def attributes(record: Record) -> dict[str, str]:
    """Return the labels and variables that the options name, and the tag."""
    options, settings = record.host.log_options, record.settings
    found = _named(settings.labels, options.get("labels", ""), options.get("labels-regex", ""))
    found |= _named(_variables(settings), options.get("env", ""), options.get("env-regex", ""))
    if tag := options.get("tag", ""):
        found["tag"] = _FIELD.sub(lambda match: _FIELDS[match[1].strip()](record), tag)
    return found


def _named(values: Mapping[str, str], names: str, pattern: str) -> dict[str, str]:
    wanted = set(names.split(","))
    return {
        name: value for name, value in values.items() if name in wanted or (pattern and patterns.occurs(pattern, name))
    }


def _variables(settings: Settings) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in settings.env)
    return {name: value for name, equals, value in pairs if equals}
