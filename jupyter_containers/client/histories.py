"""What containers used over time: from our own daemon, which keeps an hour; from another one, from now on.

    histories = client.containers.history()          all that is kept
    histories.extend(client.containers.history(since=histories.now))      and what came since
    histories.frame()                                as a pandas DataFrame

A daemon that keeps no history is asked for one sample of each container instead (`is_kept` is False): whoever asks
again and again, and extends, has a history that begins with his first question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from time import time
from typing import TYPE_CHECKING, Any

from jupyter_containers.client.values import ContainerSummary, Json, moment
from jupyter_containers.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


KEPT_SECONDS = 3600.0
_AT_ONCE = 8
# The columns of a history, and what they are called on the wire. All but the first three count from a run's start.
COLUMNS: Mapping[str, str] = {
    "times": "At", "memory_bytes": "Memory", "pids": "Pids", "cpu_ns": "CpuNs", "received_bytes": "Received",
    "sent_bytes": "Sent", "read_bytes": "Read", "written_bytes": "Written",
}  # fmt: skip
# What a record of one sample has.
RECORD = (
    "container", "time", "cpu_percent", "memory_bytes", "memory_limit_bytes", "pids", "received_bytes", "sent_bytes",
    "read_bytes", "written_bytes",
)  # fmt: skip


@dataclass(slots=True)
class History:
    """One container's samples, as columns of equal length; `times` in seconds since the epoch. Limits: 0 for none.

    `memory_bytes` is the highest since the sample before, without the cache that can be given back.
    """

    id: str
    name: str
    state: str
    memory_limit_bytes: int = 0
    cpu_limit: float = 0.0
    pids_limit: int = 0
    out_of_memory_at: tuple[float, ...] = ()
    times: list[float] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    pids: list[int] = field(default_factory=list)
    cpu_ns: list[int] = field(default_factory=list)
    received_bytes: list[int] = field(default_factory=list)
    sent_bytes: list[int] = field(default_factory=list)
    read_bytes: list[int] = field(default_factory=list)
    written_bytes: list[int] = field(default_factory=list)

    @classmethod
    def from_wire(cls, body: Json) -> History:
        columns: dict[str, Any] = {name: body["Samples"][wire] for name, wire in COLUMNS.items()}
        columns["times"] = [at / 1000 for at in columns["times"]]
        return cls(
            body["Id"], body["Name"], body["State"], body["MemoryLimit"], body["CpuLimit"], body["PidsLimit"],
            tuple(at / 1000 for at in body["OutOfMemory"]), **columns,
        )  # fmt: skip

    def per_second(self, column: str) -> list[float]:
        """Return how a counter rose between samples, the first sample left out; a new run begins at zero."""
        values: Sequence[int] = getattr(self, column)
        return [
            max(now - before if now >= before else now, 0) / max(at - last, 0.001)
            for (last, at), (before, now) in zip(pairwise(self.times), pairwise(values), strict=True)
        ]

    @property
    def cpu_percent(self) -> list[float]:
        """Return the use of processors between samples, the first left out: 100 is one processor, all the time."""
        return [rate / 10**7 for rate in self.per_second("cpu_ns")]

    def copy(self) -> History:
        """Return one that does not change when this one is extended."""
        columns: dict[str, Any] = {name: list(getattr(self, name)) for name in COLUMNS}
        return replace(self, **columns)

    def extend(self, newer: History, oldest: float) -> None:
        """Take what is newer, and let go of what is older than `oldest`."""
        for name in ("name", "state", "memory_limit_bytes", "cpu_limit", "pids_limit"):
            setattr(self, name, getattr(newer, name))
        if newer.out_of_memory_at:
            self.out_of_memory_at = tuple(sorted({*self.out_of_memory_at, *newer.out_of_memory_at}))
        begin = len(newer.times) - sum(at > (self.times[-1] if self.times else 0.0) for at in newer.times)
        old = sum(at < oldest for at in self.times)
        for name in COLUMNS:
            column: list[Any] = getattr(self, name)
            column += getattr(newer, name)[begin:]
            del column[:old]

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield a mapping for each sample, with the rise of processor time since the one before as cpu_percent."""
        busy = [None, *self.cpu_percent] if self.times else []
        for place, at in enumerate(self.times):
            values = {name: getattr(self, name)[place] for name in RECORD if name in COLUMNS}
            values |= {"container": self.name, "time": moment(at), "cpu_percent": busy[place]}
            values["memory_limit_bytes"] = self.memory_limit_bytes or None
            yield {name: values[name] for name in RECORD}


@dataclass(slots=True)
class Histories:
    """All containers' histories. `now` is the daemon's clock, in seconds; cpus and memory are the host's.

    `is_kept`: the daemon keeps an hour. Otherwise there is one sample of each container that runs.
    """

    now: float
    cpus: int
    memory_bytes: int
    is_kept: bool
    containers: list[History]

    def find(self, name: str) -> History:
        """Return one container's, by name or id. Raises NotFound."""
        for history in self.containers:
            if name in (history.name, history.id):
                return history
        raise NotFound(f"no history of a container called {name!r}")

    def copy(self) -> Histories:
        """Return one that does not change when this one is extended."""
        return replace(self, containers=[history.copy() for history in self.containers])

    def extend(self, newer: Histories) -> None:
        """Take a later answer in: what is new is added; containers that have gone go, as does what is an hour old."""
        known = {history.id: history for history in self.containers}
        self.now, self.cpus, self.memory_bytes = newer.now, newer.cpus, newer.memory_bytes
        self.containers = []
        for history in newer.containers:
            if (mine := known.get(history.id)) is not None:
                mine.extend(history, newer.now - KEPT_SECONDS)
            self.containers.append(mine or history)

    def records(self) -> list[dict[str, Any]]:
        """Return a mapping for each sample of each container."""
        return [record for history in self.containers for record in history.records()]

    def frame(self) -> Any:
        """Return all samples as a pandas DataFrame. Raises Unsupported when pandas is not installed."""
        try:
            import pandas as pd
        except ImportError:
            raise Unsupported("statistics as a table need pandas, which is not installed; pip install pandas") from None
        return pd.DataFrame(self.records(), columns=list(RECORD))


def kept(transport: Transport, since: float, names: Sequence[str]) -> Histories:
    """Ask our own daemon."""
    query = {"since": f"{since:.3f}" if since else "", "container": list(names)}
    body = transport.request("GET", "/containers/stats/history", query=query).json()
    found = [History.from_wire(one) for one in body["Containers"]]
    return Histories(body["Now"], body["Cpus"], body["Memory"], True, found)


def sampled(transport: Transport, containers: Sequence[ContainerSummary]) -> Histories:
    """Ask a daemon that keeps nothing for one sample of each container that runs."""
    running = [one.id for one in containers if one.state == "running"]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        samples = dict(zip(running, pool.map(lambda id_: _sample(transport, id_), running), strict=True))
    now = time()
    found = [_sampled(one, samples.get(one.id) or {}, now) for one in containers]
    info = transport.request("GET", "/info").json()
    host = int(info.get("MemTotal") or 0)
    for history in found:
        # It names the host's memory where there is no limit.
        history.memory_limit_bytes = 0 if history.memory_limit_bytes >= host else history.memory_limit_bytes
    return Histories(now, int(info.get("NCPU") or 0), host, False, found)


def _sample(transport: Transport, id_: str) -> Json:
    try:
        query = {"stream": "0", "one-shot": "1"}
        answer = transport.request("GET", f"/containers/{id_}/stats", query=query)
    except NotFound:
        return {}  # removed meanwhile
    # dockerd answers with nothing at all when it is removed while it is looked at.
    sample: Json = answer.json() if answer.content.strip() else {}
    return sample


def _sampled(container: ContainerSummary, sample: Json, now: float) -> History:
    history = History(container.id, container.name, container.state, _memory(sample).get("limit", 0))
    memory = _memory(sample)
    if "usage" not in memory:
        return history
    details, disk = memory.get("stats") or {}, (sample.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    networks = (sample.get("networks") or {}).values()
    history.times = [now]
    history.memory_bytes = [max(memory["usage"] - cache, 0)]
    history.pids = [(sample.get("pids_stats") or {}).get("current", 0)]
    history.cpu_ns = [sample["cpu_stats"]["cpu_usage"]["total_usage"]]
    history.received_bytes = [sum(one["rx_bytes"] for one in networks)]
    history.sent_bytes = [sum(one["tx_bytes"] for one in networks)]
    history.read_bytes, history.written_bytes = (
        [sum(one["value"] for one in disk if one["op"].lower() == way)] for way in ("read", "write")
    )
    return history


def _memory(sample: Json) -> Json:
    return dict(sample.get("memory_stats") or {})
