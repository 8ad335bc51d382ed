"""Tests of build.dockerfile.checks.rules: nothing that can be found is without a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_containers.build.dockerfile.checks import rules
from jupyter_containers.build.dockerfile.checks.check import checked
from jupyter_containers.build.dockerfile.lines import read
from jupyter_containers.build.dockerfile.stages import divide
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ImageConfig
from jupyter_containers.oci.manifest import Manifest
from jupyter_containers.oci.platform import Platform
from tests.support import checking


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


# Today's list, each with a Dockerfile that breaks it and the lines that are told.
BROKEN = {
    "StageNameCasing": ("FROM busybox AS Build\n", (1, 1)),
    "FromAsCasing": ("FROM busybox as build\n", (1, 1)),
    "NoEmptyContinuation": ("FROM busybox\nRUN a \\\n\n  b\n", (2, 4)),
    "ConsistentInstructionCasing": ("FROM busybox\nRun a\nRUN b\n", (2, 2)),
    "DuplicateStageName": ("FROM busybox AS a\nFROM busybox AS a\n", (2, 2)),
    "ReservedStageName": ("FROM busybox AS context\n", (1, 1)),
    "JSONArgsRecommended": ("FROM busybox\nCMD a \\\n  b\n", (2, 3)),
    "MaintainerDeprecated": ("FROM busybox\nMAINTAINER me\n", (2, 2)),
    "UndefinedArgInFrom": ("FROM busybox$TAIL\n", (1, 1)),
    "WorkdirRelativePath": ("FROM busybox\nWORKDIR a\n", (2, 2)),
    "UndefinedVar": ("FROM scratch\nCOPY $SOURCE \\\n  /\n", (2, 3)),
    "MultipleInstructionsDisallowed": ('FROM busybox\nCMD ["a"]\nCMD ["b"]\n', (2, 2)),
    "LegacyKeyValueFormat": ("FROM busybox\nENV a b\n", (2, 2)),
    "RedundantTargetPlatform": ("FROM --platform=$TARGETPLATFORM busybox\n", (1, 1)),
    "SecretsUsedInArgOrEnv": ("FROM busybox\nENV API_TOKEN=1\n", (2, 2)),
    "InvalidDefaultArgInFrom": ("ARG TAG\nFROM busybox:$TAG\n", (2, 2)),
    "FromPlatformFlagConstDisallowed": ("FROM --platform=linux/arm64 busybox\n", (1, 1)),
    "CopyIgnoredFile": ("# check=experimental=all\nFROM busybox\nCOPY left-out /\n", (3, 3)),
    "InvalidDefinitionDescription": ("# check=experimental=all\nFROM busybox\n# what for\nARG a\n", (3, 4)),
    "ExposeProtoCasing": ("FROM busybox\nEXPOSE 80/TCP\n", (2, 2)),
    "ExposeInvalidFormat": ("FROM busybox\nEXPOSE 127.0.0.1:80:80\n", (2, 2)),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_of_the_list_finds_its_lines(rule: str) -> None:
    text, (first, last) = BROKEN[rule]
    found = checking.checked(text, ["left-out"])
    assert [finding for finding in found if finding.startswith(rule)] == [f"{rule} {first}-{last}"]


def test_the_list_is_complete_but_for_the_rule_about_images() -> None:
    assert {*BROKEN, "InvalidBaseImagePlatform"} == set(rules.DESCRIPTIONS)


def test_the_rule_about_images_looks_at_what_they_are_for() -> None:
    text = "# check=skip=FromPlatformFlagConstDisallowed\nFROM base\nFROM --platform=linux/arm64 other\n"
    document = read(text)
    dockerfile = divide(document, {})
    arm = image_for(Platform("linux", "arm64"))
    images = dict.fromkeys(map(dockerfile.base_key, dockerfile.stages), arm)
    (finding,) = checked(text, document, dockerfile, images, lambda _: False)
    assert (finding.rule, finding.lines) == ("InvalidBaseImagePlatform", (2, 2))
    assert finding.text.startswith('Base image base was pulled with platform "linux/arm64", expected "linux/')
    assert rules.url_of(finding.rule) == ""


def image_for(platform: Platform) -> Image:
    config = ImageConfig(platform)
    digest = Digest.of(config.to_bytes())
    return Image(Descriptor("m", digest, 1), Manifest("m", Descriptor("c", digest, 1), ()), config, digest)
