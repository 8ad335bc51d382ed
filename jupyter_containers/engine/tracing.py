"""Records of calls to the kernel that somebody wants: what is made on behalf of a request is recorded while it lasts.

    with traces.collecting(token):      the API, around a request that asks for it; in a context variable
        work = tracing.begin(…)         wherever a process is started: None unless a record is wanted
        work.mark(spec), work.rows      the runtime records what the spec tells it to; the network adds its rows
        work.keep(bundle)               when it is done, or has failed

A request that asks for nothing finds an empty variable, once for each process that it starts. What explains a record is
loaded when somebody asks for one: it knows all of the runtime.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_containers.errors import ContainersError, NotFound
from jupyter_containers.oci.runtime_spec import ANNOTATION_TRACE, Spec
from jupyter_containers.registry.witness import witnessed
from jupyter_containers.runtime.bundle import Bundle

# For one who asks the first ones, such as of a build with very many steps; of containers the last ones. Each is some
# 40 kB.
KEPT_RECORDS = 64
KEPT_TOKENS = 8
KEPT_REQUESTS = 500

Json = dict[str, Any]


@dataclass(slots=True)
class Collection:
    """What one who asks gets: open as long as the request lasts, so that nothing that goes on later is recorded.

    Tasks that go on have it in their context as long as they last: closed it has nothing in it.
    """

    traces: Traces
    records: list[Json]
    is_open: bool = True

    def close(self) -> None:
        self.is_open, self.records = False, []


_wanted: ContextVar[Collection | None] = ContextVar("wanted", default=None)


@dataclass(slots=True)
class Work:
    """The making of one process, of a `kind` (container, build step), that is recorded."""

    kind: str
    id: str
    name: str
    collection: Collection
    rows: list[Json] = field(default_factory=list)

    def mark(self, spec: Spec) -> Spec:
        """Return the spec with the wish for a record in it."""
        return replace(spec, annotations={**spec.annotations, ANNOTATION_TRACE: "calls"})

    def keep(self, bundle_path: Path) -> None:
        """Put the record together: what the runtime has left in the bundle, and the network's rows."""
        from jupyter_containers.runtime.explain import record

        try:
            calls = [row.to_json() for row in record(Bundle(bundle_path))]
        except (ContainersError, OSError):
            calls = []  # it never came so far
        last = [calls.pop()] if calls and calls[-1]["call"] == "execve" else []
        self._put([*calls, *self.rows, *last])

    def keep_calls(self, calls: list[list[Any]]) -> None:
        """Put the record together of the calls of a process that has no bundle of its own."""
        from jupyter_containers.runtime.calls import rows

        self._put([row.to_json() for row in rows("inside", calls)])

    def _put(self, calls: list[Json]) -> None:
        kept = {"kind": self.kind, "id": self.id, "name": self.name, "calls": calls}
        if len(self.collection.records) < KEPT_RECORDS:
            self.collection.records.append(kept)
        self.collection.traces.put(kept)


def begin(kind: str, id_: str, name: str) -> Work | None:
    """Return what records the making of a process, if the request that this is done for wants it."""
    collection = _wanted.get()
    if collection is None or not collection.is_open:
        return None
    return Work(kind, id_, name, collection)


class Traces:
    """The last records, by whose they are and by who asked for them; gone with the daemon."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, Json] = OrderedDict()
        self._collections: OrderedDict[str, list[Json]] = OrderedDict()

    @contextmanager
    def collecting(self, token: str) -> Iterator[None]:
        """Record what is made in the block, for a token: that of one who asks, for one request or for several."""
        records = self._collections[token] = self._collections.pop(token, [])
        collection = Collection(self, records)
        while len(self._collections) > KEPT_TOKENS:
            self._collections.popitem(last=False)
        before, asked, first = _wanted.set(collection), list[Json](), len(records)
        try:
            with witnessed(asked):
                yield
        finally:
            collection.close()
            _wanted.reset(before)
            if asked:
                # What is fetched is fetched before it is used.
                told = {"kind": "registry", "id": "", "name": _host_of(asked[0]), "calls": asked[:KEPT_REQUESTS]}
                records.insert(first, told)

    def put(self, kept: Json) -> None:
        """Keep a record for those who ask for it by what it is of."""
        self._records.pop(kept["id"], None)
        self._records[kept["id"]] = kept
        while len(self._records) > KEPT_RECORDS:
            self._records.popitem(last=False)

    def of_token(self, token: str) -> list[Json]:
        """Return what was made for a token. Raises NotFound."""
        if token not in self._collections:
            raise NotFound(f"no trace is kept for {token}")
        return list(self._collections[token])

    def of_container(self, id_: str, name: str, places: Iterable[Path]) -> Json:
        """Return the record of a container's last start, or at least its steps, which are kept of every start.

        `places` are where its bundle is, or what was kept of it. Raises NotFound when it was never started.
        """
        from jupyter_containers.runtime.calls import Row
        from jupyter_containers.runtime.explain import explain, record

        for path in places:
            try:
                steps, calls = explain(Bundle(path)).steps, record(Bundle(path))
            except (ContainersError, OSError):
                continue
            if calls and id_ in self._records:
                return {**self._records[id_], "recorded": True}  # with what the network did
            found = calls or [Row(step.side, step.description, "", (), "", step.duration_us) for step in steps]
            told = [row.to_json() for row in found]
            return {"kind": "container", "id": id_, "name": name, "calls": told, "recorded": bool(calls)}
        raise NotFound(f"container {name} was never started: there is nothing to tell of it")


def _host_of(asked: Json) -> str:
    """Return the host of a request to a registry."""
    return str(asked["arguments"][0]).split("/")[2]
