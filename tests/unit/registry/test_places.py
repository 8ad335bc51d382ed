from __future__ import annotations

from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.places import NoPlaces


def test_no_places_remembers_nothing() -> None:
    places, blob = NoPlaces(), Digest.of(b"x")
    places.remember(blob, "r/a", Descriptor("t", blob, 1))
    assert places.of(blob) == ()
