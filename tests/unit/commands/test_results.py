"""Tests of commands.results."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.commands.results import Message, Table, sendable, visible


def test_a_table_has_its_columns_under_each_other() -> None:
    table = Table("things", ("NAME", "X"), (("a", "1"), ("longer", "")))
    assert table.text() == "NAME     X\na        1\nlonger"


def test_a_table_is_iterated_by_its_records() -> None:
    table = Table("things", ("A",), (("1",),), ("record",))
    assert (list(table), len(table), table.summary()) == (["record"], 1, "1 thing")


def test_an_empty_table_is_true_all_the_same() -> None:
    table = Table("things", ("A",), ())
    assert table
    assert table.text() == "A"
    assert repr(table) == "0 things"


def test_a_message_is_its_lines() -> None:
    message = Message(("one", "two"), ("x",))
    assert (message.text(), repr(message), message.data()) == (
        "one\ntwo",
        "one",
        {"lines": ["one", "two"], "items": ["x"]},
    )


def test_a_cell_is_one_line_and_steers_no_terminal() -> None:
    table = Table("changes", ("", "PATH"), (("A", "/x\x1b[2J\ny"),))
    assert table.text().splitlines() == ["    PATH", "A   /x?[2J?y"]
    assert visible("caf\udce9") == "caf?"


def test_values_are_sent_without_what_is_no_character() -> None:
    assert sendable({"a\udce9": ["b\ud800", 1, None, ("c", True)]}) == {"a\ufffd": ["b\ufffd", 1, None, ["c", True]]}
    assert sendable("\u00e9\U0001f600") == "\u00e9\U0001f600"


def test_records_become_a_dataframe() -> None:
    @dataclass
    class One:
        name: str
        size: int

    table = Table("things", ("NAME",), (("a",), ("b",)), [One("a", 1), One("b", 2)])
    assert table.df.to_dict("list") == {"name": ["a", "b"], "size": [1, 2]}
    assert Table("things", ("NAME",), (("a",),)).df.to_dict("list") == {"NAME": ["a"]}
