from __future__ import annotations

import json

from jupyter_containers.build.operations.definitions import CopyFiles, Execute, ImageRoot, InlineFile, MakeDirectory
from tests.support.planning import IMAGES


def test_definitions_are_json_and_tell_operations_apart() -> None:
    operations = [
        ImageRoot(None),
        ImageRoot(IMAGES["busybox"]),
        Execute(("a",)),
        Execute(("a",), env=("x=1",)),
        Execute(("a",), network="none"),
        CopyFiles(("a",), "/b"),
        CopyFiles(("a",), "/b", owner="1"),
        CopyFiles((), "/b", inline=(InlineFile("a", "x"),)),
        MakeDirectory("/b"),
    ]
    assert len({json.dumps(operation.definition()) for operation in operations}) == len(operations)


def test_a_root_is_defined_by_its_layers_not_by_its_config() -> None:
    assert ImageRoot(IMAGES["busybox"]).definition() == ImageRoot(IMAGES["shaped"]).definition()


def test_what_is_shown_or_hidden_is_not_defined() -> None:
    assert Execute(("a",), hidden_env=("p=1",), shown="x").definition() == Execute(("a",)).definition()
    assert CopyFiles(("a",), "/b", word="ADD").definition() == CopyFiles(("a",), "/b").definition()
