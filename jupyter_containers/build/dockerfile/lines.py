"""First pass: text to lines as written. Comments vanish, continuations are joined, heredocs are cut out.

Source: the Dockerfile reference, sections Format, Parser directives, Here-documents; tried on dockerd.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jupyter_containers.build.dockerfile.expand import ExpansionError, split_words, unquote
from jupyter_containers.build.dockerfile.failures import DockerfileError, syntax_error
from jupyter_containers.errors import Unsupported

# A logical line longer than this is not a Dockerfile; dockerd's scanner stops at 64 KiB per physical line.
MAX_TEXT_BYTES = 4 << 20
MAX_FLAGS = 500

_DIRECTIVE = re.compile(r"\s*#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_FRONTEND = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?")
# `3<<-name`; what the shell would not take into the name may follow at once, as in `<<EOF;` or `<<EOF>file`.
_HEREDOC = re.compile(r"""(\d*)<<(-?)((?:"[^"]*"|'[^']*'|\\.|[^<>;&|()\s"'\\])+)(?:[;&|>()].*)?""")
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})
_BLANK = " \t\r\v\f"


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`content` is what stands between `<<name` and `name`; `expand` says that variables in it are replaced."""

    name: str
    content: str
    expand: bool
    strip_tabs: bool
    descriptor: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction as written: its word in capitals, its flags (`--name[=value]`), and the rest of the line.

    `text` is the whole on one line; `start` and `end` are lines of the file, from 1, both inclusive.
    """

    word: str
    flags: tuple[str, ...]
    rest: str
    text: str
    start: int
    end: int
    heredocs: tuple[Heredoc, ...] = ()
    escape: str = "\\"

    @property
    def lines(self) -> tuple[int, int]:
        return (self.start, self.end)

    def error(self, message: str) -> DockerfileError:
        return syntax_error(message, self.lines, self.text)


@dataclass(frozen=True, slots=True)
class Document:
    """A Dockerfile as lines. `warnings` are pairs of line and text; `check` is what the directive of that name says."""

    lines: tuple[Line, ...]
    escape: str
    warnings: tuple[tuple[int, str], ...] = ()
    check: str = ""


def read(text: str) -> Document:
    """Return the lines of a Dockerfile. Raises DockerfileError for an empty file and for what cannot be cut."""
    if len(text) > MAX_TEXT_BYTES:
        raise DockerfileError(f"the Dockerfile has more than {MAX_TEXT_BYTES} characters")
    source = text.removeprefix("\ufeff").split("\n")
    directives = _directives(source)
    escape = directives.get("escape", "\\")
    reader = _Reader(source, escape)
    lines = tuple(reader.read())
    if not lines:
        raise DockerfileError("the Dockerfile cannot be empty: file with no instructions")
    return Document(lines, escape, (*_notes(directives), *reader.warnings), directives.get("check", ""))


def read_line(text: str, escape: str, lines: tuple[int, int]) -> Line:
    """Return one instruction that stands alone, as an ONBUILD trigger does; `lines` is where to blame errors."""
    return _cut(text.strip(), lines, escape)


def opens_heredoc(word: str) -> bool:
    return _HEREDOC.fullmatch(word) is not None


class _Reader:
    """A cursor over the physical lines."""

    def __init__(self, source: list[str], escape: str) -> None:
        self._source = source
        self._escape = escape
        self._position = 0
        token = re.escape(escape)
        # The escape ends a line only when it is not escaped itself.
        self._continued = re.compile(rf"(^|[^{token}]){token}[ \t\r]*$")
        self.warnings: list[tuple[int, str]] = []

    def read(self) -> list[Line]:
        found: list[Line] = []
        while self._position < len(self._source):
            start = self._position + 1
            text = self._logical_line()
            if not text:
                continue
            line = _cut(text, (start, self._position), self._escape)
            found.append(self._with_heredocs(line))
        return found

    def _logical_line(self) -> str:
        first = self._next().lstrip(_BLANK)
        if not first or first.startswith("#"):
            return ""
        start, empty = self._position, False
        part, continues = self._trim(first)
        parts = [part]
        while continues and self._position < len(self._source):
            following = self._next()
            bare = following.strip(_BLANK)
            if not bare:
                # The very end of the file is one more empty piece for split(), not a line somebody wrote.
                empty = empty or self._position < len(self._source)
            elif not bare.startswith("#"):
                part, continues = self._trim(following)
                parts.append(part)
        text = "".join(parts).strip(_BLANK)
        if empty:
            self.warnings.append((start, f"Empty continuation line found in: {text}"))
        return text

    def _next(self) -> str:
        self._position += 1
        return self._source[self._position - 1].removesuffix("\r")

    def _trim(self, text: str) -> tuple[str, bool]:
        match = self._continued.search(text)
        return (text[: match.start() + len(match.group(1))], True) if match else (text, False)

    def _with_heredocs(self, line: Line) -> Line:
        inner = read_line(line.rest, line.escape, line.lines) if line.word == "ONBUILD" else line
        if inner.word not in _WITH_HEREDOCS or "<<" not in inner.rest or inner.rest.startswith("["):
            return line
        heredocs = tuple(self._heredoc(opened, line) for opened in _openings(inner))
        return replace(line, end=self._position, heredocs=heredocs)

    def _heredoc(self, opened: Heredoc, line: Line) -> Heredoc:
        content: list[str] = []
        while self._position < len(self._source):
            text = self._source[self._position]
            self._position += 1
            shown = text.lstrip("\t") if opened.strip_tabs else text
            if shown.removesuffix("\r") == opened.name:
                whole = "".join(f"{part}\n" for part in content)
                return Heredoc(opened.name, whole, opened.expand, opened.strip_tabs, opened.descriptor)
            content.append(shown)
        self._position = len(self._source)
        raise line.error(f"unterminated heredoc: no line {opened.name!r} ends it")


def _directives(source: list[str]) -> dict[str, str]:
    """Return the directives' values. They count only before anything else, comments included."""
    seen: dict[str, str] = {}
    for number, text in enumerate(source, 1):
        match = _DIRECTIVE.fullmatch(text.removesuffix("\r"))
        if match is None or match[1].lower() not in {"escape", "syntax", "check"}:
            break
        name = match[1].lower()
        if name in seen:
            raise syntax_error(f"only one {name} parser directive can be used", (number, number), text)
        seen[name] = match[2]
        if name == "escape" and match[2] not in {"\\", "`"}:
            raise syntax_error(f"invalid ESCAPE {match[2]!r}: does not match ` or \\", (number, number), text)
        if name == "syntax":
            check_frontend(match[2], (number, number), text)
    return seen


def check_frontend(name: str, lines: tuple[int, int], source: str) -> None:
    """Raise Unsupported for the name of a frontend that reads something else than Dockerfiles."""
    if not _FRONTEND.fullmatch(name):
        raise Unsupported(
            f"syntax={name} (line {lines[0]}) names another language than Dockerfiles, which this builder does "
            "not run; leave the line out, or name docker/dockerfile:1",
            line=lines[0], end_line=lines[1], source=source,
        )  # fmt: skip


def _notes(directives: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Say that a frontend of a certain version is not fetched; `:1` and no tag ask for nothing certain."""
    wanted = directives.get("syntax", "")
    if wanted.partition(":")[2] not in ("", "1", "latest"):
        line = list(directives).index("syntax") + 1
        yield line, f"syntax={wanted} is not fetched: this builder reads Dockerfiles itself"


def _cut(text: str, lines: tuple[int, int], escape: str) -> Line:
    word, _, rest = _partition(text)
    flags, rest = _flags(rest, escape)
    return Line(word.upper(), flags, rest, text, lines[0], lines[1], (), escape)


def _partition(text: str) -> tuple[str, str, str]:
    match = re.match(r"(\S+)(\s*)(.*)", text, re.DOTALL)
    return (match[1], match[2], match[3].strip()) if match else (text, "", "")


def _flags(rest: str, escape: str) -> tuple[tuple[str, ...], str]:
    """Cut the leading `--flag[=value]` words; quotes and escapes in them are resolved, a lone `--` ends them."""
    flags: list[str] = []
    while rest.startswith("--"):
        if len(flags) == MAX_FLAGS:
            raise DockerfileError(f"an instruction has more than {MAX_FLAGS} flags")
        word, length = _flag_word(rest, escape)
        rest = rest[length:].lstrip()
        if word == "--":
            break
        flags.append(word)
    return tuple(flags), rest


def _flag_word(text: str, escape: str) -> tuple[str, int]:
    # A list: to a long text one more character may be as much work as the whole text.
    word: list[str] = []
    quote, position = "", 0
    while position < len(text):
        char = text[position]
        if char == escape and position + 1 < len(text) and quote != "'":
            position += 1
            word.append(text[position])
        elif quote:
            if char == quote:
                quote = ""
            else:
                word.append(char)
        elif char in "'\"":
            quote = char
        elif char.isspace():
            break
        else:
            word.append(char)
        position += 1
    return "".join(word), position


def _openings(line: Line) -> list[Heredoc]:
    try:
        words = split_words(line.rest, line.escape)
    except ExpansionError as error:
        raise line.error(str(error)) from error
    found: list[Heredoc] = []
    for word in words:
        match = _HEREDOC.fullmatch(word)
        if match is None:
            continue
        name = unquote(match[3], line.escape)
        if name and not any(char.isspace() for char in name):
            found.append(Heredoc(name, "", name == match[3], bool(match[2]), int(match[1] or 0)))
    return found
