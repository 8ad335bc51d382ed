from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_containers.build.graph import Vertex, in_order, vertex


@dataclass(frozen=True)
class Named:
    name: str

    def definition(self) -> dict[str, Any]:
        return {"name": self.name}


def chain(length: int) -> Vertex:
    top = vertex(Named("0"))
    for number in range(1, length):
        top = vertex(Named(str(number)), [top])
    return top


def test_a_digest_depends_on_the_operation_and_all_inputs_in_their_order() -> None:
    a, b = vertex(Named("a")), vertex(Named("b"))
    digests = {vertex(Named("x"), inputs).digest for inputs in ([], [a], [a, b], [b, a], [a, a])}
    assert len(digests) == 5
    assert vertex(Named("x"), [a], lines=(1, 2), source="text").digest == vertex(Named("x"), [a]).digest


def test_inputs_come_first_and_equal_vertices_once() -> None:
    base = vertex(Named("base"))
    left, right = vertex(Named("left"), [base]), vertex(Named("right"), [vertex(Named("base"))])
    names = [entry.operation.name for entry in in_order(vertex(Named("top"), [left, right]))]
    assert names == ["base", "left", "right", "top"]


def test_thousands_of_vertices_need_no_recursion() -> None:
    assert len(in_order(chain(5000))) == 5000
