"""Names and ids that nobody chose."""

from __future__ import annotations

from jupyter_containers.engine.containers.checks import NAME
from jupyter_containers.engine.containers.names import new_id, random_name


def test_a_name_is_two_words_that_may_be_a_name() -> None:
    name = random_name(lambda _name: False)
    assert len(name.split("_")) == 2
    assert NAME.fullmatch(name)


def test_a_taken_name_is_not_given_again() -> None:
    asked: list[str] = []

    def is_taken(name: str) -> bool:
        asked.append(name)
        return len(asked) < 7

    assert random_name(is_taken) == asked[-1]
    assert asked[-1][-1].isdigit()


def test_there_is_a_name_even_when_all_are_taken() -> None:
    assert NAME.fullmatch(random_name(lambda _name: True))


def test_an_id_is_64_hex_digits_and_does_not_begin_like_a_number() -> None:
    for _ in range(50):
        text = new_id()
        assert len(text) == 64
        assert set(text) <= set("0123456789abcdef")
        assert not text[:12].isdigit()
