from __future__ import annotations

import pytest

from jupyter_containers.errors import Conflict
from jupyter_containers.network.plumbing import Names, Plumbing, remove_link
from tests.support.lone_host import UPLINK, LoneHost

pytestmark = pytest.mark.needs("root", "nftables")

NAMES = Names("b0", "try")


def test_a_bridge_of_an_earlier_daemon_keeps_its_subnet(host: LoneHost) -> None:
    first = Plumbing(NAMES, "10.7.0.0/16")
    first.close()
    second = Plumbing(NAMES)
    assert second.bridge == first.bridge
    second.remove()
    second.close()


def test_another_subnet_than_that_of_the_bridge_is_refused(host: LoneHost) -> None:
    Plumbing(NAMES, "10.7.0.0/16").close()
    with pytest.raises(Conflict, match=r"bridge b0 has subnet 10\.7\.0\.0/16, not 10\.8\.0\.0/16"):
        Plumbing(NAMES, "10.8.0.0/16")


def test_the_bridge_is_no_larger_than_the_uplink(host: LoneHost) -> None:
    plumbing = Plumbing(NAMES)
    assert plumbing.bridge.mtu == 1500
    plumbing.close()


def test_removing_a_link_that_is_gone_is_harmless(host: LoneHost) -> None:
    remove_link(UPLINK)
    remove_link(UPLINK)
