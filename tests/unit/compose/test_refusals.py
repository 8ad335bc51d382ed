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
        ("pull_policy: monthly", "pull_policy 'monthly' is not supported: it is always, missing, never, build, daily"),
        ("build: {context: ., isolation: hyperv}", "services.web.build.isolation is not supported"),
        ("build: {context: ., provenance: true}", "services.web.build.provenance is not supported: no attestations"),
        ("deploy: {mode: replicated-job}", "services.web.deploy.mode replicated-job is not supported: there is no"),
        ("cpu_percent: 5", "services.web.cpu_percent is not supported: that is for Windows; write cpus"),
        ("pre_start: [{command: x}]", "write it as a service that this one depends on"),
        ("build: {context: ., platforms: [a, b]}", "an image here has one platform"),
        ("volumes: [{type: npipe, source: a, target: /a}]", "services.web.volumes of type npipe is not supported"),
    ],
)
def test_what_we_do_not_have_is_refused_with_its_reason(body: str, message: str) -> None:
    with pytest.raises(UnsupportedKey) as caught:
        project(f"services: {{web: {{image: x, {body}}}}}")
    assert message in caught.value.message


def test_models_are_refused_though_no_service_has_one() -> None:
    with pytest.raises(UnsupportedKey, match=r"models\.m is not supported: there is nothing here that serves"):
        project("models: {m: {model: a/b}}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("deploy: {mode: global, replicas: 2}", "services.web.deploy.replicas: it is for mode: replicated; global is"),
        ("deploy: {mode: global}, scale: 2", "services.web.scale: it is for mode: replicated; global is one container"),
        ("pull_policy: refresh", "services.web.pull_policy: refresh needs pull_refresh_after, such as 24h"),
        ("pull_refresh_after: 1h", "services.web.pull_refresh_after: it goes with pull_policy: refresh"),
    ],
)
def test_keys_that_do_not_go_together(body: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        project(f"services: {{web: {{image: x, {body}}}}}")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "use_api_socket: false", "isolation: default", "build: {context: ., platforms: [a]}",
        "build: {context: ., provenance: false, sbom: 'false', isolation: default}", "deploy: {endpoint_mode: dnsrr}",
        "deploy: {mode: global, replicas: 1}", "pull_policy: every_1d12h", "pull_policy: daily",
    ],
)  # fmt: skip
def test_what_asks_for_nothing_is_not_refused(body: str) -> None:
    assert project(f"services: {{web: {{image: x, {body}}}}}").warnings == ()


def test_nobody_is_bothered_by_services_that_do_not_run() -> None:
    assert project("services: {web: {image: x, provider: {type: y}, profiles: [p]}}").inactive == ("web",)


def test_what_means_nothing_here_is_told() -> None:
    found = project(
        "services:\n  web:\n    image: x\n    deploy: {endpoint_mode: vip, restart_policy: {max_attempts: 3}}\n"
        "    secrets: [s]\nsecrets: {s: {file: f, labels: [a=b]}}"
    )
    assert found.warnings == (
        "the cell, line 6: secrets.s.labels is left aside: there is no swarm that keeps it",
        "the cell, line 4: services.web.deploy.endpoint_mode is left aside: there is no swarm; names of services lead "
        "to their containers in turn",
        "the cell, line 4: services.web.deploy.restart_policy.max_attempts is left aside: the engine counts restarts "
        "only with condition: on-failure",
    )
    assert project("services: {web: {image: x, deploy: {mode: replicated}}}").warnings == ()
    policy = "{condition: any, max_attempts: 3}"
    (warning,) = project(f"services: {{web: {{image: x, deploy: {{restart_policy: {policy}}}}}}}").warnings
    assert "max_attempts is left aside: the engine counts restarts only with condition: on-failure" in warning
    policy = "{condition: on-failure, max_attempts: 3}"
    assert project(f"services: {{web: {{image: x, deploy: {{restart_policy: {policy}}}}}}}").warnings == ()


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
