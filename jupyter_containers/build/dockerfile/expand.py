"""The words of a shell, as far as Dockerfiles have them: quotes, escapes, variables with modifiers.

Source: the Dockerfile reference, Environment replacement; POSIX Shell Command Language 2.6.2 for the modifiers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from jupyter_containers.build.dockerfile.quoting import go_quote
from jupyter_containers.build.dockerfile.wildcards import Wildcards, shell_pattern

_BLANK = " \t\r\n\v\f"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?\-$!]")
_MAX_DEPTH = 40
# execve takes no longer words than 128 KiB; without a limit `ENV A=$A$A` forty times would fill the memory.
_MAX_EXPANDED = 1 << 20
# A pattern is tried at each place of a value, up to each other place: some tenths of a second at most.
_MAX_PATTERN_WORK = 4 << 20


class ExpansionError(ValueError):
    """A word is broken, or a variable that must be set is not."""


def expand(text: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """Return one word with quotes removed and variables replaced. Raises ExpansionError naming the word."""
    return "".join(piece for piece, _ in _pieces(text, variables, escape))


def expand_words(text: str, variables: Mapping[str, str], escape: str = "\\") -> list[str]:
    """Return the words that `text` becomes: blanks outside quotes divide, also those that come from a variable."""
    words: list[str] = []
    current: str | None = None
    for piece, is_quoted in _pieces(text, variables, escape):
        if is_quoted:
            current = (current or "") + piece
            continue
        for char in piece:
            if char not in _BLANK:
                current = (current or "") + char
            elif current is not None:
                words.append(current)
                current = None
    return words if current is None else [*words, current]


def expand_content(text: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """Return the content of a heredoc with variables replaced: quotes are text, an escape hides only `$` and itself."""
    scanner = _Scanner(text, variables, escape, 0)
    try:
        return scanner.content()
    except ExpansionError as error:
        raise ExpansionError(f"failed to process the heredoc: {error}") from error


def unquote(text: str, escape: str = "\\") -> str:
    """Return a word without its quotes and escapes; `$` means nothing. A broken word is returned as it is."""
    try:
        return "".join(piece for piece, _ in _Scanner(text, None, escape, 0).pieces())
    except ExpansionError:
        return text


def split_words(text: str, escape: str = "\\") -> list[str]:
    """Cut at blanks outside quotes; quotes and escapes stay in the words. A quote may end with the text."""
    words: list[str] = []
    start, quote, position = -1, "", 0
    while position < len(text):
        char = text[position]
        if start < 0 and char not in _BLANK:
            start = position
        if char == escape and quote != "'":
            position += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _BLANK and start >= 0:
            words.append(text[start:position])
            start = -1
        position += 1
    return words if start < 0 else [*words, text[start:]]


def _pieces(text: str, variables: Mapping[str, str], escape: str) -> list[tuple[str, bool]]:
    try:
        return _Scanner(text, variables, escape, 0).pieces()
    except ExpansionError as error:
        shown = text if len(text) <= 200 else f"{text[:200]}…"
        raise ExpansionError(f"failed to process {go_quote(shown)}: {error}") from error


class _Scanner:
    """Reads one text once, from left to right, into pieces of (text, is quoted)."""

    def __init__(self, text: str, variables: Mapping[str, str] | None, escape: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise ExpansionError(f"substitutions are nested more than {_MAX_DEPTH} deep")
        self._text = text
        self._variables = variables
        self._escape = escape
        self._depth = depth
        self._position = 0
        self._produced = 0

    def pieces(self) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        while (char := self._take()) is not None:
            if char == "'":
                found.append((self._until_single_quote(), True))
            elif char == '"':
                found.append((self._until_double_quote(), True))
            elif char == "$" and self._variables is not None:
                found.append((self._variable(), False))
            elif char == self._escape:
                # An escape at the very end stands for itself nowhere; dockerd drops it.
                found.append((self._take() or "", True))
            else:
                found.append((char, False))
        return found

    def content(self) -> str:
        result: list[str] = []
        while (char := self._take()) is not None:
            if char == "$":
                result.append(self._variable())
            elif char == self._escape and self._peek() in ("$", self._escape):
                result.append(self._take() or "")
            else:
                result.append(char)
        return "".join(result)

    def _take(self) -> str | None:
        if self._position >= len(self._text):
            return None
        self._position += 1
        return self._text[self._position - 1]

    def _peek(self) -> str:
        return self._text[self._position : self._position + 1]

    def _until_single_quote(self) -> str:
        end = self._text.find("'", self._position)
        if end < 0:
            raise ExpansionError("unexpected end of statement while looking for matching single-quote")
        start, self._position = self._position, end + 1
        return self._text[start:end]

    def _until_double_quote(self) -> str:
        result: list[str] = []
        while (char := self._take()) is not None:
            if char == '"':
                return "".join(result)
            if char == "$" and self._variables is not None:
                result.append(self._variable())
            elif char == self._escape:
                following = self._take() or ""
                result.append(following if following in ('"', "$", self._escape) else char + following)
            else:
                result.append(char)
        raise ExpansionError("unexpected end of statement while looking for matching double-quote")

    def _variable(self) -> str:
        value = self._substitution()
        self._produced += len(value)
        if self._produced > _MAX_EXPANDED:
            raise ExpansionError(f"the variables in it have more than {_MAX_EXPANDED} characters")
        return value

    def _substitution(self) -> str:
        if self._peek() != "{":
            match = _NAME.match(self._text, self._position)
            if match is None:
                return "$"
            self._position = match.end()
            return self._value(match[0]) or ""
        self._position += 1
        match = _NAME.match(self._text, self._position)
        if match is None:
            raise ExpansionError("syntax error: bad substitution")
        self._position = match.end()
        body = self._until_brace()
        return self._modified(match[0], body) if body else self._value(match[0]) or ""

    def _until_brace(self) -> str:
        """Return the text up to the brace that closes the substitution, with quotes and inner substitutions whole."""
        start, depth, quote = self._position, 1, ""
        while (char := self._take()) is not None:
            if char == self._escape and quote != "'":
                self._take()
            elif quote:
                quote = "" if char == quote else quote
            elif char in "'\"":
                quote = char
            elif char == "$" and self._peek() == "{":
                self._position += 1
                depth += 1
            elif char == "}":
                depth -= 1
                if depth == 0:
                    return self._text[start : self._position - 1]
        raise ExpansionError("syntax error: missing '}' in substitution")

    def _modified(self, name: str, body: str) -> str:
        value = self._value(name)
        if body[0] == ":" and body[1:2] in ("-", "+", "?"):
            return self._default(name, value or None, body[1], body[2:])
        if body[0] in "-+?":
            return self._default(name, value, body[0], body[1:])
        if body[0] in "#%":
            is_greedy = body[1:2] == body[0]
            pattern = self._pattern(body[2:] if is_greedy else body[1:], value or "")
            return (_without_start if body[0] == "#" else _without_end)(value or "", pattern, is_greedy)
        if body[0] == "/":
            return self._replaced(value or "", body[1:])
        raise ExpansionError(f"unsupported modifier ({body[:2]}) in substitution")

    def _default(self, name: str, value: str | None, kind: str, word: str) -> str:
        if kind == "+":
            return "" if value is None else self._inner(word)
        if value is not None:
            return value
        if kind == "?":
            raise ExpansionError(f"{name}: {self._inner(word) or 'not allowed to be unset'}")
        return self._inner(word)

    def _replaced(self, value: str, body: str) -> str:
        is_global = body.startswith("/")
        pattern, _, replacement = _partition_unescaped(body.removeprefix("/"), self._escape)
        if not pattern or not value:
            return value
        return _replace(value, self._pattern(pattern, value), self._inner(replacement), is_global)

    def _inner(self, word: str) -> str:
        return "".join(p for p, _ in _Scanner(word, self._variables, self._escape, self._depth + 1).pieces())

    def _pattern(self, word: str, value: str) -> Wildcards:
        if len(value) * len(value) * (len(word) + 1) > _MAX_PATTERN_WORK:
            raise ExpansionError(
                f"a value of {len(value)} characters is too long for a pattern of {len(word)}; do it in a RUN"
            )
        pieces = _Scanner(word, self._variables, self._escape, self._depth + 1).pieces()
        # What was quoted or escaped stands for itself.
        text = "".join(_hidden(piece, self._escape) if is_quoted else piece for piece, is_quoted in pieces)
        return shell_pattern(text, self._escape)

    def _value(self, name: str) -> str | None:
        return (self._variables or {}).get(name)


def _hidden(text: str, escape: str) -> str:
    return "".join(f"{escape}{char}" for char in text)


def _without_start(value: str, pattern: Wildcards, is_greedy: bool) -> str:
    ends = pattern.ends(value)
    return value[(max if is_greedy else min)(ends) :] if ends else value


def _without_end(value: str, pattern: Wildcards, is_greedy: bool) -> str:
    return _without_start(value[::-1], pattern.reversed(), is_greedy)[::-1]


def _replace(value: str, pattern: Wildcards, replacement: str, is_global: bool) -> str:
    result: list[str] = []
    position = 0
    while position < len(value):
        end = max(pattern.ends(value, position), default=position)
        # An empty match replaces nothing; otherwise `*` would match once more at the end.
        result.append(replacement if end > position else value[position])
        if end > position and not is_global:
            return "".join(result) + value[end:]
        position = max(end, position + 1)
    return "".join(result)


def _partition_unescaped(text: str, escape: str) -> tuple[str, str, str]:
    position = 0
    while position < len(text):
        if text[position] == escape:
            position += 1
        elif text[position] == "/":
            return text[:position], "/", text[position + 1 :]
        position += 1
    return text, "", ""
