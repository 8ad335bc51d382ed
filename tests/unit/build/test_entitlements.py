from __future__ import annotations

import pytest

from jupyter_containers.build import entitlements
from jupyter_containers.errors import Forbidden, InvalidParameter
from tests.support.planning import planned

DOCKERFILE = 'FROM scratch\nRUN ["true"]\nRUN --security=insecure ["true"]\n'


def test_entitlements_have_names() -> None:
    assert entitlements.parse([]) == frozenset()
    assert entitlements.parse(["security.insecure", "network.host"]) >= {"security.insecure"}
    with pytest.raises(InvalidParameter, match="unknown entitlement 'device'"):
        entitlements.parse(["device"])


def test_an_insecure_step_must_be_allowed() -> None:
    plan = planned(DOCKERFILE)
    entitlements.check(plan, {"security.insecure"})
    with pytest.raises(Forbidden, match=r"^security\.insecure is not allowed; build with --allow") as caught:
        entitlements.check(plan, {"network.host"})
    assert caught.value.details["line"] == 3


def test_a_stage_that_is_not_built_wants_nothing() -> None:
    entitlements.check(planned('FROM scratch AS a\nRUN --security=insecure ["x"]\nFROM scratch\n'), ())
