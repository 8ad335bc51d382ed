"""Tests of pictures.html."""

from __future__ import annotations

import re
import sys
import unicodedata

from jupyter_containers.pictures.html import COLOURS, Html, coloured, details, element, joined, pre, table


def test_text_is_escaped_and_html_is_not() -> None:
    assert element("b", "<i>", Html("<u>x</u>")) == "<b>&lt;i&gt;<u>x</u></b>"
    assert joined(["a & b", Html("<br>")]) == "a &amp; b<br>"


def test_attributes_are_escaped() -> None:
    assert (
        element("progress", value='"><script>', max=2)
        == '<progress value="&quot;&gt;&lt;script&gt;" max="2"></progress>'
    )
    assert element("i", title="a\u202eb\x1b\udce9") == '<i title="a\ufffdb\ufffd\ufffd"></i>'


def test_a_table_has_a_head() -> None:
    text = re.sub(r' style="[^"]*"', "", table(("A", "B"), [("1", "<2>")]))
    assert text == (
        "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td>&lt;2&gt;</td></tr></tbody></table>"
    )


def test_details_have_a_title() -> None:
    assert "<summary" in details("more", pre("x"))


def test_colours_are_vs_codes_or_labs_and_have_a_value_for_other_front_ends() -> None:
    theme = r"var\(--vscode-[A-Za-z-]+,var\(--jp-[a-z0-9-]+,#[0-9a-f]{6}\)\)"
    for name, value in COLOURS.items():
        assert re.fullmatch(rf"color-mix\(in srgb,{theme} 65%,currentColor\)", value)
        assert value in coloured(name, "x")


def test_what_cannot_be_seen_is_marked() -> None:
    assert joined(["a\x1b\x07b\u202ec\u2066", "tab\tline\n"]) == "a\ufffd\ufffdb\ufffdc\ufffdtab\tline\n"


def test_controls_marks_of_direction_and_halves_are_the_only_characters_that_are_replaced() -> None:
    directions = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    every = [chr(number) for number in range(sys.maxunicode + 1) if chr(number) not in "&<>\ufffd"]
    unseen = [
        character
        for character in every
        if (unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r")
        or unicodedata.bidirectional(character) in directions
    ]
    shown = joined(["".join(every)])
    assert [before for before, after in zip(every, shown, strict=True) if after == "\ufffd"] == unseen
    assert len(shown) - shown.count("\ufffd") == len(set(every) - set(unseen))
