from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile import arguments
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.lines import Line, read_line


def line(text: str) -> Line:
    return read_line(text, "\\", (1, 1))


def test_json_is_an_array_of_strings_or_no_json_at_all() -> None:
    assert arguments.json_words(line('CMD ["a", "b c"]')) == ("a", "b c")
    assert arguments.json_words(line("CMD ['a']")) is None
    assert arguments.json_words(line("CMD " + "[" * 100_000)) is None
    with pytest.raises(DockerfileError, match="comprised of strings only"):
        arguments.json_words(line("CMD [1]"))


def test_pairs_keep_quotes_for_the_expansion_and_know_the_old_form() -> None:
    assert arguments.pairs(line("ENV a='b c' d=")) == (("a", "'b c'"), ("d", ""))
    assert arguments.pairs(line("ENV a  b  c=d")) == (("a", "b  c=d"),)


def test_a_declared_name_may_have_no_default() -> None:
    assert arguments.names_with_defaults(line("ARG a b= c=d")) == (("a", None), ("b", ""), ("c", "d"))


def test_one_argument_is_the_rest_of_the_line() -> None:
    assert arguments.exactly_one(line("WORKDIR a b")) == "a b"
    assert arguments.exactly_one(line('WORKDIR ["a b"]')) == "a b"
    with pytest.raises(DockerfileError, match="exactly one"):
        arguments.exactly_one(line('WORKDIR ["a", "b"]'))


def test_what_add_would_fetch_is_recognised() -> None:
    assert [arguments.is_url(text) for text in ("http://x", "git@x:y", "a/http://x")] == [True, True, False]
