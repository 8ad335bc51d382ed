"""What each rule is about in a sentence, and where it is explained. Source: the Docker documentation, Build checks."""

from __future__ import annotations

import re

DESCRIPTIONS = {
    "ConsistentInstructionCasing": "All instructions of a Dockerfile should be written in the same case",
    "CopyIgnoredFile": "A file that COPY or ADD names should not be left out by the ignore file",
    "DuplicateStageName": "Names of stages should be unique",
    "ExposeInvalidFormat": "EXPOSE takes ports of the container; addresses and ports of the host have no meaning in it",
    "ExposeProtoCasing": "The protocol in EXPOSE should be lowercase",
    "FromAsCasing": "The words FROM and AS should be written in the same case",
    "FromPlatformFlagConstDisallowed": "FROM --platform should not name a fixed platform",
    "InvalidBaseImagePlatform": "A base image should be for the platform that is built for",
    "InvalidDefaultArgInFrom": "The default of an ARG should make a valid base image",
    "InvalidDefinitionDescription": "A comment above a stage or an ARG should begin with its name",
    "JSONArgsRecommended": "CMD and ENTRYPOINT should be in JSON form, so that signals reach the process",
    "LegacyKeyValueFormat": "ENV and LABEL should be written with an equals sign",
    "MaintainerDeprecated": "MAINTAINER is deprecated; a label names the author",
    "MultipleInstructionsDisallowed": "An instruction of which the last counts should stand once in a stage",
    "NoEmptyContinuation": "An empty line in a continued one will become an error",
    "RedundantTargetPlatform": "FROM --platform=$TARGETPLATFORM is what FROM does anyway",
    "ReservedStageName": "Reserved words should not be names of stages",
    "SecretsUsedInArgOrEnv": "Secrets should not be in ARG or ENV, which the image keeps",
    "StageNameCasing": "Names of stages should be lowercase",
    "UndefinedArgInFrom": "FROM should use declared arguments only",
    "UndefinedVar": "Variables should be defined before they are used",
    "WorkdirRelativePath": "A relative WORKDIR should stand on an absolute one of the same Dockerfile",
}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def url_of(rule: str) -> str:
    """Return where a rule is explained; "" for the one that the documentation has no page for."""
    if rule == "InvalidBaseImagePlatform":
        return ""
    return f"https://docs.docker.com/go/dockerfile/rule/{_WORD.sub('-', rule).lower()}/"
