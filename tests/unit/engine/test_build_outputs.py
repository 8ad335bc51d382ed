"""Exporters and their attributes."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.build_outputs import Output, all_annotations, all_names, archive_names, is_stored, leaves
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.reference import Reference


def names(*texts: str) -> tuple[Reference, ...]:
    return tuple(Reference.parse(text).with_default_tag() for text in texts)


def test_attributes_are_read() -> None:
    found = Output.parse("image", {"name": "a, b:2", "push": "True", "annotation.x": "1", "annotation-manifest.y": "2"})
    assert found == Output("image", names("a", "b:2"), True, {"x": "1", "y": "2"})
    assert found.annotations == {"x": "1", "y": "2"}
    assert not Output.parse("tar", {"rewrite-timestamp": "false"}).rewrites_times


def test_a_registry_is_an_image_that_is_pushed() -> None:
    assert Output.parse("registry", {"name": "a"}) == Output("image", names("a"), True)


@pytest.mark.parametrize(
    ("kind", "attributes", "wrong"),
    [
        ("cacheonly", {}, InvalidParameter),
        ("tar", {"dest": "/etc/x"}, Unsupported),
        ("local", {"name": "a"}, Unsupported),
        ("oci", {"push": "true"}, Unsupported),
        ("image", {"push": "maybe"}, InvalidParameter),
        ("image", {"name": f"a@sha256:{'0' * 64}"}, InvalidParameter),
        ("image", {"oci-mediatypes": "false"}, Unsupported),
        ("image", {"compression": "zstd"}, Unsupported),
        ("image", {"compression": "gzip"}, Unsupported),
        ("registry", {"compression": "uncompressed"}, Unsupported),
        ("image", {"annotation-index.a": "b"}, Unsupported),
    ],
)
def test_what_is_not_done_is_refused(kind: str, attributes: dict[str, str], wrong: type[Exception]) -> None:
    with pytest.raises(wrong):
        Output.parse(kind, attributes)


def test_what_is_true_of_us_may_be_asked_for() -> None:
    assert Output.parse("image", {"oci-mediatypes": "true", "compression": "uncompressed"}) == Output("image")
    assert Output.parse("image", {"compression": "gzip", "push": "true"}) == Output("image", pushes=True)


def test_outputs_together() -> None:
    image, archive = Output("image", names("a"), annotations={"x": "1"}), Output("oci", names("b"))
    assert all_names([image, archive], names("c", "a")) == names("c", "a")
    assert archive_names([image, archive], names("c")) == names("b", "c")
    assert all_annotations([image, archive]) == {"x": "1"}
    assert [is_stored([]), is_stored([archive]), is_stored([archive, image])] == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        ("image", {}, False),
        ("image", {"push": "true"}, True),
        ("registry", {}, True),
        ("local", {}, True),
        ("oci", {}, True),
    ],
)
def test_an_output_leads_away_or_not(kind: str, attributes: dict[str, str], expected: bool) -> None:
    assert leaves([Output.parse(kind, attributes)]) is expected
    assert not leaves([])
