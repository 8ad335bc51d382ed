"""Tests of compose.schema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.compose import schema
from jupyter_containers.compose.configuration import as_yaml
from jupyter_containers.compose.labels import of_container
from jupyter_containers.compose.loading import FileText, load
from jupyter_containers.compose.reading import project_of
from jupyter_containers.compose.source import WrongFile, plain, read
from jupyter_containers.compose.wire import container_body, endpoints
from jupyter_containers.errors import InvalidParameter, Unsupported
from tests.support.compose_files import FOLDER


def canonical(body: str) -> Any:
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return plain(schema.canonical(read(f"services:\n  web:\n{lines}\n", "f")))["services"]["web"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("build: ./dir", {"build": {"context": "./dir"}}),
        ("depends_on: [a]", {"depends_on": {"a": {"condition": "service_started", "required": True}}}),
        ("depends_on: {a: {condition: service_healthy, required: false}}",
         {"depends_on": {"a": {"condition": "service_healthy", "required": False}}}),
        ("networks: [a]\nenv_file: f", {"networks": {"a": {}}, "env_file": [{"path": "f"}]}),
        ("networks: {a: , b: {aliases: [x]}}", {"networks": {"a": {}, "b": {"aliases": ["x"]}}}),
        ("ulimits: {nproc: 10, nofile: {soft: 1, hard: '2'}}",
         {"ulimits": {"nproc": {"soft": 10, "hard": 10}, "nofile": {"soft": 1, "hard": 2}}}),
        ("ports: [80, {target: '81'}]",
         {"ports": [{"mode": "ingress", "target": 80, "protocol": "tcp"},
                    {"mode": "ingress", "target": 81, "protocol": "tcp"}]}),
        ("configs: [a, {source: b, target: /b, mode: 0400}]",
         {"configs": [{"source": "a"}, {"source": "b", "target": "/b", "mode": 0o400}]}),
        ("extends: base\ndns: 1.1.1.1\ntmpfs: /run",
         {"extends": {"service": "base"}, "dns": ["1.1.1.1"], "tmpfs": ["/run"]}),
        ("gpus: all", {"gpus": [{"count": "all"}]}),
        ("devices: [/dev/a, {source: /dev/b}]",
         {"devices": [{"source": "/dev/a", "target": "/dev/a", "permissions": "rwm"}, {"source": "/dev/b"}]}),
        ("command:\nenvironment:\nimage: x\nx-mine: [1]", {"image": "x"}),
        ("deploy: {resources: {limits: {cpus: '1.5', memory: 1g}}}",
         {"deploy": {"resources": {"limits": {"cpus": 1.5, "memory": 1 << 30}}}}),
    ],
)  # fmt: skip
def test_short_forms_are_written_out(body: str, found: object) -> None:
    assert canonical(body) == found


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("imagee: x", "f, line 3: services.web.imagee: there is no key 'imagee'; did you mean image?"),
        ("healthcheck: {test: x, intervall: 1s}", "services.web.healthcheck.intervall: there is no key"),
        ("depends_on: {a: {condition: healthy}}", "'healthy' is not one of service_started, service_healthy"),
        ("volumes:\n  - type: bind", "f, line 4: services.web.volumes[0]: target is missing"),
        ("volumes: [{type: nfs, target: /a}]", "'nfs' is not one of bind, volume"),
        ("ports: x", "services.web.ports: 'x' is not a list"),
        ("image: [x]", "services.web.image: a list is not a text"),
        ("image: 1.10", "services.web.image: 1.1 is not a text; write it in quotes"),
        ("build: {contxt: .}", "did you mean context"),
        ("stop_grace_period: 10", "10 is not a time with its unit"),
        ("ports: [{target: 0}]", "ports[0].target: 0 is no range of ports"),
        ("ports: [{target: 80, published: abc}]", "ports[0].published: 'abc' is not a port, or a range such as"),
        ("ports: [{target: 80, published: 8080-99999}]", "ports[0].published: 8080-99999 is no range of ports"),
        ("gpus: some", "'some' is not one of all"),
        ("blkio_config: {device_read_bps: [{path: /a}]}", "rate is missing"),
    ],
)
def test_wrong_values_are_told_with_their_keys(body: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        canonical(body)
    assert message in caught.value.message


def test_the_file_itself_has_few_keys() -> None:
    with pytest.raises(WrongFile, match="f, line 1: service: there is no key 'service'; did you mean services"):
        schema.canonical(read("service: {}", "f"))
    assert plain(schema.canonical(read("version: 3.8\nx-a: 1\n", "f"))) == {"version": "3.8"}


_LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 70000), st.floats(allow_nan=True),
    st.sampled_from(["", "a", "80:80", "a:/b", "./a:/b:ro", "1s", "64m", "$A", "${A:?x}", "service:web", "=", ":"]),
)  # fmt: skip
_WORDS = st.sampled_from([*schema.SERVICE, "web", "db", "source", "target", "type", "condition", "test", "path", "x-y"])
_TREE = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4), max_leaves=12
)
_KEYS = st.dictionaries(st.sampled_from(sorted(schema.SERVICE)), _TREE, max_size=3)
_SERVICES = st.dictionaries(st.sampled_from(["web", "db"]), _KEYS, max_size=2)


def written(value: object) -> str:
    """Return a value as flow YAML, whatever it is."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "null" if value is None else str(value).lower()


@settings(max_examples=400, deadline=None)
@given(_SERVICES, st.dictionaries(st.sampled_from(sorted(schema.FILE)), _TREE, max_size=1))
def test_whatever_a_file_says_it_is_a_project_or_an_error_of_ours(services: object, rest: dict[str, object]) -> None:
    text = written({**rest, "services": services})
    try:
        project_of(load([FileText(text, "f")], FOLDER, {"A": "1"}), {"A": "1"})
    except (InvalidParameter, Unsupported):
        pass


@pytest.mark.parametrize("key", sorted(schema.SERVICE))
@settings(max_examples=20, deadline=None)
@given(_TREE)
def test_each_key_takes_a_value_or_refuses_it(key: str, value: object) -> None:
    text = written({"services": {"web": {"image": "x", key: value}, "a": {"image": "x"}}, "volumes": {"a": {}}})
    try:
        project = project_of(load([FileText(text, "f")], FOLDER, {"A": "1"}), {"A": "1"}, wanted=["web"])
        web = project.services["web"]
        container_body(project, web, of_container(project, web, 1), names={"web": "w", "a": "a"})
        endpoints(project, web, "c", {"web": "w", "a": "a"})
        read(as_yaml(project), "written")
    except (InvalidParameter, Unsupported):
        pass
