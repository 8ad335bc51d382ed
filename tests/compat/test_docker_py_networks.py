"""docker-py's networks and volumes, all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.docker_py import LEAVES_SOCKETS

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")
pytestmark = LEAVES_SOCKETS

Make = Callable[..., Any]
POOL = "198.18.{}.0/24"


@pytest.fixture
def network(client: Any, name: str) -> Iterator[Callable[..., Any]]:
    """Create a network, and remove it with what is on it afterwards."""
    made: list[Any] = []

    def create(**settings: Any) -> Any:
        made.append(client.networks.create(settings.pop("name", f"{name}n{len(made)}"), **settings))
        return made[-1]

    yield create
    for one in made:
        try:
            one.reload()
        except docker_py.errors.NotFound:
            continue
        for container in one.containers:
            one.disconnect(container, force=True)
        one.remove()


def pool(number: int, **more: Any) -> Any:
    config = docker_py.types.IPAMPool(
        subnet=POOL.format(number), gateway=f"198.18.{number}.254", iprange=f"198.18.{number}.128/25", **more
    )
    return docker_py.types.IPAMConfig(pool_configs=[config])


def test_a_network_is_made_found_and_removed(client: Any, network: Any, name: str) -> None:
    made = network(labels={"course": name}, driver="bridge", internal=True, attachable=True, check_duplicate=True)
    assert made.name == f"{name}n0"
    attributes = client.networks.get(made.id).attrs
    assert {key: attributes[key] for key in ("Driver", "Scope", "Internal", "Attachable", "EnableIPv6", "Ingress")} == {
        "Driver": "bridge", "Scope": "local", "Internal": True, "Attachable": True, "EnableIPv6": False,
        "Ingress": False,
    }  # fmt: skip
    assert attributes["Labels"] == {"course": name}
    assert attributes["Containers"] == {}
    assert len(attributes["IPAM"]["Config"]) == 1
    assert [one.id for one in client.networks.list(names=[made.name])] == [made.id]
    assert [one.id for one in client.networks.list(ids=[made.id])] == [made.id]
    assert [one.id for one in client.networks.list(filters={"label": f"course={name}"})] == [made.id]
    assert made.id in {one.id for one in client.networks.list(filters={"driver": "bridge", "type": "custom"})}
    made.remove()
    with pytest.raises(docker_py.errors.NotFound):
        client.networks.get(made.id)


def test_addresses_come_from_the_pool(client: Any, network: Any, make: Make) -> None:
    made = network(ipam=pool(71, aux_addresses={"taken": "198.18.71.128"}), options={"course": "os"})
    attributes = client.networks.get(made.id).attrs
    assert attributes["IPAM"] == {
        "Driver": "default", "Options": None, "Config": [{
            "Subnet": "198.18.71.0/24", "IPRange": "198.18.71.128/25", "Gateway": "198.18.71.254",
            "AuxiliaryAddresses": {"taken": "198.18.71.128"},
        }],
    }  # fmt: skip
    box = make("sleep", "600", network=made.name, start=True)
    box.reload()
    endpoint = box.attrs["NetworkSettings"]["Networks"][made.name]
    assert (endpoint["Gateway"], endpoint["IPPrefixLen"]) == ("198.18.71.254", 24)
    assert int(endpoint["IPAddress"].rpartition(".")[2]) > 128
    assert endpoint["NetworkID"] == made.id
    made.reload()
    assert made.attrs["Containers"][box.id] == {
        "Name": box.name, "EndpointID": endpoint["EndpointID"], "MacAddress": endpoint["MacAddress"],
        "IPv4Address": f"{endpoint['IPAddress']}/24", "IPv6Address": "",
    }  # fmt: skip
    assert [one.id for one in made.containers] == [box.id]


def test_a_container_is_connected_and_disconnected(client: Any, network: Any, make: Make, name: str) -> None:
    made = network(ipam=pool(72))
    box = make("sleep", "600", start=True)
    made.connect(box, aliases=["other"], ipv4_address="198.18.72.200")
    box.reload()
    endpoint = box.attrs["NetworkSettings"]["Networks"][made.name]
    assert endpoint["IPAMConfig"] == {"IPv4Address": "198.18.72.200"}
    assert endpoint["IPAddress"] == "198.18.72.200"
    assert "other" in endpoint["Aliases"]
    assert b"198.18.72.200" in box.exec_run(["ip", "addr"]).output
    with pytest.raises(docker_py.errors.APIError) as caught:
        made.connect(box)
    assert caught.value.status_code == 403
    assert f"endpoint with name {box.name} already exists in network {made.name}" in str(caught.value)
    with pytest.raises(docker_py.errors.APIError) as caught:
        made.remove()
    assert caught.value.status_code == 403
    assert "has active endpoints" in str(caught.value)
    made.disconnect(box)
    box.reload()
    assert made.name not in box.attrs["NetworkSettings"]["Networks"]
    assert b"198.18.72.200" not in box.exec_run(["ip", "addr"]).output


def test_containers_of_a_network_find_each_other_by_name(client: Any, network: Any, make: Make, name: str) -> None:
    made = network()
    aliases = {made.name: client.api.create_endpoint_config(aliases=["database"])}
    make("sleep", "600", network=made.name, networking_config=aliases, start=True)
    other = make("sleep", "600", network=made.name, start=True)
    for known in (name, "database"):
        found = other.exec_run(["nslookup", known])
        assert found.exit_code == 0, found.output
    assert other.exec_run(["nslookup", "nobody-of-this-name"]).exit_code != 0
    assert other.exec_run(["ping", "-c1", "-W5", "database"]).exit_code == 0


def test_networks_are_kept_apart(network: Any, make: Make) -> None:
    first, second = network(), network()
    box = make("sleep", "600", network=first.name, start=True)
    box.reload()
    address = box.attrs["NetworkSettings"]["Networks"][first.name]["IPAddress"]
    same = make("ping", "-c1", "-W2", address, network=first.name, start=True)
    other = make("ping", "-c1", "-W2", address, network=second.name, start=True)
    assert same.wait()["StatusCode"] == 0
    assert other.wait()["StatusCode"] == 1


def test_who_takes_part_in_another_network_sees_the_same(make: Make) -> None:
    box = make("sleep", "600", start=True)
    other = make("hostname", "-i", network_mode=f"container:{box.name}", start=True)
    other.wait()
    box.reload()
    assert other.logs().strip().decode() == box.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]


def test_wrong_networks_are_refused(client: Any, network: Any, make: Make, name: str) -> None:
    network(name=name)
    for settings, status in (
        ({"name": name, "check_duplicate": True}, 409),
        ({"name": f"{name}x", "driver": "no-such-driver"}, 404),
    ):
        with pytest.raises(docker_py.errors.APIError) as caught:
            client.networks.create(**settings)
        assert caught.value.status_code == status, settings
    for predefined in ("bridge", "host", "none"):
        with pytest.raises(docker_py.errors.APIError) as caught:
            client.networks.get(predefined).remove()
        assert caught.value.status_code == 403
        assert f"{predefined} is a pre-defined network and cannot be removed" in str(caught.value)


def test_networks_that_nobody_uses_are_pruned(client: Any, network: Any, make: Make, name: str) -> None:
    idle = network(labels={"prune": name})
    used = network(labels={"prune": name})
    make("sleep", "600", network=used.name, start=True)
    assert client.networks.prune(filters={"label": f"prune={name}"})["NetworksDeleted"] == [idle.name]
    used.reload()


# --- volumes ---------------------------------------------------------------------------------------------------------


def test_a_volume_is_made_found_and_removed(client: Any, name: str) -> None:
    made = client.volumes.create(name, driver="local", labels={"course": name})
    try:
        attributes = client.volumes.get(name).attrs
        assert (attributes["Name"], attributes["Driver"], attributes["Scope"]) == (name, "local", "local")
        assert attributes["Labels"] == {"course": name}
        assert attributes["Options"] is None
        assert attributes["Mountpoint"].endswith(f"/{name}/_data")
        assert [one.name for one in client.volumes.list(filters={"label": f"course={name}"})] == [name]
        assert client.volumes.create(name).id == made.id
    finally:
        made.remove()
    with pytest.raises(docker_py.errors.NotFound):
        client.volumes.get(name)


def test_a_volume_in_use_is_kept(client: Any, make: Make, name: str) -> None:
    volume = client.volumes.create(name)
    box = make("true", volumes={name: {"bind": "/data", "mode": "rw"}})
    with pytest.raises(docker_py.errors.APIError) as caught:
        volume.remove()
    assert caught.value.status_code == 409
    assert f"volume is in use - [{box.id}]" in str(caught.value)
    assert [one.name for one in client.volumes.list(filters={"dangling": "false", "name": name})] == [name]
    box.remove()
    volume.remove()


def test_a_volume_of_memory(client: Any, make: Make, name: str) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m,uid=1000"}
    volume = client.volumes.create(name, driver_opts=options)
    try:
        assert volume.attrs["Options"] == options
        box = make("sh", "-c", "grep ' /data ' /proc/mounts; stat -c %u /data", volumes={name: {"bind": "/data"}})
        box.start()
        box.wait()
        assert b"tmpfs" in box.logs()
        assert b"size=1024k" in box.logs()
        assert box.logs().endswith(b"\n1000\n")
        box.remove()
    finally:
        volume.remove()


def test_anonymous_volumes_go_with_their_container_and_are_pruned(client: Any, make: Make) -> None:
    box = make("true", volumes=["/data"])
    (mount,) = client.api.inspect_container(box.id)["Mounts"]
    assert client.volumes.get(mount["Name"])
    box.remove(v=True)
    with pytest.raises(docker_py.errors.NotFound):
        client.volumes.get(mount["Name"])
    left = make("true", volumes=["/data"], name=f"{box.name}b")
    (mount,) = client.api.inspect_container(left.id)["Mounts"]
    left.remove()
    pruned = client.volumes.prune()
    assert mount["Name"] in pruned["VolumesDeleted"]
