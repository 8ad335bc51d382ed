from __future__ import annotations

from jupyter_containers.build.dockerfile.quoting import go_list, go_quote, go_rune


def test_texts_are_quoted_as_go_does() -> None:
    assert go_quote('a"b\\c\n\t\x01é\u200b\U0010ffff') == '"a\\"b\\\\c\\n\\t\\x01é\\u200b\\U0010ffff"'


def test_a_list_has_blanks_between_its_texts() -> None:
    assert go_list(["a b", "c"]) == '["a b" "c"]'
    assert go_list([]) == "[]"


def test_numbers_are_printed_as_the_characters_they_would_be() -> None:
    assert [go_rune(n) for n in (0, 3, 10, 39, 65, 0xD800)] == [
        "'\\x00'",
        "'\\x03'",
        "'\\n'",
        "'\\''",
        "'A'",
        "'\ufffd'",
    ]
