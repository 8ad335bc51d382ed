"""Tests of compose.wire."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_containers.compose.wire import ServiceSettings, container_body, endpoints
from jupyter_containers.errors import InvalidParameter
from tests.support.compose_files import project

GPU = {"Driver": "", "Capabilities": [["gpu"]], "Options": {}}


def body(text: str) -> Any:
    lines = "\n".join(f"    {line}" for line in f"image: x\n{text}".split("\n"))
    shop = project(f"services:\n  db: {{image: y}}\n  web:\n{lines}\n")
    return container_body(shop, shop.services["web"], {"l": "1"}, names={"db": "shop-db-1"})


def test_what_is_not_set_is_left_to_the_daemon() -> None:
    assert body("") == {"Image": "x", "Labels": {"l": "1"}, "HostConfig": {}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("command: a 'b c'", {"Cmd": ["a", "b c"]}),
        ("command: [a, 1]\nentrypoint: e", {"Cmd": ["a", "1"], "Entrypoint": ["e"]}),
        ("command: []\nentrypoint: ''", {"Cmd": [], "Entrypoint": []}),
        ("environment: {A: 1, B: ''}", {"Env": ["A=1", "B="]}),
        ("user: 1000\nhostname: h\nworking_dir: /w\ntty: true",
         {"User": "1000", "Hostname": "h", "WorkingDir": "/w", "Tty": True}),
        ("stop_signal: SIGINT\nstop_grace_period: 1.5s", {"StopSignal": "SIGINT", "StopTimeout": 2}),
        ("healthcheck: {test: a b, interval: 1s, timeout: 500ms, retries: 2, start_period: 1m, start_interval: 1s}",
         {"Healthcheck": {"Test": ["CMD-SHELL", "a b"], "Interval": 10**9, "Timeout": 5 * 10**8, "Retries": 2,
                          "StartPeriod": 60 * 10**9, "StartInterval": 10**9}}),
        ("healthcheck: {test: [CMD, a]}", {"Healthcheck": {"Test": ["CMD", "a"]}}),
        ("healthcheck: {disable: true}", {"Healthcheck": {"Test": ["NONE"]}}),
        ("expose: ['80', 81-82/udp]", {"ExposedPorts": {"80/tcp": {}, "81/udp": {}, "82/udp": {}}}),
    ],
)  # fmt: skip
def test_the_process(text: str, found: dict[str, object]) -> None:
    got = body(text)
    assert {name: got[name] for name in found} == found
    assert set(got) == {"Image", "Labels", "HostConfig", *found}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ports: ['127.0.0.1:1:80', '2:80', 81/udp]",
         {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "1"}, {"HostIp": "", "HostPort": "2"}],
                           "81/udp": [{"HostIp": "", "HostPort": ""}]}}),
        ("restart: on-failure:3", {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}}),
        ("restart: 'no'", {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}),
        ("deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}",
         {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}),
        ("deploy: {restart_policy: {condition: any}}", {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}}),
        ("deploy: {resources: {limits: {cpus: 0.5, memory: 1m, pids: 5}, reservations: {memory: 1k}}}",
         {"NanoCpus": 5 * 10**8, "Memory": 1 << 20, "PidsLimit": 5, "MemoryReservation": 1024}),
        ("cpus: 2\nmem_limit: 1g\nmemswap_limit: -1\npids_limit: -1",
         {"NanoCpus": 2 * 10**9, "Memory": 1 << 30, "MemorySwap": -1, "PidsLimit": -1}),
        ("cap_add: [A]\ncap_drop: [ALL]\nprivileged: true\nread_only: true\ninit: true",
         {"CapAdd": ["A"], "CapDrop": ["ALL"], "Privileged": True, "ReadonlyRootfs": True, "Init": True}),
        ("init: false", {"Init": False}),
        ("ulimits: {nofile: 5}\nsysctls: {a.b: 1}\nshm_size: 1m",
         {"Ulimits": [{"Name": "nofile", "Soft": 5, "Hard": 5}], "Sysctls": {"a.b": "1"}, "ShmSize": 1 << 20}),
        ("extra_hosts: ['a=1.2.3.4', 'a:::1']", {"ExtraHosts": ["a:1.2.3.4", "a:::1"]}),
        ("logging: {driver: local, options: {max-size: 1m}}",
         {"LogConfig": {"Type": "local", "Config": {"max-size": "1m"}}}),
        ("devices: ['/dev/a:/dev/b:r']",
         {"Devices": [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}]}),
        ("devices: ['vendor.com/gpu=one']",
         {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["vendor.com/gpu=one"]}]}),
        ("gpus: [{count: 2}]", {"DeviceRequests": [{**GPU, "Count": 2, "DeviceIDs": None}]}),
        ("gpus: [{count: -1}]", {"DeviceRequests": [{**GPU, "Count": -1, "DeviceIDs": None}]}),
        # Docker refuses a count beside the names of devices.
        ("deploy: {resources: {reservations: {devices: [{device_ids: ['0'], capabilities: [gpu]}]}}}",
         {"DeviceRequests": [{**GPU, "Count": 0, "DeviceIDs": ["0"]}]}),
        ("cpu_count: 2", {"NanoCpus": 2 * 10**9}),
        ("cpu_count: 2\ncpus: 1", {"NanoCpus": 10**9}),
        ("cpu_rt_period: 950ms\ncpu_rt_runtime: 400000", {"CpuRealtimePeriod": 950000, "CpuRealtimeRuntime": 400000}),
        ("network_mode: bridge\nlinks: [db]", {"NetworkMode": "bridge", "Links": ["shop-db-1:db"]}),
        ("network_mode: service:db\nipc: service:db\npid: host",
         {"NetworkMode": "container:shop-db-1", "IpcMode": "container:shop-db-1", "PidMode": "host"}),
        ("volumes_from: ['db:ro', 'container:c']", {"VolumesFrom": ["shop-db-1:ro", "c"]}),
        ("gpus: all", {"DeviceRequests": [
            {"Driver": "", "Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}]}),
        ("blkio_config: {weight: 300, device_read_bps: [{path: /dev/a, rate: 1k}]}",
         {"BlkioWeight": 300, "BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": 1024}]}),
        ("dns: 1.1.1.1\ndns_search: [a]\ndns_opt: [b]\ngroup_add: [5]",
         {"Dns": ["1.1.1.1"], "DnsSearch": ["a"], "DnsOptions": ["b"], "GroupAdd": ["5"]}),
    ],
)  # fmt: skip
def test_its_surroundings(text: str, found: dict[str, object]) -> None:
    assert body(text)["HostConfig"] == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('command: "a \'b"', "services.web.command: cannot take"),
        ("restart: sometimes", "restart: 'sometimes' is none of no, always"),
        ("restart: on-failure:x", "is none of"),
        ("expose: [x]", "expose: 'x' is no port"),
        ("healthcheck: {test: [a]}", "healthcheck.test begins with 'a'; a list begins with CMD or CMD-SHELL"),
    ],
)
def test_what_makes_no_container(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        body(text)


def test_names_and_addresses_on_networks() -> None:
    shop = project("""
services:
  db: {image: y, networks: [back]}
  web:
    image: x
    links: ['db:store']
    networks:
      back: {aliases: [shop], ipv4_address: 10.0.0.5, mac_address: '02:00:00:00:00:01', interface_name: eth7}
networks: {back: {name: b}}
""")
    assert endpoints(shop, shop.services["web"], "shop-web-1", {"db": "shop-db-1"}) == {
        "b": {
            "Aliases": ["shop-web-1", "web", "shop"], "IPAMConfig": {"IPv4Address": "10.0.0.5"},
            "Links": ["shop-db-1:store"], "MacAddress": "02:00:00:00:00:01",
            "DriverOpts": {"com.docker.network.endpoint.ifname": "eth7"},
        }
    }  # fmt: skip


def test_a_request_that_is_written_already_takes_what_is_decided_later() -> None:
    settings = ServiceSettings("x", name="n", attached=False, body={"Image": "x", "HostConfig": {"Init": True}})
    assert settings.to_wire() == {"Image": "x", "HostConfig": {"Init": True}}
    attached = replace(settings, attached=True, stdin=True, auto_remove=True).to_wire()
    assert attached["HostConfig"] == {"Init": True, "AutoRemove": True}
    assert {name for name, value in attached.items() if value is True} == {
        "AttachStdin", "AttachStdout", "AttachStderr", "OpenStdin", "StdinOnce",
    }  # fmt: skip
