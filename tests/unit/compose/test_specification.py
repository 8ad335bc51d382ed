"""Every key of the Compose Specification is carried out, refused by name, told, or known to be for people alone.

The tables are written by hand from the specification's schema: with a key that a new version of it has, `KEYS` grows
first, and then something must be decided. The decisions are in compose/refusals.py.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.compose import schema
from jupyter_containers.compose.executing import Executor
from jupyter_containers.compose.freshness import refresh_age
from jupyter_containers.compose.hooks import exec_settings
from jupyter_containers.compose.images import BuildWishes, context_of, settings_of
from jupyter_containers.compose.labels import of_container
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import Found
from jupyter_containers.compose.operations import BuildImage, CreateNetwork, CreateVolume, PullImage
from jupyter_containers.compose.planning import Wishes, plan_images, plan_up
from jupyter_containers.compose.refusals import INFORMATIONAL, UnsupportedKey
from jupyter_containers.compose.triggers import triggers_of
from jupyter_containers.compose.wire import container_body, endpoints
from jupyter_containers.errors import ContainersError
from tests.support.compose_files import project

BASE = """
services:
  web: {image: x}
  db: {image: y}
"""
# What each section of the specification has.
KEYS = {
    "": "version name include services models networks volumes secrets configs",
    "services.": (
        "develop deploy annotations attach build blkio_config cap_add cap_drop cgroup cgroup_parent command configs "
        "container_name cpu_count cpu_percent cpu_shares cpu_quota cpu_period cpu_rt_period cpu_rt_runtime cpus cpuset "
        "credential_spec depends_on device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file "
        "label_file environment expose extends provider external_links extra_hosts gpus group_add healthcheck hostname "
        "image init ipc isolation labels links logging mac_address mem_limit mem_reservation mem_swappiness "
        "memswap_limit network_mode models networks oom_kill_disable oom_score_adj pid pids_limit platform ports "
        "post_start pre_start pre_stop privileged profiles pull_policy pull_refresh_after read_only restart runtime "
        "scale security_opt shm_size secrets sysctls stdin_open stop_grace_period stop_signal storage_opt tmpfs tty "
        "ulimits use_api_socket user uts userns_mode volumes volumes_from working_dir"
    ),
    "services.build.": (
        "context dockerfile dockerfile_inline entitlements args ssh labels cache_from cache_to no_cache "
        "additional_contexts network provenance sbom pull target shm_size extra_hosts isolation privileged secrets "
        "tags ulimits platforms no_cache_filter"
    ),
    "services.blkio_config.": (
        "device_read_bps device_read_iops device_write_bps device_write_iops weight weight_device"
    ),
    "services.depends_on.": "restart required condition",
    "services.deploy.": (
        "mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement"
    ),
    "services.deploy.resources.limits.": "cpus memory pids",
    "services.deploy.resources.reservations.": "cpus memory generic_resources devices",
    "services.deploy.restart_policy.": "condition delay max_attempts window",
    "services.develop.watch.": "ignore include path action target exec initial_sync",
    "services.devices.": "source target permissions",
    "services.env_file.": "path format required",
    "services.gpus.": "capabilities count device_ids driver options",
    "services.healthcheck.": "disable interval retries test timeout start_period start_interval",
    "services.logging.": "driver options",
    "services.networks.": (
        "aliases interface_name ipv4_address ipv6_address link_local_ips mac_address driver_opts priority gw_priority"
    ),
    "services.ports.": "name mode host_ip target published protocol app_protocol",
    "services.post_start.": "command user privileged working_dir environment",
    "services.secrets.": "source target uid gid mode",
    "services.volumes.": "type source target read_only consistency bind volume tmpfs image",
    "services.volumes.bind.": "propagation create_host_path recursive selinux",
    "services.volumes.volume.": "labels nocopy subpath",
    "services.volumes.tmpfs.": "size mode",
    "services.volumes.image.": "subpath",
    "networks.": "name driver driver_opts ipam external internal enable_ipv4 enable_ipv6 attachable labels",
    "networks.ipam.": "driver config options",
    "networks.ipam.config.": "subnet ip_range gateway aux_addresses",
    "volumes.": "name driver driver_opts external labels",
    "secrets.": "name environment file external labels driver driver_opts template_driver",
    "configs.": "name content environment file external labels template_driver",
    "include.": "path env_file project_directory",
}


def _of_web(**lines: str) -> dict[str, tuple[str, str]]:
    """Keys of a service with a value of each, and what is seen of it in the requests."""
    return {f"services.{key}": (f"services: {{web: {{{key}: {value.partition(' → ')[0]}}}}}", value.partition(" → ")[2])
            for key, value in lines.items()}  # fmt: skip


def _below(path: str, prefix: str, /, **lines: str) -> dict[str, tuple[str, str]]:
    """Keys of a section of a service: `prefix` is a file up to the section, with % for the key and its value."""
    found = {}
    for key, value in lines.items():
        given, _, seen = value.partition(" → ")
        found[f"{path}.{key}"] = (prefix.replace("%", f"{key}: {given}"), seen)
    return found


CARRIED: dict[str, tuple[str, str]] = {
    "name": ("name: other", 'create container other-web-1'),
    "include": ("include: [included.yaml]", '"more"'),
    "services": ("services: {third: {image: z}}", '"z"'),
    "networks": ("{networks: {n: {internal: true}}, services: {web: {networks: [n]}}}", '"Internal": true'),
    "volumes": ("volumes: {v: {}}", '"shop_v"'),
    "secrets": ("{secrets: {s: {file: file.txt}}, services: {web: {secrets: [s]}}}", '"/run/secrets/s"'),
    "configs": ("{configs: {s: {file: file.txt}}, services: {web: {configs: [s]}}}", '"Target": "/s"'),
    **_of_web(
        annotations='{a: b} → "Annotations": {"a": "b"}', attach='false → "attach": false',
        blkio_config='{weight: 300} → "BlkioWeight": 300', build='FOLDER → "build image x for web"',
        cap_add='[A] → "CapAdd": ["A"]', cap_drop='[A] → "CapDrop": ["A"]', cgroup='host → "CgroupnsMode": "host"',
        cgroup_parent='/p → "CgroupParent": "/p"', command='[a] → "Cmd": ["a"]',
        container_name='own → "create container own"', cpu_count='2 → "NanoCpus": 2000000000',
        cpu_shares='5 → "CpuShares": 5', cpu_quota='5 → "CpuQuota": 5', cpu_period='5 → "CpuPeriod": 5',
        cpu_rt_period='950ms → "CpuRealtimePeriod": 950000', cpu_rt_runtime='400us → "CpuRealtimeRuntime": 400',
        cpus='0.5 → "NanoCpus": 500000000', cpuset='"0" → "CpusetCpus": "0"',
        depends_on='[db] → "com.docker.compose.depends_on": "db:service_started:false"',
        device_cgroup_rules='[c 1:1 r] → "DeviceCgroupRules": ["c 1:1 r"]', devices='[/dev/a] → "PathOnHost": "/dev/a"',
        dns='1.1.1.1 → "Dns": ["1.1.1.1"]', dns_opt='[o] → "DnsOptions": ["o"]', dns_search='s → "DnsSearch": ["s"]',
        domainname='d → "Domainname": "d"', entrypoint='[e] → "Entrypoint": ["e"]',
        env_file='variables.env → "Env": ["A=1"]', label_file='variables.env → "A": "1"',
        environment='{E: 1} → "Env": ["E=1"]', expose='[80] → "ExposedPorts": {"80/tcp": {}}',
        extends='{service: base, file: extended.yaml} → "Hostname": "base"',
        external_links='[o:p] → "Links": ["o:p"]', extra_hosts='[a=1.2.3.4] → "ExtraHosts": ["a:1.2.3.4"]',
        gpus='all → "DeviceRequests"', group_add='[5] → "GroupAdd": ["5"]',
        healthcheck='{test: t} → "Test": ["CMD-SHELL", "t"]', hostname='h → "Hostname": "h"',
        image='other → "Image": "other"', init='true → "Init": true', ipc='host → "IpcMode": "host"',
        labels='{l: m} → "l": "m"', links='[db] → "Links": ["shop-db-1:db"]',
        logging='{driver: local} → "LogConfig": {"Config": {}, "Type": "local"}',
        mac_address='"02:00:00:00:00:01" → "MacAddress": "02:00:00:00:00:01"', mem_limit='1k → "Memory": 1024',
        mem_reservation='1k → "MemoryReservation": 1024', mem_swappiness='5 → "MemorySwappiness": 5',
        memswap_limit='1k → "MemorySwap": 1024', network_mode='host → "NetworkMode": "host"',
        oom_kill_disable='true → "OomKillDisable": true', oom_score_adj='5 → "OomScoreAdj": 5',
        pid='host → "PidMode": "host"', pids_limit='5 → "PidsLimit": 5',
        platform='linux/arm64 → "platform": "linux/arm64"', ports='["1:80"] → "HostPort": "1"',
        post_start='[{command: p}] → "command": ["p"]', pre_stop='[{command: q}] → "command": ["q"]',
        privileged='true → "Privileged": true', profiles='[p] → "inactive": ["web"]',
        pull_policy='weekly → "refresh": "7 days', read_only='true → "ReadonlyRootfs": true',
        restart='always → "Name": "always"', runtime='r → "Runtime": "r"', scale='2 → "create container shop-web-2"',
        security_opt='[s] → "SecurityOpt": ["s"]', shm_size='1k → "ShmSize": 1024', sysctls='{a: 1} → "Sysctls"',
        stdin_open='true → "OpenStdin": true', stop_grace_period='2s → "StopTimeout": 2',
        stop_signal='SIGINT → "StopSignal": "SIGINT"', storage_opt='{size: 1} → "StorageOpt": {"size": "1"}',
        tmpfs='/t → "Tmpfs": {"/t": ""}', tty='true → "Tty": true', ulimits='{core: 5} → "Name": "core"',
        user='u → "User": "u"', uts='host → "UTSMode": "host"', userns_mode='host → "UsernsMode": "host"',
        volumes='[/v] → "Target": "/v"', volumes_from='[db] → "VolumesFrom": ["shop-db-1"]',
        working_dir='/w → "WorkingDir": "/w"', deploy='{replicas: 2} → "create container shop-web-2"',
    ),
    "services.pull_refresh_after": (
        "services: {web: {pull_policy: refresh, pull_refresh_after: 3h}}", '"refresh": "3:00:00"',
    ),
    "services.networks": ("{networks: {n: }, services: {web: {networks: [n]}}}", '"shop_n"'),
    "services.secrets": ("{secrets: {s: {file: file.txt}}, services: {web: {secrets: [s]}}}", '"/run/secrets/s"'),
    "services.configs": ("{configs: {s: {file: file.txt}}, services: {web: {configs: [s]}}}", '"Target": "/s"'),
    "services.develop": (
        "services: {web: {develop: {watch: [{path: a, action: sync, target: /t}]}}}", '"target": "/t"',
    ),
    **_below(
        "services.build", "services: {web: {build: {context: FOLDER, %}}}",
        dockerfile='Other → "text": "FROM other"',
        entitlements='[security.insecure] → "allowed": ["security.insecure"]', args='{A: 1} → "build_args": {"A": "1"}',
        labels='{L: 1} → "L": "1"', cache_from='[c] → "image": "c"'.replace('"image": "c"', '"ref": "c"'),
        cache_to="['type=inline'] → \"kind\": \"inline\"", no_cache='true → "no_cache": true',
        additional_contexts='{o: OTHER} → "o": "OTHER"', network='host → "network": "host"', pull='true → "pull": true',
        target='t → "target": "t"', shm_size='1k → "shm_size": 1024', extra_hosts='[a=1.2.3.4] → "a:1.2.3.4"',
        privileged='true → "allowed": ["security.insecure"]', tags='[more] → "tags": ["x", "more"]',
        ulimits='{core: 5} → ["core", 5, 5]', platforms='[linux/arm64] → "platform": "linux/arm64"',
        no_cache_filter='[s] → "no_cache_filter": ["s"]', ssh='{default: file.txt} → "keys": {"default": ["',
    ),
    "services.build.dockerfile_inline": (
        "services: {web: {build: {context: OTHER, dockerfile_inline: FROM inline}}}", '"text": "FROM inline"',
    ),
    "services.build.context": ("services: {web: {build: {context: OTHER}}}", '"text": "FROM elsewhere"'),
    "services.build.secrets": (
        "{secrets: {s: {file: file.txt}}, services: {web: {build: {context: FOLDER, secrets: [s]}}}}",
        '"secrets": {"s"',
    ),
    **_below(
        "services.blkio_config", "services: {web: {blkio_config: {%}}}",
        device_read_bps='[{path: /a, rate: 1k}] → "BlkioDeviceReadBps": [{"Path": "/a", "Rate": 1024}]',
        device_read_iops='[{path: /a, rate: 1}] → "BlkioDeviceReadIOps"', weight='300 → "BlkioWeight": 300',
        device_write_bps='[{path: /a, rate: 1}] → "BlkioDeviceWriteBps"',
        device_write_iops='[{path: /a, rate: 1}] → "BlkioDeviceWriteIOps"',
        weight_device='[{path: /a, weight: 300}] → "BlkioWeightDevice": [{"Path": "/a", "Weight": 300}]',
    ),
    **_below(
        "services.depends_on", "services: {web: {depends_on: {db: {%}}}}",
        restart='true → "db:service_started:true"', condition='service_healthy → "db:service_healthy:false"',
        required='false → "required": false',
    ),
    **_below(
        "services.deploy", "services: {web: {deploy: {%}}}",
        mode='global → "create container shop-web-1"', replicas='2 → "create container shop-web-2"',
        resources='{limits: {pids: 5}} → "PidsLimit": 5', restart_policy='{condition: none} → "Name": "no"',
    ),
    **_below(
        "services.deploy.resources.limits", "services: {web: {deploy: {resources: {limits: {%}}}}}",
        cpus='0.5 → "NanoCpus": 500000000', memory='1k → "Memory": 1024', pids='5 → "PidsLimit": 5',
    ),
    **_below(
        "services.deploy.resources.reservations", "services: {web: {deploy: {resources: {reservations: {%}}}}}",
        memory='1k → "MemoryReservation": 1024',
        devices='[{capabilities: [gpu], driver: d}] → "Driver": "d"',
    ),
    **_below(
        "services.deploy.restart_policy", "services: {web: {deploy: {restart_policy: {condition: on-failure, %}}}}",
        max_attempts='3 → "MaximumRetryCount": 3',
    ),
    "services.deploy.restart_policy.condition": (
        "services: {web: {deploy: {restart_policy: {condition: any}}}}", '"Name": "always"',
    ),
    **_below(
        "services.develop.watch", "services: {web: {develop: {watch: [{path: FOLDER, action: sync, target: /t, %}]}}}",
        ignore='[Other] → "files": ["/t/Dockerfile"]', include='[D*] → "files": ["/t/Dockerfile"]',
        initial_sync='true → "initial_sync": true',
    ),
    "services.develop.watch.path": (
        "services: {web: {develop: {watch: [{path: OTHER, action: sync, target: /t}]}}}", '"/t/page"',
    ),
    "services.develop.watch.target": (
        "services: {web: {develop: {watch: [{path: FOLDER, action: sync, target: /u}]}}}", '"/u/Other"',
    ),
    "services.develop.watch.action": (
        "services: {web: {develop: {watch: [{path: a, action: restart}]}}}", '"action": "restart"',
    ),
    "services.develop.watch.exec": (
        "services: {web: {develop: {watch: [{path: a, action: sync+exec, target: /t, exec: {command: e}}]}}}",
        '"command": "e"',
    ),
    **_below(
        "services.devices", "services: {web: {devices: [{source: /dev/a, %}]}}",
        target='/dev/b → "PathInContainer": "/dev/b"',
        permissions='r → "CgroupPermissions": "r"',
    ),
    "services.devices.source": ("services: {web: {devices: [{source: vendor.com/a=b}]}}", '["vendor.com/a=b"]'),
    "services.env_file.path": ("services: {web: {env_file: [{path: variables.env}]}}", '"A=1"'),
    "services.env_file.format": ("services: {web: {env_file: [{path: variables.env, format: raw}]}}", "A='1'"),
    "services.env_file.required": (
        "services: {web: {hostname: h, env_file: [{path: missing.env, required: false}]}}", '"Hostname": "h"',
    ),
    **_below(
        "services.gpus", "services: {web: {gpus: [{%}]}}",
        capabilities='[c] → "Capabilities": [["c"]]', count='2 → "Count": 2', device_ids='[i] → "DeviceIDs": ["i"]',
        driver='d → "Driver": "d"', options='{o: p} → "Options": {"o": "p"}',
    ),
    **_below(
        "services.healthcheck", "services: {web: {healthcheck: {%}}}",
        disable='true → "Test": ["NONE"]', interval='1s → "Interval": 1000000000', retries='2 → "Retries": 2',
        test='[CMD, a] → "Test": ["CMD", "a"]', timeout='1s → "Timeout": 1000000000',
        start_period='1s → "StartPeriod": 1000000000', start_interval='1s → "StartInterval": 1000000000',
    ),
    **_below(
        "services.logging", "services: {web: {logging: {%}}}",
        driver='d → "Type": "d"', options='{o: p} → "Config": {"o": "p"}',
    ),
    **_below(
        "services.networks", "{networks: {n: , m: }, services: {web: {networks: {m: , n: {%}}}}}",
        aliases='[a] → "a"]', interface_name='e7 → "com.docker.network.endpoint.ifname": "e7"',
        ipv4_address='10.0.0.5 → "IPv4Address": "10.0.0.5"', ipv6_address='"fd00::5" → "IPv6Address": "fd00::5"',
        link_local_ips='[169.254.0.5] → "LinkLocalIPs": ["169.254.0.5"]',
        mac_address='"02:00:00:00:00:01" → "MacAddress": "02:00:00:00:00:01"', driver_opts='{o: p} → "o": "p"',
        priority='5 → "order": ["shop_n", "shop_m"]', gw_priority='5 → "GwPriority": 5',
    ),
    **_below(
        "services.ports", "services: {web: {ports: [{target: 80, %}]}}",
        host_ip='1.2.3.4 → "HostIp": "1.2.3.4"', published='5 → "HostPort": "5"', protocol='udp → "80/udp"',
    ),
    "services.ports.target": ("services: {web: {ports: [{target: 81}]}}", '"81/tcp"'),
    **_below(
        "services.post_start", "services: {web: {post_start: [{command: p, %}]}}",
        user='u → "user": "u"', privileged='true → "privileged": true',
        working_dir='/w → "workdir": "/w"', environment='{A: 1} → "environment": ["A=1"]',
    ),
    "services.post_start.command": ("services: {web: {post_start: [{command: p q}]}}", '"command": ["p", "q"]'),
    **_below(
        "services.secrets", "{secrets: {s: {file: file.txt}}, services: {web: {secrets: [{source: s, %}]}}}",
        target='/t → "/t"', uid='"5" → "uid": 5', gid='"5" → "gid": 5',
        mode='0400 → "mode": 256',
    ),
    "services.secrets.source": (
        "{secrets: {s: {file: file.txt}}, services: {web: {secrets: [{source: s}]}}}", '"/run/secrets/s"',
    ),
    "services.volumes.type": ("services: {web: {volumes: [{type: tmpfs, target: /t}]}}", '"Type": "tmpfs"'),
    "services.volumes.target": ("services: {web: {volumes: [{type: tmpfs, target: /u}]}}", '"Target": "/u"'),
    **_below(
        "services.volumes", "{volumes: {v: }, services: {web: {volumes: [{type: volume, target: /t, %}]}}}",
        source='v → "Source": "shop_v"',
        read_only='true → "ReadOnly": true', consistency='cached → "Consistency": "cached"',
        volume='{nocopy: true} → "NoCopy": true',
    ),
    **_below(
        "services.volumes.volume", "services: {web: {volumes: [{type: volume, target: /t, volume: {%}}]}}",
        labels='{a: b} → "Labels": {"a": "b"}', nocopy='true → "NoCopy": true', subpath='s → "Subpath": "s"',
    ),
    **_below(
        "services.volumes", "services: {web: {volumes: [{type: bind, source: /s, target: /t, %}]}}",
        bind='{propagation: rshared} → "/s:/t:rw,rshared"',
    ),
    **_below(
        "services.volumes.bind", "services: {web: {volumes: [{type: bind, source: /s, target: /t, bind: {%}}]}}",
        propagation='rshared → "/s:/t:rw,rshared"', create_host_path='false → "Source": "/s"',
        recursive='disabled → "NonRecursive": true', selinux='z → "/s:/t:rw,z"',
    ),
    **_below(
        "services.volumes", "services: {web: {volumes: [{type: tmpfs, target: /t, %}]}}",
        tmpfs='{size: 1k} → "SizeBytes": 1024',
    ),
    **_below(
        "services.volumes.tmpfs", "services: {web: {volumes: [{type: tmpfs, target: /t, tmpfs: {%}}]}}",
        size='1k → "SizeBytes": 1024', mode='0700 → "Mode": 448',
    ),
    **_below(
        "services.volumes", "services: {web: {volumes: [{type: image, source: i, target: /t, %}]}}",
        image='{subpath: s} → "ImageOptions": {"Subpath": "s"}',
    ),
    **_below(
        "services.volumes.image", "services: {web: {volumes: [{type: image, source: i, target: /t, image: {%}}]}}",
        subpath='s → "ImageOptions": {"Subpath": "s"}',
    ),
    **_below(
        "networks", "{networks: {default: {%}}}",
        name='n → "Name": "n"', driver='d → "Driver": "d"', driver_opts='{o: p} → "Options": {"o": "p"}',
        ipam='{driver: d} → "Driver": "d"', external='true → no network default', internal='true → "Internal": true',
        enable_ipv4='false → "EnableIPv4": false', enable_ipv6='true → "EnableIPv6": true',
        attachable='true → "Attachable": true', labels='{l: m} → "l": "m"',
    ),
    **_below(
        "networks.ipam", "{networks: {default: {ipam: {%}}}}",
        driver='d → "Driver": "d"', config='[{subnet: 10.0.0.0/8}] → "Subnet": "10.0.0.0/8"',
        options='{o: p} → "Options": {"o": "p"}',
    ),
    **_below(
        "networks.ipam.config", "{networks: {default: {ipam: {config: [{%}]}}}}",
        subnet='10.0.0.0/8 → "Subnet": "10.0.0.0/8"', ip_range='10.1.0.0/16 → "IPRange": "10.1.0.0/16"',
        gateway='10.0.0.9 → "Gateway": "10.0.0.9"', aux_addresses='{a: 10.0.0.8} → "a": "10.0.0.8"',
    ),
    **_below(
        "volumes", "{volumes: {v: {%}}}",
        name='n → "name": "n"', driver='d → "driver": "d"', driver_opts='{o: p} → "options": {"o": "p"}',
        external='true → no volume v', labels='{l: m} → "l": "m"',
    ),
    **_below(
        "secrets", "{secrets: {s: {%}}, services: {web: {secrets: [s]}}}",
        environment='VARIABLE → "content": "b\'from a variable\'"', file='file.txt → file.txt',
    ),
    **_below(
        "configs", "{configs: {s: {%}}, services: {web: {configs: [s]}}}",
        environment='VARIABLE → "content": "b\'from a variable\'"', file='file.txt → file.txt',
        content='text → "content": "b\'text\'"',
    ),
    "include.path": ("include: [{path: included.yaml}]", '"more"'),
    "include.env_file": ("include: [{path: included.yaml, env_file: variables.env}]", '"Hostname": "1"'),
    "include.project_directory": (
        "include: [{path: included.yaml, project_directory: OTHER}]", '"OTHER/bound:/bound:rw"',
    ),
}  # fmt: skip

REFUSED = {
    **_below(
        "services", "services: {web: {%}}",
        provider="{type: t}", models="[m]", pre_start="[{command: c}]", credential_spec="{file: f}", cpu_percent="5",
        use_api_socket="true", isolation="hyperv",
    ),
    **_below(
        "services.build", "services: {web: {build: {context: FOLDER, %}}}",
        isolation="hyperv", provenance="mode=max", sbom="true",
    ),
    "models": ("models: {m: {model: a/b}}", ""),
    **_below("secrets", "secrets: {s: {file: f, %}}",
             external="true", driver="d", driver_opts="{o: p}", template_driver="t"),
    **_below("configs", "configs: {s: {file: f, %}}", external="true", template_driver="t"),
}  # fmt: skip

TOLD = {
    **_below(
        "services.deploy", "services: {web: {deploy: {%}}}",
        endpoint_mode="vip", labels="{a: b}", rollback_config="{parallelism: 1}", update_config="{order: start-first}",
        placement="{constraints: [a]}",
    ),
    **_below(
        "services.deploy.restart_policy", "services: {web: {deploy: {restart_policy: {%}}}}",
        delay="5s", window="5s",
    ),
    **_below(
        "services.deploy.resources.reservations", "services: {web: {deploy: {resources: {reservations: {%}}}}}",
        cpus="0.5", generic_resources="[{discrete_resource_spec: {kind: k, value: 1}}]",
    ),
    **_below("secrets", "secrets: {s: {file: f, %}}", name="n", labels="{a: b}"),
    **_below("configs", "configs: {s: {file: f, %}}", name="n", labels="{a: b}"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("build", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "build/Dockerfile").write_text("FROM x")
    (tmp_path / "build/Other").write_text("FROM other")
    (tmp_path / "other/Dockerfile").write_text("FROM elsewhere")
    (tmp_path / "other/page").write_text("")
    (tmp_path / "file.txt").write_text("text")
    (tmp_path / "variables.env").write_text("A='1'\n")
    (tmp_path / "included.yaml").write_text(
        "services: {more: {image: more, hostname: '${A-}', volumes: ['./bound:/bound']}}"
    )
    (tmp_path / "extended.yaml").write_text("services: {base: {image: base, hostname: base}}")
    return tmp_path


def read(folder: Path, fragment: str) -> Project:
    variables = {"VARIABLE": "from a variable"}
    return project(BASE, fragment, folder=folder, variables=variables, name="" if "name: other" in fragment else "shop")


def requests(shop: Project) -> str:
    """Return what the daemon is asked for, and what is done beside that, as JSON."""
    try:
        return json.dumps(list(_requests(shop)), sort_keys=True, default=str)
    except ContainersError as error:
        return error.message


def _requests(shop: Project) -> Any:
    asked: list[Any] = []
    client: Any = SimpleNamespace(
        networks=SimpleNamespace(create_from=asked.append),
        volumes=SimpleNamespace(create=lambda name, **rest: asked.append({"name": name, **rest})),
    )
    images = plan_images(shop, Wishes(), {})
    plan = plan_up(shop, Found(), Wishes())
    executor = Executor(client, shop, Found(), lambda _: None)
    executor.carry_out(tuple(step for step in plan if isinstance(step, (CreateNetwork, CreateVolume))))
    yield [asked, [step.describe() for step in (*images, *plan)], {"inactive": shop.inactive}]
    for operation in images:
        service = operation.service if isinstance(operation, (BuildImage, PullImage)) else None
        if service is not None and service.build is not None:
            _, text = context_of(service)
            yield {**asdict(settings_of(shop, service, BuildWishes())), "text": text}
    for service in shop.services.values():
        places = endpoints(shop, service, f"shop-{service.name}-1", executor.names())
        yield [
            container_body(shop, service, of_container(shop, service, 1), names=executor.names()), places,
            {"order": list(places), "platform": service.definition.get("platform"), "refresh": refresh_age(service)},
            {"attach": service.definition.get("attach"), "grants": [asdict(grant) for grant in service.grants]},
            [asdict(exec_settings(one, kind)) for kind in ("post_start", "pre_stop")
             for one in service.definition.get(kind, ())],
            [asdict(need) for need in service.depends_on],
            [asdict(rule) | {"files": [rule.inside(path) for path in rule.files()]} for rule in triggers_of(service)],
        ]  # fmt: skip


def _placed(text: str, folder: Path) -> str:
    return text.replace("FOLDER", str(folder / "build")).replace("OTHER", str(folder / "other"))


def test_each_key_has_been_decided() -> None:
    decided = {*CARRIED, *REFUSED, *TOLD, *INFORMATIONAL}
    specified = {f"{place}{key}" for place, keys in KEYS.items() for key in keys.split()}
    assert sorted(specified - decided) == []
    assert sorted(decided - specified) == []


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("", schema.FILE), ("services.", schema.SERVICE), ("services.build.", schema.BUILD),
        ("services.blkio_config.", schema.BLKIO), ("services.depends_on.", schema.DEPENDENCY),
        ("services.deploy.", schema.DEPLOY), ("services.develop.watch.", schema.TRIGGER),
        ("services.devices.", schema.DEVICE), ("services.gpus.", schema.REQUEST),
        ("services.healthcheck.", schema.HEALTHCHECK), ("services.networks.", schema.ENDPOINT),
        ("services.ports.", schema.PORT), ("services.post_start.", schema.HOOK), ("services.secrets.", schema.GRANT),
        ("services.volumes.", schema.MOUNT), ("networks.", schema.NETWORK), ("volumes.", schema.VOLUME),
        ("secrets.", schema.SECRET), ("configs.", schema.CONFIG), ("include.", schema.INCLUDE),
    ],
)  # fmt: skip
def test_what_we_read_is_what_is_specified(place: str, known: dict[str, object]) -> None:
    assert sorted(known) == sorted(KEYS[place].split())


@pytest.mark.parametrize("key", CARRIED)
def test_a_key_is_carried_out(key: str, folder: Path) -> None:
    fragment, seen = (_placed(text, folder) for text in CARRIED[key])
    found = requests(read(folder, fragment))
    assert seen
    assert seen in found


@pytest.mark.parametrize("key", sorted({*CARRIED} - {"services.depends_on.required", "services.deploy.mode"}))
def test_and_is_not_there_without_it(key: str, folder: Path) -> None:
    _, seen = (_placed(text, folder) for text in CARRIED[key])
    assert seen not in requests(read(folder, "{}"))


@pytest.mark.parametrize("key", REFUSED)
def test_a_key_is_refused_by_its_name(key: str, folder: Path) -> None:
    place, _, word = key.rpartition(".")
    with pytest.raises(UnsupportedKey) as caught:
        read(folder, _placed(REFUSED[key][0], folder))
    owner = {"services": "web", "services.build": "web", "secrets": "s", "configs": "s"}.get(place, "m")
    assert f"{place.replace('services', f'services.{owner}') if 'services' in place else place or 'models'}" in str(
        caught.value
    )
    assert word in caught.value.message
    assert owner in caught.value.message


@pytest.mark.parametrize("key", TOLD)
def test_a_key_is_told(key: str, folder: Path) -> None:
    name = key.replace("services", "services.web") if "services" in key else key.replace(".", ".s.")
    found = read(folder, TOLD[key][0]).warnings
    assert [text for text in found if f"{name} is left aside: " in text] == list(found)
    assert len(found) == 1


@pytest.mark.parametrize("fragment", ["x-a: 1", "services: {web: {x-a: {b: 1}}}", "version: '3'"])
def test_of_words_for_people_nothing_is_told(fragment: str, folder: Path) -> None:
    assert read(folder, fragment).warnings == ()
    assert requests(read(folder, fragment)) == requests(read(folder, "{}"))
