"""Docker's further options of run: what few containers want, and what each is in the API."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from jupyter_containers.commands.build_arguments import hosts, ulimit
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.containers import pairs
from jupyter_containers.commands.mount_option import mount
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import nanoseconds, size_in_bytes
from jupyter_containers.commands.results import Json
from jupyter_containers.errors import InvalidParameter

_EACH, _FLAG = Takes.EACH, Takes.NOTHING


def _text(names: tuple[str, ...], help_: str, metavar: str) -> Argument:
    return Argument(names, help_, metavar=metavar, default="")


def _number(names: tuple[str, ...], help_: str, metavar: str = "NUMBER") -> Argument:
    return Argument(names, help_, metavar=metavar, parse=int)


def _time(names: tuple[str, ...], help_: str) -> Argument:
    return Argument(names, help_, metavar="TIME", parse=nanoseconds)


ENV_FILE = Argument(("--env-file",), "a file of variables, a line each", _EACH, "FILE")
RESOURCES = (
    _number(("-c", "--cpu-shares"), "weight of processor time"),
    _number(("--cpu-period",), "period of processor time, in µs"),
    _number(("--cpu-quota",), "processor time in each period, in µs"),
    _number(("--cpu-rt-period",), "period of real-time, in µs"),
    _number(("--cpu-rt-runtime",), "real-time in each period, in µs"),
    _text(("--cpuset-cpus",), "processors that may be used, such as 0-2", "LIST"),
    _text(("--cpuset-mems",), "memory nodes that may be used", "LIST"),
    Argument(("--memory-reservation",), "memory that it gets back to when there is little", metavar="SIZE",
             parse=size_in_bytes),
    _number(("--memory-swappiness",), "how readily its memory is swapped, 0 to 100"),
    _number(("--blkio-weight",), "weight of disk time, 10 to 1000"),
    Argument(("--blkio-weight-device",), "weight of a disk's time", _EACH, "DEVICE:WEIGHT"),
    Argument(("--device-read-bps",), "most that is read in a second", _EACH, "DEVICE:SIZE"),
    Argument(("--device-write-bps",), "most that is written in a second", _EACH, "DEVICE:SIZE"),
    Argument(("--device-read-iops",), "most reads in a second", _EACH, "DEVICE:NUMBER"),
    Argument(("--device-write-iops",), "most writes in a second", _EACH, "DEVICE:NUMBER"),
    Argument(("--oom-kill-disable",), "at the memory limit it waits and is not killed", _FLAG),
    _number(("--oom-score-adj",), "how readily it is killed when memory runs out, -1000 to 1000"),
    Argument(("--shm-size",), "size of /dev/shm, such as 64m", metavar="SIZE", parse=size_in_bytes),
    Argument(("--ulimit",), "a limit of its processes", _EACH, "NAME=SOFT[:HARD]"),
    _text(("--cgroup-parent",), "the cgroup that its own is made in", "CGROUP"),
)  # fmt: skip
PLACE = (
    Argument(("--mount",), "mount a folder, a volume, memory or an image inside", _EACH,
             "type=bind|volume|tmpfs|image,…"),
    Argument(("--volumes-from",), "mount what another container has mounted", _EACH, "CONTAINER[:ro]"),
    _text(("--volume-driver",), "driver of the volumes of -v", "DRIVER"),
    Argument(("--storage-opt",), "an option of its root", _EACH, "NAME=VALUE"),
    Argument(("--device",), "a device of the machine", _EACH, "PATH[:PATH[:rwm]]"),
    Argument(("--device-cgroup-rule",), "devices that it may use, as c 42:* rmw", _EACH, "RULE"),
    Argument(("--group-add",), "one more group of its user", _EACH, "GROUP"),
    Argument(("--security-opt",), "such as no-new-privileges, seccomp=FILE", _EACH, "OPTION"),
    Argument(("--sysctl",), "a parameter of the kernel in its namespaces", _EACH, "NAME=VALUE"),
    Argument(("--cgroupns",), "its cgroup namespace", metavar="MODE", default="", choices=("host", "private")),
    _text(("--ipc",), "its IPC: private, shareable, host, none, container:NAME", "MODE"),
    _text(("--pid",), "its process numbers: host, container:NAME", "MODE"),
    _text(("--userns",), "its user namespace: host", "MODE"),
    _text(("--uts",), "its host name's namespace: host", "MODE"),
    _text(("--runtime",), "the runtime", "NAME"),
    _text(("--platform",), "the image for this, as linux/arm64", "PLATFORM"),
    Argument(("--annotation",), "an annotation for the runtime", _EACH, "NAME=VALUE"),
    ENV_FILE,
    Argument(("--label-file",), "a file of labels, a line each", _EACH, "FILE"),
    _text(("--log-driver",), "json-file (default), local, none", "DRIVER"),
    Argument(("--log-opt",), "an option of the log", _EACH, "NAME=VALUE"),
    _text(("--stop-signal",), "the signal that stop sends", "SIGNAL"),
    _number(("--stop-timeout",), "seconds that stop waits before it kills", "SECONDS"),
)  # fmt: skip
NETWORKING = (
    Argument(("--add-host",), "a line of /etc/hosts", _EACH, "NAME:ADDRESS"),
    Argument(("--dns",), "a name server", _EACH, "ADDRESS"),
    Argument(("--dns-option",), "an option of the resolver", _EACH, "OPTION"),
    Argument(("--dns-search",), "a domain that names are looked for in", _EACH, "DOMAIN"),
    _text(("--domainname",), "its domain name", "NAME"),
    Argument(("--expose",), "a port that it listens on", _EACH, "PORT[-PORT][/PROTOCOL]"),
    Argument(("-P", "--publish-all"), "publish all ports that it exposes", _FLAG),
    Argument(("--link",), "a name for a neighbour", _EACH, "CONTAINER[:NAME]"),
    _text(("--ip",), "its IPv4 address on the network", "ADDRESS"),
    _text(("--ip6",), "its IPv6 address on the network", "ADDRESS"),
    Argument(("--link-local-ip",), "a link-local address", _EACH, "ADDRESS"),
    _text(("--mac-address",), "its hardware address", "ADDRESS"),
    Argument(("--network-alias",), "one more name of it on the network", _EACH, "NAME"),
)
HEALTH = (
    _text(("--health-cmd",), "the command that tells whether it is well", "COMMAND"),
    _time(("--health-interval",), "time between two checks, such as 10s"),
    _time(("--health-timeout",), "how long a check may take"),
    _time(("--health-start-period",), "how long it may be unwell in the beginning"),
    _time(("--health-start-interval",), "time between two checks in the beginning"),
    _number(("--health-retries",), "so many failures make it unhealthy"),
    Argument(("--no-healthcheck",), "without the check of the image", _FLAG),
)
# What `update` changes of a container that is there.
_CHANGEABLE = ("cpu_shares", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpuset_cpus", "cpuset_mems",
               "memory_reservation", "blkio_weight")  # fmt: skip
CHANGEABLE = tuple(one for one in RESOURCES if one.names[-1].lstrip("-").replace("-", "_") in _CHANGEABLE)
FURTHER = (*RESOURCES, *PLACE, *NETWORKING, *HEALTH)

_EMPTY: tuple[object, ...] = (None, False, "", [], (), {})
_WINDOWS = "it is for Windows"
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(("--isolation", "--cpu-count", "--cpu-percent", "--io-maxbandwidth", "--io-maxiops"), _WINDOWS),
    "--gpus": "there is no driver of graphics cards here; --device gives a device",
    "--kernel-memory": "kernels have no such limit any more; use --memory",
    "--disable-content-trust": "signatures of Docker's content trust are not checked here",
    "--cidfile": "the result has the id, and -d prints it",
    "--sig-proxy": "signals are always passed on",
    "--detach-keys": "use -d, and attach --detach-keys later",
    "--use-api-socket": "mount the daemon's socket with -v, if it must be",
    "--attach": "both outputs are always shown, and the cell's body or -i is the input",
    "-a": "both outputs are always shown, and the cell's body or -i is the input",
    "--quiet": "pull the image with pull -q before",
    "-q": "pull the image with pull -q before",
}

# Options that are a value of HostConfig as they are.
_AS_THEY_ARE = {
    "cpu_shares": "CpuShares", "cpu_period": "CpuPeriod", "cpu_quota": "CpuQuota",
    "cpu_rt_period": "CpuRealtimePeriod", "cpu_rt_runtime": "CpuRealtimeRuntime", "cpuset_cpus": "CpusetCpus",
    "cpuset_mems": "CpusetMems", "memory_reservation": "MemoryReservation", "memory_swappiness": "MemorySwappiness",
    "blkio_weight": "BlkioWeight", "oom_kill_disable": "OomKillDisable", "oom_score_adj": "OomScoreAdj",
    "shm_size": "ShmSize", "cgroup_parent": "CgroupParent", "volumes_from": "VolumesFrom",
    "volume_driver": "VolumeDriver", "device_cgroup_rule": "DeviceCgroupRules", "group_add": "GroupAdd",
    "cgroupns": "CgroupnsMode", "ipc": "IpcMode", "pid": "PidMode", "userns": "UsernsMode", "uts": "UTSMode",
    "runtime": "Runtime", "dns": "Dns", "dns_option": "DnsOptions", "dns_search": "DnsSearch",
    "publish_all": "PublishAllPorts", "link": "Links",
}  # fmt: skip
_MAPPINGS = {"storage_opt": "StorageOpt", "sysctl": "Sysctls", "annotation": "Annotations"}
_RATES: Sequence[tuple[str, str, str, Callable[[str], int]]] = (
    ("blkio_weight_device", "BlkioWeightDevice", "Weight", int),
    ("device_read_bps", "BlkioDeviceReadBps", "Rate", size_in_bytes),
    ("device_write_bps", "BlkioDeviceWriteBps", "Rate", size_in_bytes),
    ("device_read_iops", "BlkioDeviceReadIOps", "Rate", int),
    ("device_write_iops", "BlkioDeviceWriteIOps", "Rate", int),
)


def host_config(options: Namespace, folder: Path) -> Json:
    """Return what the options are in a HostConfig. Raises InvalidParameter and UsageError."""
    found: Json = {key: getattr(options, name) for name, key in _AS_THEY_ARE.items()}
    found |= {key: pairs(getattr(options, name), f"--{name}") for name, key in _MAPPINGS.items()}
    for name, key, word, read in _RATES:
        found[key] = [_rate(text, word, read) for text in getattr(options, name)]
    found["ExtraHosts"] = list(hosts(options.add_host))
    found["Ulimits"] = [{"Name": n, "Soft": s, "Hard": h} for n, s, h in map(ulimit, options.ulimit)]
    found["Devices"] = [_device(text) for text in options.device]
    found["SecurityOpt"] = [_security_option(text, folder) for text in options.security_opt]
    found["Mounts"] = [mount(text, folder) for text in options.mount]
    if options.log_driver or options.log_opt:
        found["LogConfig"] = {"Type": options.log_driver, "Config": pairs(options.log_opt, "--log-opt")}
    return _given(found)


def resources(options: Namespace) -> Json:
    """Return what the options that `update` takes are in the body of its request."""
    return _given({_AS_THEY_ARE[name]: getattr(options, name) for name in _CHANGEABLE})


def config(options: Namespace) -> Json:
    """Return what the options are in the body of a create request, beside its HostConfig."""
    found: Json = {
        "Domainname": options.domainname, "StopSignal": options.stop_signal, "StopTimeout": options.stop_timeout,
        "ExposedPorts": {port: {} for text in options.expose for port in _ports(text)},
        "Healthcheck": _healthcheck(options), "MacAddress": "" if options.network else options.mac_address,
    }  # fmt: skip
    endpoint = _endpoint(options)
    if endpoint:
        found["NetworkingConfig"] = {"EndpointsConfig": {options.network or "default": endpoint}}
    return _given(found)


def _endpoint(options: Namespace) -> Json:
    addresses = _given({
        "IPv4Address": options.ip, "IPv6Address": options.ip6, "LinkLocalIPs": list(options.link_local_ip)
    })  # fmt: skip
    found: Json = {"Aliases": list(options.network_alias), "IPAMConfig": addresses}
    if options.network:
        found["MacAddress"] = options.mac_address
    return _given(found)


def _healthcheck(options: Namespace) -> Json:
    times = _given({
        "Interval": options.health_interval, "Timeout": options.health_timeout,
        "StartPeriod": options.health_start_period, "StartInterval": options.health_start_interval,
        "Retries": options.health_retries,
    })  # fmt: skip
    if options.no_healthcheck:
        if options.health_cmd or times:
            raise UsageError("--no-healthcheck and --health-… contradict each other; leave one of them out")
        return {"Test": ["NONE"]}
    return {**({"Test": ["CMD-SHELL", options.health_cmd]} if options.health_cmd else {}), **times}


def _given(values: Json) -> Json:
    """Leave out what is not given; a number is, where it is not None."""
    return {name: value for name, value in values.items() if value not in _EMPTY or _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _rate(text: str, word: str, read: Callable[[str], int]) -> Json:
    path, colon, value = text.rpartition(":")
    try:
        if not colon or not path.startswith("/dev/"):
            raise ValueError
        return {"Path": path, word: read(value)}
    except ValueError:
        raise InvalidParameter(f"{text!r} is no limit of a device; write /dev/NAME:NUMBER") from None


def _device(text: str) -> Json:
    outside, _, rest = text.partition(":")
    inside, _, rights = rest.partition(":")
    if inside and not inside.startswith("/"):
        inside, rights = "", inside
    if not outside.startswith("/") or set(rights) - set("rwm"):
        raise InvalidParameter(f"--device {text}: write /dev/NAME, /dev/NAME:PATH or /dev/NAME:PATH:rwm")
    return {"PathOnHost": outside, "PathInContainer": inside or outside, "CgroupPermissions": rights or "rwm"}


def _security_option(text: str, folder: Path) -> str:
    """Return an option; a seccomp profile in a file is read here, as docker's CLI does."""
    name, _, value = text.partition("=") if "=" in text else text.partition(":")
    if name != "seccomp" or value in ("unconfined", "builtin", ""):
        return text
    place = folder / Path(value).expanduser()
    try:
        return f"seccomp={json.dumps(json.loads(place.read_text()))}"
    except (OSError, ValueError) as error:
        raise InvalidParameter(f"--security-opt: cannot read the seccomp profile {place}: {error}") from None


def _ports(text: str) -> Iterable[str]:
    numbers, _, protocol = text.partition("/")
    first, _, last = numbers.partition("-")
    try:
        ports = range(int(first), int(last or first) + 1)
    except ValueError:
        ports = range(0)
    if not ports or ports[-1] > 65535 or protocol not in ("", "tcp", "udp", "sctp"):
        raise InvalidParameter(f"--expose {text}: write PORT, PORT-PORT or PORT/udp")
    return [f"{port}/{protocol or 'tcp'}" for port in ports]


def lines_of(files: Sequence[str], folder: Path, option: str) -> tuple[str, ...]:
    """Return the lines of files of NAME=VALUE, without comments. Raises InvalidParameter."""
    found: list[str] = []
    for name in files:
        place = folder / Path(name).expanduser()
        try:
            lines = place.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidParameter(f"{option}: cannot read {place}: {error}") from None
        found += [line.lstrip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tuple(found)
