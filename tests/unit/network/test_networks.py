"""What the face promises without touching the host; packets are in tests/integration/network."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.network.networks import Networking


def test_importing_the_face_does_not_import_pyroute2() -> None:
    code = "import sys, jupyter_containers.network.networks; print('pyroute2' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout == "False\n"


def test_before_first_use_only_the_name_is_known() -> None:
    facts = Networking(subnet="10.9.0.0/16").describe()
    assert facts == {"name": "jc0", "subnet": "10.9.0.0/16", "gateway": "", "mtu": "", "warning": ""}


def test_each_scope_has_its_own_bridge_whose_name_fits_an_interface() -> None:
    names = {Networking(scope=scope).describe()["name"] for scope in ("", "/a", "/b")}
    assert len(names) == 3
    assert all(len(name) < 16 for name in names)


@pytest.mark.parametrize("subnet", ["10.9.0.1/16", "10.9.0.0/31", "nonsense", "2001:db8::/64"])
def test_what_is_no_subnet_for_a_bridge_is_refused(subnet: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid subnet"):
        Networking(subnet=subnet)


def test_opening_detaching_the_unknown_and_closing_touch_nothing() -> None:
    async def test() -> None:
        networking = Networking(scope="a unit test")
        await networking.open()
        await networking.detach("unknown")
        await networking.close(remove=True)

    asyncio.run(test())
