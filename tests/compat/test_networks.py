"""Networks: made, looked at, connected, kept apart, removed; with the docker CLI and the docker package for Python."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")

SERVE = 'while true; do echo "this is $(hostname)" | nc -l -p 80; done'

Run = Callable[..., str]


@pytest.fixture
def tag() -> str:
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def client(docker: Docker) -> Iterator[Any]:
    with closing(docker_py.DockerClient(base_url=docker.host, timeout=60)) as client:
        yield client


@pytest.fixture
def tidy(docker: Docker, tag: str) -> Iterator[None]:
    """Remove what a test made, which all carries its tag in the name, and see that it can be removed."""
    yield
    containers = docker("ps", "-aq", "--filter", f"name={tag}").stdout.split()
    if containers:
        docker("rm", "-fv", *containers)
    networks = docker("network", "ls", "-q", "--filter", f"name={tag}").stdout.split()
    if networks:
        docker("network", "rm", *networks)


pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture
def run(docker: Docker, tag: str) -> Run:
    """Start a container that stays; return its name."""

    def start(name: str, *words: str, command: tuple[str, ...] = ("sleep", "600")) -> str:
        docker("run", "-d", "--name", f"{tag}{name}", *words, "busybox", *command)
        return f"{tag}{name}"

    return start


def network_of(docker: Docker, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("network", "inspect", name).stdout)[0]
    return found


def settings(docker: Docker, container: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", container).stdout)[0]["NetworkSettings"]
    return found


def address(docker: Docker, container: str, network: str) -> str:
    return str(settings(docker, container)["Networks"][network]["IPAddress"])


def inside(docker: Docker, container: str, *words: str) -> str:
    return docker("exec", container, *words).stdout


def reaches(docker: Docker, container: str, target: str) -> bool:
    return docker("exec", container, "ping", "-c1", "-W1", target, code=None).returncode == 0


# --- making and looking --------------------------------------------------------------------------------------------


def test_a_network_is_made_found_and_removed(docker: Docker, tag: str) -> None:
    identifier = docker("network", "create", "--label", "a=b", "--attachable", tag).stdout.strip()
    found = network_of(docker, identifier[:10])
    assert (found["Name"], found["Id"], found["Driver"], found["Scope"]) == (tag, identifier, "bridge", "local")
    assert (found["Labels"], found["Attachable"], found["Internal"], found["EnableIPv6"]) == (
        {"a": "b"},
        True,
        False,
        False,
    )
    assert found["Containers"] == {}
    assert docker("network", "rm", tag).stdout.strip() == tag
    assert f"network {tag} not found" in docker("network", "inspect", tag, code=1).stderr


def test_addresses_are_as_asked_for(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", "--subnet", "10.201.0.0/24", "--ip-range", "10.201.0.128/25",
           "--gateway", "10.201.0.250", "--aux-address", "router=10.201.0.129", tag)  # fmt: skip
    assert network_of(docker, tag)["IPAM"]["Config"] == [
        {
            "Subnet": "10.201.0.0/24", "IPRange": "10.201.0.128/25", "Gateway": "10.201.0.250",
            "AuxiliaryAddresses": {"router": "10.201.0.129"},
        }
    ]  # fmt: skip
    name = run("web", "--network", tag)
    own = address(docker, name, tag)
    assert 128 <= int(own.rpartition(".")[2]) <= 254
    assert own != "10.201.0.129"
    assert "default via 10.201.0.250" in inside(docker, name, "ip", "route")
    assert own in inside(docker, name, "cat", "/etc/hosts")


def test_a_network_has_what_is_on_it(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    name = run("web", "--network", tag)
    identifier = docker("inspect", "-f", "{{.Id}}", name).stdout.strip()
    endpoint = settings(docker, name)["Networks"][tag]
    assert network_of(docker, tag)["Containers"] == {
        identifier: {
            "Name": name, "EndpointID": endpoint["EndpointID"], "MacAddress": endpoint["MacAddress"],
            "IPv4Address": f"{endpoint['IPAddress']}/{endpoint['IPPrefixLen']}", "IPv6Address": "",
        }
    }  # fmt: skip
    assert endpoint["MacAddress"] in inside(docker, name, "ip", "link", "show", "eth0")
    assert endpoint["NetworkID"] == network_of(docker, tag)["Id"]
    # The old fields speak of the default bridge only.
    assert (settings(docker, name)["IPAddress"], settings(docker, name)["Gateway"]) == ("", "")
    docker("stop", "-t", "0", name)
    stopped = settings(docker, name)["Networks"][tag]
    assert (stopped["IPAddress"], stopped["EndpointID"], stopped["NetworkID"]) == ("", "", endpoint["NetworkID"])
    assert network_of(docker, tag)["Containers"] == {}


def test_the_list_is_filtered(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", "--label", f"{tag}=1", f"{tag}a")
    docker("network", "create", "--label", f"{tag}=2", f"{tag}b")
    run("web", "--network", f"{tag}a")

    def names(*filters: str) -> set[str]:
        words = [word for text in filters for word in ("--filter", text)]
        return set(docker("network", "ls", "--format", "{{.Name}}", *words).stdout.split())

    assert names(f"name={tag}") == {f"{tag}a", f"{tag}b"}
    assert names(f"label={tag}=2") == {f"{tag}b"}
    assert f"{tag}b" in names("dangling=true") - names("dangling=false")
    assert {"bridge", "host", "none"} == names("type=builtin")
    assert {f"{tag}a", f"{tag}b"} <= names("type=custom") & names("driver=bridge") & names("scope=local")
    assert names("driver=null") == {"none"}
    identifier = network_of(docker, f"{tag}a")["Id"]
    assert names(f"id={identifier[:20]}") == {f"{tag}a"}
    assert "invalid filter" in docker("network", "ls", "--filter", "nonsense=1", code=1).stderr.lower()


def test_containers_are_filtered_by_network(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    name = run("web", "--network", tag)
    run("other")
    for value in (tag, network_of(docker, tag)["Id"]):
        assert docker("ps", "--filter", f"network={value}", "--format", "{{.Names}}").stdout.split() == [name]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("bridge",), "operation is not permitted on predefined bridge network"),
        (("-d", "host", "{tag}x"), 'only one instance of "host" network is allowed'),
        (("-d", "null", "{tag}x"), 'only one instance of "null" network is allowed'),
        (("-d", "nosuchdriver", "{tag}x"), 'plugin "nosuchdriver" not found'),
        (("--ipam-driver", "nosuchdriver", "{tag}x"), 'plugin "nosuchdriver" not found'),
        (("--subnet", "10.202.0.0/24", "--subnet", "10.203.0.0/24", "{tag}x"), "doesn't support multiple subnets"),
        (
            ("-o", "com.docker.network.bridge.enable_icc=maybe", "{tag}x"),
            "failed to parse com.docker.network.bridge.ena",
        ),
        (("-o", "com.docker.network.driver.mtu=-5", "{tag}x"), "invalid MTU number: -5"),
    ],
)
def test_what_cannot_be_made_is_refused_in_the_same_words(
    docker: Docker, tag: str, words: tuple[str, ...], message: str
) -> None:
    assert message in docker("network", "create", *(word.format(tag=tag) for word in words), code=1).stderr


def test_a_name_and_a_subnet_are_taken_once(docker: Docker, tag: str) -> None:
    docker("network", "create", "--subnet", "10.204.0.0/24", tag)
    assert f"network with name {tag} already exists" in docker("network", "create", tag, code=1).stderr
    words = ("--subnet", "10.204.0.0/25", f"{tag}b")
    assert "Pool overlaps with other one on this address space" in docker("network", "create", *words, code=1).stderr


def test_a_network_in_use_and_the_predefined_ones_stay(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    run("web", "--network", tag)
    refused = docker("network", "rm", tag, code=1).stderr
    assert "error while removing network" in refused
    assert "has active endpoints" in refused
    for name in ("bridge", "host", "none"):
        assert f"{name} is a pre-defined network and cannot be removed" in docker("network", "rm", name, code=1).stderr


def test_prune_removes_what_nobody_uses(docker: Docker, tag: str, run: Run) -> None:
    for name in ("used", "idle", "kept"):
        docker("network", "create", "--label", f"{tag}={name}", f"{tag}{name}")
    run("web", "--network", f"{tag}used")
    docker("network", "prune", "-f", "--filter", f"label={tag}=idle", "--filter", "until=1h")
    assert f"{tag}idle" in docker("network", "ls", "--format", "{{.Name}}").stdout
    docker("network", "prune", "-f", "--filter", f"label={tag}=idle")
    docker("network", "prune", "-f", "--filter", f"label={tag}", "--filter", f"label!={tag}=kept")
    left = docker("network", "ls", "--filter", f"name={tag}", "--format", "{{.Name}}").stdout.split()
    assert sorted(left) == [f"{tag}kept", f"{tag}used"]


# --- containers on networks ------------------------------------------------------------------------------------------


def test_containers_of_a_network_reach_each_other_and_no_other_network(docker: Docker, tag: str, run: Run) -> None:
    for name in ("a", "b"):
        docker("network", "create", f"{tag}{name}")
    first, second = run("1", "--network", f"{tag}a"), run("2", "--network", f"{tag}a")
    other, default = run("3", "--network", f"{tag}b"), run("4")
    assert reaches(docker, first, address(docker, second, f"{tag}a"))
    assert not reaches(docker, first, address(docker, other, f"{tag}b"))
    assert not reaches(docker, first, address(docker, default, "bridge"))
    assert not reaches(docker, default, address(docker, first, f"{tag}a"))


def test_an_internal_network_leads_nowhere(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", "--internal", tag)
    docker("network", "create", f"{tag}b")
    first, second = run("1", "--network", tag, "--cap-add", "NET_ADMIN"), run("2", "--network", tag)
    other = run("3", "--network", f"{tag}b")
    assert reaches(docker, first, address(docker, second, tag))
    gateway = network_of(docker, tag)["IPAM"]["Config"][0]["Gateway"]
    inside(docker, first, "ip", "route", "replace", "default", "via", gateway)
    assert not reaches(docker, first, address(docker, other, f"{tag}b"))


def test_containers_can_be_kept_apart_within_a_network(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", "-o", "com.docker.network.bridge.enable_icc=false", tag)
    first, second = run("1", "--network", tag), run("2", "--network", tag)
    assert not reaches(docker, first, address(docker, second, tag))
    assert reaches(docker, first, network_of(docker, tag)["IPAM"]["Config"][0]["Gateway"])


def test_the_size_of_packets_and_the_interfaces_name_are_as_asked_for(docker: Docker, tag: str, run: Run) -> None:
    options = ("-o", "com.docker.network.driver.mtu=1300", "-o", "com.docker.network.container_iface_prefix=lan")
    docker("network", "create", *options, tag)
    assert "mtu 1300" in inside(docker, run("web", "--network", tag), "ip", "link", "show", "lan0")


def test_ipv6_is_there_when_asked_for(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", "--ipv6", "--subnet", "fd00:201::/64", tag)
    assert network_of(docker, tag)["EnableIPv6"] is True
    first, second = run("1", "--network", tag), run("2", "--network", tag, "--ip6", "fd00:201::99")
    own = settings(docker, second)["Networks"][tag]
    assert (own["GlobalIPv6Address"], own["GlobalIPv6PrefixLen"]) == ("fd00:201::99", 64)
    assert own["IPv6Gateway"] == "fd00:201::1"
    assert "default via fd00:201::1" in inside(docker, second, "ip", "-6", "route")
    assert "fd00:201::99" in inside(docker, second, "cat", "/etc/hosts")
    assert docker("exec", first, "ping", "-6", "-c1", "-W2", "fd00:201::99", code=None).returncode == 0
    assert docker("exec", first, "ping", "-6", "-c1", "-W2", "fd00:201::1", code=None).returncode == 0


def test_without_ipv6_there_is_none(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    assert "inet6" not in inside(docker, run("web", "--network", tag), "ip", "addr", "show", "eth0")


def test_a_static_address_is_had_once(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", "--subnet", "10.205.0.0/24", tag)
    docker("network", "create", f"{tag}auto")
    name = run("web", "--network", tag, "--ip", "10.205.0.77")
    assert settings(docker, name)["Networks"][tag]["IPAMConfig"] == {"IPv4Address": "10.205.0.77"}
    assert "10.205.0.77/24" in inside(docker, name, "ip", "-4", "addr", "show", "eth0")
    for words, message in (
        (("--network", tag, "--ip", "10.205.0.77"), "Address already in use"),
        (("--network", tag, "--ip", "nonsense"), "invalid IPv4 address: nonsense"),
        (("--network", f"{tag}auto", "--ip", "10.205.0.78"), "only when connecting to networks with user configured"),
        (("--ip", "10.205.0.78"), "user specified IP address is supported on user defined networks only"),
    ):
        refused = docker("run", "--rm", "--name", f"{tag}no", *words, "busybox", "true", code=125)
        assert message in refused.stderr
        docker("rm", "-f", f"{tag}no", code=None)
    docker("rm", "-f", name)
    run("again", "--network", tag, "--ip", "10.205.0.77")


def test_a_network_that_is_not_there_is_told_at_the_start(docker: Docker, tag: str) -> None:
    docker("create", "--name", tag, "--network", f"{tag}none", "busybox", "true")
    assert f"network {tag}none not found" in docker("start", tag, code=1).stderr


def test_a_container_does_not_start_on_another_network_of_the_same_name(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    name = run("web", "--network", tag)
    docker("stop", "-t", "0", name)
    docker("network", "rm", tag)
    docker("network", "create", tag)
    docker("start", name, code=1)


# --- connect and disconnect ----------------------------------------------------------------------------------------


def test_a_running_container_is_connected_and_disconnected(docker: Docker, tag: str, run: Run) -> None:
    for name in ("a", "b"):
        docker("network", "create", f"{tag}{name}")
    first, second = run("1", "--network", f"{tag}a"), run("2", "--network", f"{tag}b")
    target = address(docker, second, f"{tag}b")
    assert not reaches(docker, first, target)
    docker("network", "connect", "--alias", "nick", f"{tag}b", first)
    assert reaches(docker, first, target)
    own = address(docker, first, f"{tag}b")
    assert own in inside(docker, first, "ip", "addr")
    assert own in inside(docker, first, "cat", "/etc/hosts")
    assert "nick" in settings(docker, first)["Networks"][f"{tag}b"]["Aliases"]
    twice = docker("network", "connect", f"{tag}b", first, code=1).stderr
    assert f"endpoint with name {first} already exists in network {tag}b" in twice
    docker("network", "disconnect", f"{tag}b", first)
    assert not reaches(docker, first, target)
    assert own not in inside(docker, first, "ip", "addr")
    assert own not in inside(docker, first, "cat", "/etc/hosts")
    assert list(settings(docker, first)["Networks"]) == [f"{tag}a"]
    refused = docker("network", "disconnect", f"{tag}b", first, code=1).stderr
    assert f"is not connected to network {tag}b" in refused


def test_the_default_route_follows_the_networks(docker: Docker, tag: str, run: Run) -> None:
    for name in ("m", "a", "z"):
        docker("network", "create", f"{tag}{name}")
    gateways = {n: network_of(docker, f"{tag}{n}")["IPAM"]["Config"][0]["Gateway"] for n in ("m", "a", "z")}
    name = run("web", "--network", f"{tag}m")

    def route() -> str:
        lines = inside(docker, name, "ip", "route").splitlines()
        return next((line.split()[2] for line in lines if line.startswith("default")), "")

    assert route() == gateways["m"]
    docker("network", "connect", f"{tag}z", name)
    assert route() == gateways["m"]
    docker("network", "connect", f"{tag}a", name)
    assert route() == gateways["a"]
    docker("network", "disconnect", f"{tag}a", name)
    assert route() == gateways["m"]
    docker("network", "disconnect", f"{tag}m", name)
    assert route() == gateways["z"]
    docker("network", "disconnect", f"{tag}z", name)
    assert route() == ""


def test_networks_of_a_stopped_container_are_there_at_its_start(docker: Docker, tag: str, run: Run) -> None:
    for name in ("a", "b"):
        docker("network", "create", f"{tag}{name}")
    name = run("web", "--network", f"{tag}a")
    docker("stop", "-t", "0", name)
    docker("network", "connect", f"{tag}b", name)
    docker("network", "disconnect", f"{tag}a", name)
    assert list(settings(docker, name)["Networks"]) == [f"{tag}b"]
    docker("start", name)
    assert address(docker, name, f"{tag}b") in inside(docker, name, "ip", "addr")


def test_networks_that_exclude_each_other_are_told(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    plain, alone, hosts = run("1", "--network", tag), run("2", "--network", "none"), run("3", "--network", "host")
    shared = run("4", "--network", f"container:{plain}")
    private = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
    sharing = (
        "container sharing network namespace with another container or host cannot be connected to any other network"
    )
    fixed = "container cannot be disconnected from host network or connected to host network"
    for network, container, message in (
        (tag, alone, private), ("none", plain, private), (tag, hosts, sharing), (tag, shared, sharing),
        ("host", plain, fixed),
    ):  # fmt: skip
        assert message in docker("network", "connect", network, container, code=1).stderr
    assert fixed in docker("network", "disconnect", "host", hosts, code=1).stderr
    assert "No such container: nosuch" in docker("network", "connect", tag, "nosuch", code=1).stderr


def test_a_container_leaves_its_network_by_force(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    name = run("web", "--network", tag)
    docker("network", "disconnect", "-f", tag, name)
    assert network_of(docker, tag)["Containers"] == {}
    docker("network", "rm", tag)


def test_events_tell_of_networks(docker: Docker, tag: str) -> None:
    since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    docker("network", "create", tag)
    docker("run", "--name", f"{tag}web", "--network", tag, "busybox", "true")
    docker("rm", f"{tag}web")
    docker("network", "rm", tag)
    until = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    shown = "{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.type}}"
    words = ("--since", since, "--until", until, "--filter", "type=network", "--format", shown)
    told = [line for line in docker("events", *words).stdout.splitlines() if tag in line]
    assert told == [f"network {action} {tag} bridge" for action in ("create", "connect", "disconnect", "destroy")]


# --- links -----------------------------------------------------------------------------------------------------------


def test_a_legacy_link_gives_names_and_variables(docker: Docker, run: Run) -> None:
    target = run("db", "-e", "PW=x", "--expose", "5432")
    name = run("web", "--link", f"{target}:my-db")
    own = address(docker, target, "bridge")
    identifier = docker("inspect", "-f", "{{.Id}}", target).stdout[:12]
    assert f"{own}\tmy-db {identifier} {target}\n" in inside(docker, name, "cat", "/etc/hosts")
    variables = set(inside(docker, name, "env").splitlines())
    assert {
        f"MY_DB_PORT=tcp://{own}:5432", f"MY_DB_PORT_5432_TCP_ADDR={own}", "MY_DB_ENV_PW=x",
        f"MY_DB_NAME=/{name}/my-db",
    } <= variables  # fmt: skip
    assert docker("inspect", "-f", "{{json .HostConfig.Links}}", name).stdout.strip() == f'["/{target}:/{name}/my-db"]'
    assert docker("inspect", "-f", "{{.Name}}", f"{name}/my-db").stdout.strip() == f"/{target}"
    docker("stop", "-t", "0", target, name)
    refused = docker("start", name, code=1).stderr
    assert f"Cannot link to a non running container: /{target} AS /{name}/my-db" in refused
    assert "cannot remove the default link name of the container" in docker("rm", "--link", name, code=1).stderr
    docker("rm", "--link", f"{name}/my-db")
    docker("start", name)


def test_a_link_to_nobody_is_refused(docker: Docker, tag: str) -> None:
    refused = docker("run", "--rm", "--name", tag, "--link", "nosuch:x", "busybox", "true", code=125).stderr
    assert "could not get container for nosuch" in refused


# --- published ports ------------------------------------------------------------------------------------------------


def answer(port: int, host: str = "127.0.0.1") -> str:
    try:
        with socket.create_connection((host, port), 2) as connection:
            connection.settimeout(2)
            return connection.makefile().readline().strip()
    except OSError as error:
        return str(error)


def published(docker: Docker, container: str, port: str = "80/tcp") -> int:
    return int(settings(docker, container)["Ports"][port][0]["HostPort"])


def test_ports_are_published_over_a_network_of_ones_own(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", tag)
    name = run("web", "--network", tag, "-h", "box", "-p", "127.0.0.1::80", command=("sh", "-c", SERVE))
    port = published(docker, name)
    eventually(lambda: answer(port) == "this is box", within_seconds=10)
    assert settings(docker, name)["Ports"]["80/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": str(port)}]


def test_ports_move_with_the_gateway_and_keep_their_numbers(docker: Docker, tag: str, run: Run) -> None:
    for name in ("m", "a"):
        docker("network", "create", f"{tag}{name}")
    name = run("web", "--network", f"{tag}m", "-h", "box", "-p", "127.0.0.1:28765:80", command=("sh", "-c", SERVE))
    eventually(lambda: answer(28765) == "this is box", within_seconds=10)
    docker("network", "connect", f"{tag}a", name)
    docker("network", "disconnect", f"{tag}m", name)
    assert published(docker, name) == 28765
    eventually(lambda: answer(28765) == "this is box", within_seconds=10)


def test_ports_without_an_address_are_bound_where_the_network_says(docker: Docker, tag: str, run: Run) -> None:
    docker("network", "create", "-o", "com.docker.network.bridge.host_binding_ipv4=127.0.0.1", tag)
    name = run("web", "--network", tag, "-p", "80")
    assert [entry["HostIp"] for entry in settings(docker, name)["Ports"]["80/tcp"]] == ["127.0.0.1"]


def test_ranges_udp_and_all_ports(docker: Docker, run: Run) -> None:
    words = ("-p", "127.0.0.1:28070-28071:80-81", "-p", "127.0.0.1:28080-28090:82", "-p", "127.0.0.1:28100:53/udp")
    first = run("web", *words)
    ports = settings(docker, first)["Ports"]
    fixed = {port: entries[0]["HostPort"] for port, entries in ports.items() if port != "82/tcp"}
    assert fixed == {"80/tcp": "28070", "81/tcp": "28071", "53/udp": "28100"}
    second = run("2", "-p", "127.0.0.1:28080-28090:82")
    chosen = {published(docker, name, "82/tcp") for name in (first, second)}
    assert len(chosen) == 2
    assert chosen <= set(range(28080, 28091))
    every = settings(docker, run("3", "-P", "--expose", "100", "--expose", "53/udp"))["Ports"]
    assert all(int(every[port][0]["HostPort"]) > 1024 for port in ("100/tcp", "53/udp"))


def test_a_port_is_had_once(docker: Docker, tag: str, run: Run) -> None:
    run("web", "-p", "28200:80")
    refused = docker("run", "--rm", "--name", f"{tag}no", "-p", "28200:80", "busybox", "true", code=125).stderr
    assert "driver failed programming external connectivity on endpoint" in refused
    assert "Bind for 0.0.0.0:28200 failed: port is already allocated" in refused


# --- the docker package for Python -----------------------------------------------------------------------------------


def test_docker_py_makes_connects_and_prunes(client: Any, tag: str) -> None:
    pool = docker_py.types.IPAMPool(subnet="10.206.0.0/24", gateway="10.206.0.1")
    network = client.networks.create(
        tag, driver="bridge", internal=True, labels={tag: "1"}, ipam=docker_py.types.IPAMConfig(pool_configs=[pool])
    )
    assert network.attrs["Internal"] is True
    container = client.containers.run("busybox", ["sleep", "600"], name=f"{tag}web", detach=True)
    network.connect(container, aliases=["nick"], ipv4_address="10.206.0.9", link_local_ips=["169.254.8.8"])
    network.reload()
    assert [one.name for one in network.containers] == [f"{tag}web"]
    container.reload()
    endpoint = container.attrs["NetworkSettings"]["Networks"][tag]
    assert endpoint["IPAMConfig"] == {"IPv4Address": "10.206.0.9", "LinkLocalIPs": ["169.254.8.8"]}
    assert endpoint["IPAddress"] == "10.206.0.9"
    assert b"169.254.8.8/16" in container.exec_run(["ip", "addr"]).output
    network.disconnect(container, force=True)
    assert client.networks.list(filters={"label": tag, "dangling": True}, greedy=True)[0].attrs["Containers"] == {}
    assert client.networks.prune(filters={"label": tag})["NetworksDeleted"] == [tag]
    container.remove(force=True)


def test_docker_py_names_a_network_when_it_creates(client: Any, tag: str) -> None:
    client.networks.create(tag)
    config = client.api.create_networking_config({tag: client.api.create_endpoint_config(aliases=["nick"])})
    made = client.api.create_container(
        "busybox", ["sleep", "600"], name=f"{tag}web", networking_config=config, mac_address="02:42:0a:00:00:99",
        host_config=client.api.create_host_config(network_mode=tag),
    )  # fmt: skip
    client.api.start(made)
    found = client.api.inspect_container(made)["NetworkSettings"]["Networks"]
    assert list(found) == [tag]
    assert "nick" in found[tag]["Aliases"]
    assert found[tag]["MacAddress"] == "02:42:0a:00:00:99"
    client.api.remove_container(made, force=True)
