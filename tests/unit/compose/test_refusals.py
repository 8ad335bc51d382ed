"""Tests of compose.refusals."""

from __future__ import annotations

import pytest

from jupyter_containers.compose.refusals import UnsupportedKey
from jupyter_containers.compose.source import WrongFile
from tests.support.compose_files import project


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("provider: {type: x}", "the cell, line 1: services.web.provider is not supported: no program is called"),
        ("models: [m]", "services.web.models is not supported"),
        ("credential_spec: {file: x}", "that is for Windows"),
        ("use_api_socket: true", "no container is given the engine's socket"),
        ("isolation: hyperv", "services.web.isolation is not supported"),
        ("pull_policy: weekly", "pull_policy 'weekly' is not supported: it is always, missing, never or build"),
        ("build: {context: ., privileged: true}", "services.web.build.privileged is not supported"),
        ("build: {context: ., platforms: [a, b]}", "an image here has one platform"),
        ("volumes: [{type: npipe, source: a, target: /a}]", "services.web.volumes of type npipe is not supported"),
    ],
)
def test_what_we_do_not_have_is_refused_with_its_reason(body: str, message: str) -> None:
    with pytest.raises(UnsupportedKey) as caught:
        project(f"services: {{web: {{image: x, {body}}}}}")
    assert message in caught.value.message


@pytest.mark.parametrize("body", ["use_api_socket: false", "isolation: default", "build: {context: ., platforms: [a]}"])
def test_what_asks_for_nothing_is_not_refused(body: str) -> None:
    assert project(f"services: {{web: {{image: x, {body}}}}}").warnings == ()


def test_nobody_is_bothered_by_services_that_do_not_run() -> None:
    assert project("services: {web: {image: x, provider: {type: y}, profiles: [p]}}").inactive == ("web",)


def test_what_means_nothing_here_is_told() -> None:
    found = project(
        "services:\n  web:\n    image: x\n    deploy: {mode: global, endpoint_mode: vip}\n    develop: {watch: []}\n"
    )
    assert found.warnings == (
        "the cell, line 5: services.web.develop is left aside: nothing here watches files",
        "the cell, line 4: services.web.deploy.mode is left aside: there is one machine only",
        "the cell, line 4: services.web.deploy.endpoint_mode is left aside: there is no swarm",
    )
    assert project("services: {web: {image: x, deploy: {mode: replicated}}}").warnings == ()


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("secrets: {s: {external: true}}", UnsupportedKey, "secrets.s.external is not supported"),
        ("secrets: {s: {file: a, driver: d}}", UnsupportedKey, "secrets.s.driver is not supported"),
        ("secrets: {s: {}}", WrongFile, "secrets.s: it takes its content from one of file or environment"),
        ("configs: {c: {file: a, content: b}}", WrongFile, "configs.c: it takes one of file, environment or content"),
    ],
)
def test_secrets_and_configs_come_from_one_place(text: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        project(text)
    assert message in str(caught.value)
