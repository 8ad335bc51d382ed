"""What stands after an instruction's word, in the few forms that instructions share."""

from __future__ import annotations

import json
import re

from jupyter_containers.build.dockerfile.expand import split_words
from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.repositories.addresses import is_repository

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")


def is_stage_name(text: str) -> bool:
    return _STAGE_NAME.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """Say whether ADD would fetch this, as docker's urlutil and BuildKit's git sources see it."""
    return text.startswith(("http://", "https://", "git@", "git://", "ssh://"))


def is_git(text: str) -> bool:
    """Say whether ADD would clone this."""
    return is_url(text) and is_repository(text)


def json_words(line: Line, rest: str | None = None) -> tuple[str, ...] | None:
    """Return the words of a JSON array, None for anything else. Raises DockerfileError for an array of other things."""
    text = line.rest if rest is None else rest
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(words, list):
        return None
    if not all(isinstance(word, str) for word in words):
        raise line.error("when using JSON array syntax, arrays must be comprised of strings only")
    return tuple(words)


def words_or_json(line: Line) -> tuple[str, ...]:
    """Return the words, divided by blanks or by JSON."""
    words = json_words(line)
    return tuple(line.rest.split()) if words is None else words


def command(line: Line, rest: str) -> tuple[tuple[str, ...], bool]:
    """Return args, and whether they are in shell form."""
    words = json_words(line, rest)
    if words is not None:
        return words, False
    return ((rest,) if rest else ()), True


def exactly_one(line: Line) -> str:
    """Return the rest of the line as one argument, blanks and all."""
    words = json_words(line)
    if not line.rest or (words is not None and len(words) != 1):
        raise line.error(f"{line.word} requires exactly one argument")
    return line.rest if words is None else words[0]


def pairs(line: Line) -> tuple[tuple[str, str], ...]:
    """Return the pairs of ENV and LABEL: `a=b c="d e"`, or the old form `a all the rest`."""
    words = split_words(line.rest, line.escape)
    if not words:
        raise line.error(f"{line.word} requires at least one argument")
    if "=" not in words[0]:
        name, _, value = _divide(line.rest)
        if not value:
            raise line.error(f"{line.word} must have two arguments")
        return ((name, value),)
    found: list[tuple[str, str]] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise line.error(f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value')
        if not name:
            raise line.error(f"{line.word} names can not be blank")
        found.append((name, value))
    return tuple(found)


def names_with_defaults(line: Line) -> tuple[tuple[str, str | None], ...]:
    """Return what ARG declares."""
    found: list[tuple[str, str | None]] = []
    for word in split_words(line.rest, line.escape):
        name, equals, value = word.partition("=")
        if not name:
            raise line.error("ARG names can not be blank")
        found.append((name, value if equals else None))
    return tuple(found)


def too_few_for_copy(word: str, count: int) -> str:
    """Return dockerd's sentence for COPY and ADD without enough arguments."""
    if count == 0:
        return f"{word} requires at least two arguments, but none were provided"
    return (
        f"{word} requires at least two arguments, but only one was provided. Destination could not be determined"
    )  # fmt: skip


def _divide(text: str) -> tuple[str, str, str]:
    match = re.match(r"(\S+)(\s*)(.*)", text, re.DOTALL)
    return (match[1], match[2], match[3]) if match else (text, "", "")
