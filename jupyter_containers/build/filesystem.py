"""What a vertex results in: a stack of layers, which is also a committed snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import chain_ids, chained

# A tar with nothing in it, of two zero blocks or of a whole record: not worth a layer, as dockerd decides too.
EMPTY_DIFF_IDS = frozenset({
    Digest("sha256", "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"),
    Digest("sha256", "84ff92691f909a05b224e1c56abb4864f01b4f8e3c854e4bb4c7baf1d3f6d652"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    descriptor: Descriptor
    diff_id: Digest


@dataclass(frozen=True, slots=True)
class Filesystem:
    """`chain` names the committed snapshot: the chain id of the layers, "" for no layers at all."""

    layers: tuple[Layer, ...] = ()
    chain: str = ""

    @classmethod
    def of(cls, layers: tuple[Layer, ...]) -> Filesystem:
        chain = chain_ids(layer.diff_id for layer in layers)
        return cls(layers, str(chain[-1]) if chain else "")

    def floors(self) -> list[Filesystem]:
        """Return all that it stands on, from nothing to itself."""
        found = [Filesystem()]
        for layer in self.layers:
            found.append(found[-1].with_layer(layer))
        return found

    def with_layer(self, layer: Layer | None) -> Filesystem:
        """Return this with one more layer on top, or itself for None."""
        if layer is None:
            return self
        # Not made anew from all layers: a look into the cache does this for each step.
        chain = chained(self.chain, layer.diff_id) if self.chain else layer.diff_id
        return Filesystem((*self.layers, layer), str(chain))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A vertex's result. `created` is RFC 3339 text; `layer` is the one it added; `cached` if nothing was done."""

    filesystem: Filesystem
    created: str
    layer: Layer | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Loose:
    """A layer that says the same whatever lies under it (None: it has nothing in it), and when it was made."""

    layer: Layer | None
    created: str

    def on(self, parent: Filesystem) -> Outcome:
        """Return what it results in there. The snapshot need not be there yet."""
        return Outcome(parent.with_layer(self.layer), self.created, self.layer, cached=True)
