"""Tests of build.dockerfile.checks.rules: nothing that can be found is without a sentence."""

from __future__ import annotations

import re
from pathlib import Path

from jupyter_containers.build.dockerfile.checks import rules


def test_every_rule_that_is_found_is_described() -> None:
    folder = Path(rules.__file__).parent
    named = {rule for path in folder.glob("*.py") for rule in re.findall(r'found\(\s*"(\w+)"', path.read_text())}
    assert len(named) > 15
    assert named <= set(rules.DESCRIPTIONS)


def test_a_rule_is_explained_at_its_address() -> None:
    last = [
        rules.url_of(rule).split("/")[-2] for rule in ("JSONArgsRecommended", "SecretsUsedInArgOrEnv", "UndefinedVar")
    ]
    assert last == ["json-args-recommended", "secrets-used-in-arg-or-env", "undefined-var"]
