"""Written by tools/words_stub.py from the table of commands. Do not edit: run it again."""

from collections.abc import Mapping, Sequence
from typing import Literal

from jupyter_containers.commands.bootstrap_result import BootstrapResult
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.check_result import CheckResult
from jupyter_containers.commands.compose_following import ProjectEvents
from jupyter_containers.commands.compose_looking import ProjectTable
from jupyter_containers.commands.compose_looking import ServiceTable
from jupyter_containers.commands.compose_output import ProjectLogs
from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.commands.configuring import SettingsTable
from jupyter_containers.commands.containers import ContainerTable
from jupyter_containers.commands.containers import LogPanel
from jupyter_containers.commands.containers import Logs
from jupyter_containers.commands.dashboard import Dashboard
from jupyter_containers.commands.freeze_result import FreezeResult
from jupyter_containers.commands.happening import Events
from jupyter_containers.commands.image_diff import ImageDiff
from jupyter_containers.commands.images import ImageTable
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.layers import ImageLayers
from jupyter_containers.commands.looking import Changes
from jupyter_containers.commands.looking import History
from jupyter_containers.commands.looking import Processes
from jupyter_containers.commands.places import NetworkTable
from jupyter_containers.commands.places import VolumeTable
from jupyter_containers.commands.pull_result import PullResult
from jupyter_containers.commands.pull_result import PushResult
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.results import Table
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.commands.usage import Usages
from jupyter_containers.commands.usage_stream import UsageStream
from jupyter_containers.commands.session import Session

class Group:
    _session: Session
    def __init__(self, session: Session) -> None: ...

class ComposeWords(Group):
    def up(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        detach: bool = False,
        wait: bool = False,
        wait_timeout: float | None = None,
        build: bool = False,
        no_build: bool = False,
        pull: Literal['always', 'missing', 'never', 'build', ''] = '',
        scale: Sequence[str] | str = (),
        force_recreate: bool = False,
        no_recreate: bool = False,
        renew_anon_volumes: bool = False,
        no_deps: bool = False,
        no_start: bool = False,
        remove_orphans: bool = False,
        abort_on_container_exit: bool = False,
        exit_code_from: str = '',
        attach: Sequence[str] | str = (),
        no_attach: Sequence[str] | str = (),
        timeout: int | None = None,
        no_color: bool = False,
        yes: bool = False,
        watch: bool = False,
        dry_run: bool = False,
        trace: bool = False,
    ) -> ProjectResult | Message:
        """Make and start the services of a file, and follow them until they end."""
    def create(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        build: bool = False,
        no_build: bool = False,
        pull: Literal['always', 'missing', 'never', 'build', ''] = '',
        scale: Sequence[str] | str = (),
        force_recreate: bool = False,
        no_recreate: bool = False,
        remove_orphans: bool = False,
        yes: bool = False,
        dry_run: bool = False,
        trace: bool = False,
    ) -> ProjectResult | Message:
        """Make the containers of a file, and start none."""
    def scale(
        self,
        *scale: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        no_deps: bool = False,
        trace: bool = False,
    ) -> ProjectResult | Message:
        """Run so many containers of services."""
    def down(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        volumes: bool = False,
        rmi: Literal['all', 'local', ''] = '',
        remove_orphans: bool = False,
        timeout: int | None = None,
        dry_run: bool = False,
        trace: bool = False,
    ) -> ProjectResult | Message:
        """Stop and remove the containers and networks of a project."""
    def ps(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        all: bool = False,
        quiet: bool = False,
        services: bool = False,
        status: Sequence[str] | str = (),
        filter: Sequence[str] | str = (),
        no_trunc: bool = False,
        trace: bool = False,
    ) -> ServiceTable | Message:
        """List the containers of a project."""
    def logs(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        follow: bool = False,
        tail: str = 'all',
        since: str = '',
        until: str = '',
        timestamps: bool = False,
        no_log_prefix: bool = False,
        no_color: bool = False,
        trace: bool = False,
    ) -> ProjectLogs:
        """Show what the containers of a project wrote."""
    def exec(
        self,
        service: str,
        *command: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        inputs: Mapping[str, object] | None = None,
        outputs: Sequence[str] | str = (),
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        privileged: bool = False,
        tty: bool = False,
        timeout: float = 0.0,
        detach: bool = False,
        no_raise_error: bool = False,
        no_tty: bool = False,
        index: int = 0,
        trace: bool = False,
    ) -> RunResult | TerminalSession | None:
        """Run a command in a service's container."""
    def run(
        self,
        service: str,
        *command: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        rm: bool = False,
        no_deps: bool = False,
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        volume: Sequence[str] | str = (),
        label: Mapping[str, object] | Sequence[str] | str = (),
        publish: Sequence[str] | str = (),
        cap_add: Sequence[str] | str = (),
        cap_drop: Sequence[str] | str = (),
        entrypoint: str | None = None,
        name: str = '',
        service_ports: bool = False,
        build: bool = False,
        no_tty: bool = False,
        no_raise_error: bool = False,
        trace: bool = False,
    ) -> RunResult:
        """Run a command in one more container of a service."""
    def config(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        format: Literal['yaml', 'json'] = 'yaml',
        output: str = '',
        hash: str = '',
        quiet: bool = False,
        services: bool = False,
        volumes: bool = False,
        networks: bool = False,
        images: bool = False,
        profiles: bool = False,
        trace: bool = False,
    ) -> Message:
        """Show the file in long form, with its variables replaced."""
    def build(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        no_cache: bool = False,
        pull: bool = False,
        build_arg: Mapping[str, object] | Sequence[str] | str = (),
        with_dependencies: bool = False,
        trace: bool = False,
    ) -> Message:
        """Build the images of services."""
    def pull(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        include_deps: bool = False,
        ignore_buildable: bool = False,
        ignore_pull_failures: bool = False,
        trace: bool = False,
    ) -> Message:
        """Fetch the images of services."""
    def push(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        include_deps: bool = False,
        ignore_push_failures: bool = False,
        trace: bool = False,
    ) -> Message:
        """Send the images that services build to their registries."""
    def start(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        trace: bool = False,
    ) -> Message:
        """Start containers that are there."""
    def stop(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        timeout: int | None = None,
        trace: bool = False,
    ) -> ProjectResult:
        """Stop containers, and keep them."""
    def restart(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        no_deps: bool = False,
        timeout: int | None = None,
        trace: bool = False,
    ) -> Message:
        """Restart containers."""
    def rm(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        force: bool = False,
        stop: bool = False,
        volumes: bool = False,
        trace: bool = False,
    ) -> ProjectResult:
        """Remove containers that have ended."""
    def kill(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        signal: str = 'KILL',
        trace: bool = False,
    ) -> Message:
        """Send a signal to containers."""
    def pause(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        trace: bool = False,
    ) -> Message:
        """Freeze containers."""
    def unpause(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        trace: bool = False,
    ) -> Message:
        """Let frozen containers go on."""
    def top(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        trace: bool = False,
    ) -> Table:
        """List the processes in containers."""
    def images(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        quiet: bool = False,
        trace: bool = False,
    ) -> Table | Message:
        """List the images of a project's containers."""
    def volumes(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        quiet: bool = False,
        trace: bool = False,
    ) -> Table | Message:
        """List the volumes of a project."""
    def port(
        self,
        service: str,
        port: int,
        *,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        protocol: Literal['tcp', 'udp'] = 'tcp',
        index: int = 0,
        trace: bool = False,
    ) -> Message:
        """Tell where a port of a service is published."""
    def watch(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        no_up: bool = False,
        prune: bool = False,
        no_prune: bool = False,
        quiet: bool = False,
        trace: bool = False,
    ) -> ProjectResult:
        """Bring services up, and keep them as their files are: develop.watch."""
    def attach(
        self,
        service: str,
        *,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        index: int = 0,
        trace: bool = False,
    ) -> Result:
        """Go to the terminal of a service's container."""
    def cp(
        self,
        source: str,
        target: str,
        *,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        index: int = 0,
        trace: bool = False,
    ) -> Message:
        """Copy files into the containers of a service, or out of one."""
    def export(
        self,
        service: str,
        *,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        index: int = 0,
        output: str = 'container.tar',
        trace: bool = False,
    ) -> Message:
        """Write the files of a service's container into a tar."""
    def commit(
        self,
        service: str,
        name: str = '',
        *,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        index: int = 0,
        author: str = '',
        message: str = '',
        change: Sequence[str] | str = (),
        no_pause: bool = False,
        trace: bool = False,
    ) -> Message:
        """Make an image of what a service's container has changed."""
    def events(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        json: bool = False,
        since: str = '',
        until: str = '',
        trace: bool = False,
    ) -> ProjectEvents:
        """Show what happens to containers, until --until or you interrupt."""
    def wait(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        down_project: bool = False,
        trace: bool = False,
    ) -> Message:
        """Wait until containers have ended, and tell their exit codes."""
    def stats(
        self,
        *service: str,
        body: str = '',
        file: Sequence[str] | str = (),
        project_name: str = '',
        profile: Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        project_directory: str = '',
        all: bool = False,
        no_stream: bool = False,
        no_trunc: bool = False,
        df: bool = False,
        trace: bool = False,
    ) -> Usages | UsageStream:
        """Show what containers use: processor, memory, network, disk."""
    def ls(
        self,
        *,
        all: bool = False,
        quiet: bool = False,
        filter: Sequence[str] | str = (),
        trace: bool = False,
    ) -> ProjectTable | Message:
        """List projects."""
    def version(
        self,
        *,
        format: Literal['pretty', 'json'] = 'pretty',
        short: bool = False,
        trace: bool = False,
    ) -> Message:
        """Tell which Compose this is."""

class KernelWords(Group):
    def install(
        self,
        image: str,
        *,
        name: str = '',
        display_name: str = '',
        sys_prefix: bool = False,
        volume: Sequence[str] | str = (),
        network: str = '',
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpus: float = 0.0,
        pids_limit: int = 0,
        trace: bool = False,
    ) -> Message:
        """Put a kernel that runs in a container of an image into the launcher."""
    def ls(self, *, trace: bool = False) -> Table:
        """List the kernels that run in containers, and why they last died."""
    def rm(self, *name: str, trace: bool = False) -> Message:
        """Take kernels out of the launcher."""

class ContainerWords(Group):
    def ls(
        self,
        *,
        all: bool = False,
        quiet: bool = False,
        last: int = 0,
        latest: bool = False,
        size: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        no_trunc: bool = False,
        trace: bool = False,
    ) -> ContainerTable | Message:
        """List containers."""
    def run(
        self,
        image: str,
        *command: str,
        body: str = '',
        inputs: Mapping[str, object] | None = None,
        outputs: Sequence[str] | str = (),
        name: str = '',
        volume: Sequence[str] | str = (),
        publish: Sequence[str] | str = (),
        network: str = '',
        hostname: str = '',
        entrypoint: str | None = None,
        tmpfs: Sequence[str] | str = (),
        label: Mapping[str, object] | Sequence[str] | str = (),
        read_only: bool = False,
        cap_add: Sequence[str] | str = (),
        cap_drop: Sequence[str] | str = (),
        restart: str = '',
        detach: bool = False,
        rm: bool = False,
        keep: bool = False,
        init: bool = False,
        no_init: bool = False,
        pull: Literal['always', 'missing', 'never'] = 'missing',
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        privileged: bool = False,
        tty: bool = False,
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpus: float = 0.0,
        pids_limit: int = 0,
        cpu_shares: int | None = None,
        cpu_period: int | None = None,
        cpu_quota: int | None = None,
        cpu_rt_period: int | None = None,
        cpu_rt_runtime: int | None = None,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        memory_reservation: int | str | None = None,
        memory_swappiness: int | None = None,
        blkio_weight: int | None = None,
        blkio_weight_device: Sequence[str] | str = (),
        device_read_bps: Sequence[str] | str = (),
        device_write_bps: Sequence[str] | str = (),
        device_read_iops: Sequence[str] | str = (),
        device_write_iops: Sequence[str] | str = (),
        oom_kill_disable: bool = False,
        oom_score_adj: int | None = None,
        shm_size: int | str | None = None,
        ulimit: Mapping[str, object] | Sequence[str] | str = (),
        cgroup_parent: str = '',
        mount: Sequence[str] | str = (),
        volumes_from: Sequence[str] | str = (),
        volume_driver: str = '',
        storage_opt: Mapping[str, object] | Sequence[str] | str = (),
        device: Sequence[str] | str = (),
        device_cgroup_rule: Sequence[str] | str = (),
        group_add: Sequence[str] | str = (),
        security_opt: Sequence[str] | str = (),
        sysctl: Mapping[str, object] | Sequence[str] | str = (),
        cgroupns: Literal['host', 'private', ''] = '',
        ipc: str = '',
        pid: str = '',
        userns: str = '',
        uts: str = '',
        runtime: str = '',
        platform: str = '',
        annotation: Mapping[str, object] | Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        label_file: Sequence[str] | str = (),
        log_driver: str = '',
        log_opt: Mapping[str, object] | Sequence[str] | str = (),
        stop_signal: str = '',
        stop_timeout: int | None = None,
        add_host: Sequence[str] | str = (),
        dns: Sequence[str] | str = (),
        dns_option: Sequence[str] | str = (),
        dns_search: Sequence[str] | str = (),
        domainname: str = '',
        expose: Sequence[str] | str = (),
        publish_all: bool = False,
        link: Sequence[str] | str = (),
        ip: str = '',
        ip6: str = '',
        link_local_ip: Sequence[str] | str = (),
        mac_address: str = '',
        network_alias: Sequence[str] | str = (),
        health_cmd: str = '',
        health_interval: str | None = None,
        health_timeout: str | None = None,
        health_start_period: str | None = None,
        health_start_interval: str | None = None,
        health_retries: int | None = None,
        no_healthcheck: bool = False,
        safe: bool = False,
        no_safe: bool = False,
        changes: bool = False,
        bg: str = '',
        timeout: float = 0.0,
        no_raise_error: bool = False,
        trace: bool = False,
    ) -> RunResult | Message | TerminalSession:
        """Run a command in a new container."""
    def exec(
        self,
        container: str,
        *command: str,
        body: str = '',
        inputs: Mapping[str, object] | None = None,
        outputs: Sequence[str] | str = (),
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        privileged: bool = False,
        tty: bool = False,
        env_file: Sequence[str] | str = (),
        timeout: float = 0.0,
        detach: bool = False,
        no_raise_error: bool = False,
        trace: bool = False,
    ) -> RunResult | TerminalSession | None:
        """Run a command in a running container."""
    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: str = 'all',
        since: str = '',
        until: str = '',
        timestamps: bool = False,
        live: bool = False,
        details: bool = False,
        trace: bool = False,
    ) -> Logs | LogPanel:
        """Show what a container wrote."""
    def start(self, *container: str, trace: bool = False) -> Message:
        """Start the daemon, or containers."""
    def stop(self, *container: str, time: int | None = None, signal: str = '', trace: bool = False) -> Message:
        """Stop containers, or (in a shell, without a name) the daemon."""
    def kill(self, *container: str, signal: str = 'KILL', trace: bool = False) -> Message:
        """Send a signal to containers."""
    def rm(self, *container: str, force: bool = False, volumes: bool = False, trace: bool = False) -> Message:
        """Remove containers."""
    def restart(self, *container: str, time: int | None = None, signal: str = '', trace: bool = False) -> Message:
        """Stop containers and start them again."""
    def pause(self, *container: str, trace: bool = False) -> Message:
        """Freeze all processes of containers."""
    def unpause(self, *container: str, trace: bool = False) -> Message:
        """Let frozen containers go on."""
    def wait(self, *container: str, trace: bool = False) -> Message:
        """Wait until containers have ended, and tell their exit codes."""
    def rename(self, container: str, name: str, *, trace: bool = False) -> Message:
        """Give a container another name."""
    def update(
        self,
        *container: str,
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpus: float = 0.0,
        pids_limit: int = 0,
        cpu_shares: int | None = None,
        cpu_period: int | None = None,
        cpu_quota: int | None = None,
        cpu_rt_period: int | None = None,
        cpu_rt_runtime: int | None = None,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        memory_reservation: int | str | None = None,
        blkio_weight: int | None = None,
        restart: str = '',
        trace: bool = False,
    ) -> Message:
        """Change the limits of containers."""
    def top(self, container: str, *ps_arguments: str, trace: bool = False) -> Processes:
        """List the processes of a container."""
    def stats(
        self,
        *container: str,
        all: bool = False,
        no_stream: bool = False,
        no_trunc: bool = False,
        df: bool = False,
        trace: bool = False,
    ) -> Usages | UsageStream:
        """Tell what containers use now: processor, memory, network, disk."""
    def diff(self, container: str, *, trace: bool = False) -> Changes | ImageDiff:
        """List the files that a container added (A), changed (C) or deleted (D), or what differs between two images."""
    def port(self, container: str, port: str = '', *, trace: bool = False) -> Message:
        """List the published ports of a container."""
    def cp(self, source: str, target: str, *, trace: bool = False) -> Message:
        """Copy files into a container or out of it."""
    def commit(
        self,
        container: str,
        name: str = '',
        *,
        author: str = '',
        message: str = '',
        change: Sequence[str] | str = (),
        no_pause: bool = False,
        trace: bool = False,
    ) -> Message:
        """Make an image of what a container has changed."""
    def export(self, container: str, *, output: str = 'container.tar', trace: bool = False) -> Message:
        """Write the files of a container into a tar."""
    def inspect(
        self,
        *name: str,
        type: Literal['container', 'image', 'network', 'volume'] = 'container',
        size: bool = False,
        trace: bool = False,
    ) -> Inspection:
        """Show all that is known of containers, images, networks or volumes."""
    def prune(
        self,
        *,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        force: bool = False,
        trace: bool = False,
    ) -> Message:
        """Remove the containers that do not run."""

class ImageWords(Group):
    def ls(
        self,
        name: str | None = None,
        *,
        all: bool = False,
        quiet: bool = False,
        digests: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        no_trunc: bool = False,
        trace: bool = False,
    ) -> ImageTable | Message:
        """List images."""
    def bootstrap(
        self,
        image: str,
        *,
        tag: str = '',
        mirror: str = '',
        keyring: str = '',
        variant: Literal['minbase', 'essential', ''] = '',
        include: Sequence[str] | str = (),
        arch: str = '',
        trace: bool = False,
    ) -> BootstrapResult:
        """Make a base image from a mirror of Debian packages, where there is no registry."""
    def build(
        self,
        path: str | None = None,
        *,
        body: str = '',
        tag: Sequence[str] | str = (),
        file: str | None = None,
        target: str = '',
        build_arg: Mapping[str, object] | Sequence[str] | str = (),
        label: Mapping[str, object] | Sequence[str] | str = (),
        no_cache: bool = False,
        no_cache_filter: Sequence[str] | str = (),
        pull: bool = False,
        platform: str = '',
        network: str = '',
        allow: Sequence[str] | str = (),
        secret: Sequence[str] | str = (),
        ssh: Sequence[str] | str = (),
        build_context: Mapping[str, object] | Sequence[str] | str = (),
        cache_from: Sequence[str] | str = (),
        cache_to: Sequence[str] | str = (),
        add_host: Sequence[str] | str = (),
        shm_size: int | str = 0,
        ulimit: Mapping[str, object] | Sequence[str] | str = (),
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpu_shares: int = 0,
        cpu_period: int = 0,
        cpu_quota: int = 0,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        check: bool = False,
        quiet: bool = False,
        progress: Literal['auto', 'plain', 'tty', 'quiet'] = 'auto',
        output: Sequence[str] | str = (),
        push: bool = False,
        load: bool = False,
        annotation: Mapping[str, object] | Sequence[str] | str = (),
        iidfile: str | None = None,
        metadata_file: str | None = None,
        provenance: str | None = None,
        sbom: str | None = None,
        rm: bool = False,
        trace: bool = False,
    ) -> BuildResult | CheckResult | Message:
        """Build an image from a Dockerfile."""
    def pull(self, image: str, *, quiet: bool = False, platform: str = '', trace: bool = False) -> PullResult | Message:
        """Fetch an image from its registry."""
    def push(
        self,
        image: str,
        *,
        all_tags: bool = False,
        quiet: bool = False,
        trace: bool = False,
    ) -> PushResult | Message:
        """Send an image to its registry."""
    def tag(self, image: str, name: str, *, trace: bool = False) -> Message:
        """Give an image one more name."""
    def rm(self, *image: str, force: bool = False, no_prune: bool = False, trace: bool = False) -> Message:
        """Remove images."""
    def history(
        self,
        image: str,
        *,
        no_trunc: bool = False,
        quiet: bool = False,
        trace: bool = False,
    ) -> History | Message:
        """List the layers of an image."""
    def diff(self, image: str, other: str, *, trace: bool = False) -> ImageDiff:
        """Tell what differs between two images: packages, configuration, files."""
    def layers(self, image: str, *, trace: bool = False) -> ImageLayers:
        """Explore the layers of an image: files added, changed and removed, and wasted bytes."""
    def save(self, *image: str, output: str = 'image.tar', trace: bool = False) -> Message:
        """Write images into a tar."""
    def load(self, *, input: str = 'image.tar', quiet: bool = False, trace: bool = False) -> Message:
        """Read images from a tar, or from a folder in the OCI layout."""
    def import_(
        self,
        file: str,
        name: str = '',
        *,
        change: Sequence[str] | str = (),
        message: str = '',
        trace: bool = False,
    ) -> Message:
        """Make an image of a tar of files."""
    def inspect(
        self,
        *name: str,
        type: Literal['container', 'image', 'network', 'volume'] = 'image',
        size: bool = False,
        trace: bool = False,
    ) -> Inspection:
        """Show all that is known of containers, images, networks or volumes."""
    def prune(
        self,
        *,
        all: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        force: bool = False,
        trace: bool = False,
    ) -> Message:
        """Remove the images that have no name and no container."""

class NetworkWords(Group):
    def ls(
        self,
        *,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        no_trunc: bool = False,
        quiet: bool = False,
        trace: bool = False,
    ) -> NetworkTable | Message:
        """List networks."""
    def create(
        self,
        name: str,
        *,
        driver: str = 'bridge',
        subnet: Sequence[str] | str = (),
        gateway: Sequence[str] | str = (),
        ip_range: Sequence[str] | str = (),
        aux_address: Mapping[str, object] | Sequence[str] | str = (),
        internal: bool = False,
        attachable: bool = False,
        ipv6: bool = False,
        label: Mapping[str, object] | Sequence[str] | str = (),
        opt: Mapping[str, object] | Sequence[str] | str = (),
        trace: bool = False,
    ) -> Message:
        """Make a network."""
    def inspect(self, *name: str, trace: bool = False) -> Inspection:
        """Show all that is known of networks."""
    def rm(self, *name: str, force: bool = False, trace: bool = False) -> Message:
        """Remove networks."""
    def connect(
        self,
        network: str,
        container: str,
        *,
        alias: Sequence[str] | str = (),
        ip: str = '',
        ip6: str = '',
        link: Sequence[str] | str = (),
        link_local_ip: Sequence[str] | str = (),
        trace: bool = False,
    ) -> Message:
        """Put a container on a network."""
    def disconnect(self, network: str, container: str, *, force: bool = False, trace: bool = False) -> Message:
        """Take a container off a network."""
    def prune(
        self,
        *,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        force: bool = False,
        trace: bool = False,
    ) -> Message:
        """Remove the networks that nobody is on."""

class VolumeWords(Group):
    def ls(
        self,
        *,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        quiet: bool = False,
        trace: bool = False,
    ) -> VolumeTable | Message:
        """List volumes."""
    def create(
        self,
        name: str = '',
        *,
        driver: str = 'local',
        label: Mapping[str, object] | Sequence[str] | str = (),
        opt: Mapping[str, object] | Sequence[str] | str = (),
        trace: bool = False,
    ) -> Message:
        """Make a volume."""
    def inspect(self, *name: str, trace: bool = False) -> Inspection:
        """Show all that is known of volumes."""
    def rm(self, *name: str, force: bool = False, trace: bool = False) -> Message:
        """Remove volumes."""
    def prune(
        self,
        *,
        all: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        force: bool = False,
        trace: bool = False,
    ) -> Message:
        """Remove the volumes without a name that no container has."""

class SystemWords(Group):
    def df(self, *, verbose: bool = False, trace: bool = False) -> Table:
        """Tell what takes how much disk."""
    def prune(
        self,
        *,
        all: bool = False,
        volumes: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        force: bool = False,
        trace: bool = False,
    ) -> Message:
        """Remove stopped containers, networks that nobody is on, images without a name, and cached steps that no image has."""
    def info(self, *, trace: bool = False) -> Table:
        """Tell what the daemon is and has."""
    def events(
        self,
        *,
        since: str = '',
        until: str = '',
        filter: Mapping[str, object] | Sequence[str] | str = (),
        trace: bool = False,
    ) -> Events:
        """Show what happens in the daemon, until --until or you interrupt."""

class BuilderWords(Group):
    def build(
        self,
        path: str | None = None,
        *,
        body: str = '',
        tag: Sequence[str] | str = (),
        file: str | None = None,
        target: str = '',
        build_arg: Mapping[str, object] | Sequence[str] | str = (),
        label: Mapping[str, object] | Sequence[str] | str = (),
        no_cache: bool = False,
        no_cache_filter: Sequence[str] | str = (),
        pull: bool = False,
        platform: str = '',
        network: str = '',
        allow: Sequence[str] | str = (),
        secret: Sequence[str] | str = (),
        ssh: Sequence[str] | str = (),
        build_context: Mapping[str, object] | Sequence[str] | str = (),
        cache_from: Sequence[str] | str = (),
        cache_to: Sequence[str] | str = (),
        add_host: Sequence[str] | str = (),
        shm_size: int | str = 0,
        ulimit: Mapping[str, object] | Sequence[str] | str = (),
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpu_shares: int = 0,
        cpu_period: int = 0,
        cpu_quota: int = 0,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        check: bool = False,
        quiet: bool = False,
        progress: Literal['auto', 'plain', 'tty', 'quiet'] = 'auto',
        output: Sequence[str] | str = (),
        push: bool = False,
        load: bool = False,
        annotation: Mapping[str, object] | Sequence[str] | str = (),
        iidfile: str | None = None,
        metadata_file: str | None = None,
        provenance: str | None = None,
        sbom: str | None = None,
        rm: bool = False,
        trace: bool = False,
    ) -> BuildResult | CheckResult | Message:
        """Build an image from a Dockerfile."""
    def prune(
        self,
        *,
        all: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        force: bool = False,
        trace: bool = False,
    ) -> Message:
        """Remove cached steps of builds."""

class RegistryWords(Group):
    def serve(
        self,
        *,
        image: Sequence[str] | str = (),
        listen: str | None = None,
        htpasswd: str | None = None,
        tls_cert: str | None = None,
        tls_key: str | None = None,
        trace: bool = False,
    ) -> Message:
        """Begin to serve (a folder, in a shell: in the foreground, until Ctrl-C)."""
    def stop(self, *, trace: bool = False) -> Message:
        """End the daemon's registry."""
    def status(self) -> Message:
        """Tell whether the daemon serves, and where."""

class Words(Group):
    def build(
        self,
        path: str | None = None,
        *,
        body: str = '',
        tag: Sequence[str] | str = (),
        file: str | None = None,
        target: str = '',
        build_arg: Mapping[str, object] | Sequence[str] | str = (),
        label: Mapping[str, object] | Sequence[str] | str = (),
        no_cache: bool = False,
        no_cache_filter: Sequence[str] | str = (),
        pull: bool = False,
        platform: str = '',
        network: str = '',
        allow: Sequence[str] | str = (),
        secret: Sequence[str] | str = (),
        ssh: Sequence[str] | str = (),
        build_context: Mapping[str, object] | Sequence[str] | str = (),
        cache_from: Sequence[str] | str = (),
        cache_to: Sequence[str] | str = (),
        add_host: Sequence[str] | str = (),
        shm_size: int | str = 0,
        ulimit: Mapping[str, object] | Sequence[str] | str = (),
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpu_shares: int = 0,
        cpu_period: int = 0,
        cpu_quota: int = 0,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        check: bool = False,
        quiet: bool = False,
        progress: Literal['auto', 'plain', 'tty', 'quiet'] = 'auto',
        output: Sequence[str] | str = (),
        push: bool = False,
        load: bool = False,
        annotation: Mapping[str, object] | Sequence[str] | str = (),
        iidfile: str | None = None,
        metadata_file: str | None = None,
        provenance: str | None = None,
        sbom: str | None = None,
        rm: bool = False,
        trace: bool = False,
    ) -> BuildResult | CheckResult | Message:
        """Build an image from a Dockerfile."""
    def run(
        self,
        image: str,
        *command: str,
        body: str = '',
        inputs: Mapping[str, object] | None = None,
        outputs: Sequence[str] | str = (),
        name: str = '',
        volume: Sequence[str] | str = (),
        publish: Sequence[str] | str = (),
        network: str = '',
        hostname: str = '',
        entrypoint: str | None = None,
        tmpfs: Sequence[str] | str = (),
        label: Mapping[str, object] | Sequence[str] | str = (),
        read_only: bool = False,
        cap_add: Sequence[str] | str = (),
        cap_drop: Sequence[str] | str = (),
        restart: str = '',
        detach: bool = False,
        rm: bool = False,
        keep: bool = False,
        init: bool = False,
        no_init: bool = False,
        pull: Literal['always', 'missing', 'never'] = 'missing',
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        privileged: bool = False,
        tty: bool = False,
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpus: float = 0.0,
        pids_limit: int = 0,
        cpu_shares: int | None = None,
        cpu_period: int | None = None,
        cpu_quota: int | None = None,
        cpu_rt_period: int | None = None,
        cpu_rt_runtime: int | None = None,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        memory_reservation: int | str | None = None,
        memory_swappiness: int | None = None,
        blkio_weight: int | None = None,
        blkio_weight_device: Sequence[str] | str = (),
        device_read_bps: Sequence[str] | str = (),
        device_write_bps: Sequence[str] | str = (),
        device_read_iops: Sequence[str] | str = (),
        device_write_iops: Sequence[str] | str = (),
        oom_kill_disable: bool = False,
        oom_score_adj: int | None = None,
        shm_size: int | str | None = None,
        ulimit: Mapping[str, object] | Sequence[str] | str = (),
        cgroup_parent: str = '',
        mount: Sequence[str] | str = (),
        volumes_from: Sequence[str] | str = (),
        volume_driver: str = '',
        storage_opt: Mapping[str, object] | Sequence[str] | str = (),
        device: Sequence[str] | str = (),
        device_cgroup_rule: Sequence[str] | str = (),
        group_add: Sequence[str] | str = (),
        security_opt: Sequence[str] | str = (),
        sysctl: Mapping[str, object] | Sequence[str] | str = (),
        cgroupns: Literal['host', 'private', ''] = '',
        ipc: str = '',
        pid: str = '',
        userns: str = '',
        uts: str = '',
        runtime: str = '',
        platform: str = '',
        annotation: Mapping[str, object] | Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        label_file: Sequence[str] | str = (),
        log_driver: str = '',
        log_opt: Mapping[str, object] | Sequence[str] | str = (),
        stop_signal: str = '',
        stop_timeout: int | None = None,
        add_host: Sequence[str] | str = (),
        dns: Sequence[str] | str = (),
        dns_option: Sequence[str] | str = (),
        dns_search: Sequence[str] | str = (),
        domainname: str = '',
        expose: Sequence[str] | str = (),
        publish_all: bool = False,
        link: Sequence[str] | str = (),
        ip: str = '',
        ip6: str = '',
        link_local_ip: Sequence[str] | str = (),
        mac_address: str = '',
        network_alias: Sequence[str] | str = (),
        health_cmd: str = '',
        health_interval: str | None = None,
        health_timeout: str | None = None,
        health_start_period: str | None = None,
        health_start_interval: str | None = None,
        health_retries: int | None = None,
        no_healthcheck: bool = False,
        safe: bool = False,
        no_safe: bool = False,
        changes: bool = False,
        bg: str = '',
        timeout: float = 0.0,
        no_raise_error: bool = False,
        trace: bool = False,
    ) -> RunResult | Message | TerminalSession:
        """Run a command in a new container."""
    def exec(
        self,
        container: str,
        *command: str,
        body: str = '',
        inputs: Mapping[str, object] | None = None,
        outputs: Sequence[str] | str = (),
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        privileged: bool = False,
        tty: bool = False,
        env_file: Sequence[str] | str = (),
        timeout: float = 0.0,
        detach: bool = False,
        no_raise_error: bool = False,
        trace: bool = False,
    ) -> RunResult | TerminalSession | None:
        """Run a command in a running container."""
    def python(
        self,
        image: str = 'host',
        *,
        body: str = '',
        inputs: Mapping[str, object] | None = None,
        outputs: Sequence[str] | str = (),
        name: str = '',
        volume: Sequence[str] | str = (),
        publish: Sequence[str] | str = (),
        network: str = '',
        hostname: str = '',
        tmpfs: Sequence[str] | str = (),
        label: Mapping[str, object] | Sequence[str] | str = (),
        read_only: bool = False,
        cap_add: Sequence[str] | str = (),
        cap_drop: Sequence[str] | str = (),
        restart: str = '',
        rm: bool = False,
        keep: bool = False,
        init: bool = False,
        no_init: bool = False,
        pull: Literal['always', 'missing', 'never'] = 'missing',
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        privileged: bool = False,
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpus: float = 0.0,
        pids_limit: int = 0,
        cpu_shares: int | None = None,
        cpu_period: int | None = None,
        cpu_quota: int | None = None,
        cpu_rt_period: int | None = None,
        cpu_rt_runtime: int | None = None,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        memory_reservation: int | str | None = None,
        memory_swappiness: int | None = None,
        blkio_weight: int | None = None,
        blkio_weight_device: Sequence[str] | str = (),
        device_read_bps: Sequence[str] | str = (),
        device_write_bps: Sequence[str] | str = (),
        device_read_iops: Sequence[str] | str = (),
        device_write_iops: Sequence[str] | str = (),
        oom_kill_disable: bool = False,
        oom_score_adj: int | None = None,
        shm_size: int | str | None = None,
        ulimit: Mapping[str, object] | Sequence[str] | str = (),
        cgroup_parent: str = '',
        mount: Sequence[str] | str = (),
        volumes_from: Sequence[str] | str = (),
        volume_driver: str = '',
        storage_opt: Mapping[str, object] | Sequence[str] | str = (),
        device: Sequence[str] | str = (),
        device_cgroup_rule: Sequence[str] | str = (),
        group_add: Sequence[str] | str = (),
        security_opt: Sequence[str] | str = (),
        sysctl: Mapping[str, object] | Sequence[str] | str = (),
        cgroupns: Literal['host', 'private', ''] = '',
        ipc: str = '',
        pid: str = '',
        userns: str = '',
        uts: str = '',
        runtime: str = '',
        platform: str = '',
        annotation: Mapping[str, object] | Sequence[str] | str = (),
        env_file: Sequence[str] | str = (),
        label_file: Sequence[str] | str = (),
        log_driver: str = '',
        log_opt: Mapping[str, object] | Sequence[str] | str = (),
        stop_signal: str = '',
        stop_timeout: int | None = None,
        add_host: Sequence[str] | str = (),
        dns: Sequence[str] | str = (),
        dns_option: Sequence[str] | str = (),
        dns_search: Sequence[str] | str = (),
        domainname: str = '',
        expose: Sequence[str] | str = (),
        publish_all: bool = False,
        link: Sequence[str] | str = (),
        ip: str = '',
        ip6: str = '',
        link_local_ip: Sequence[str] | str = (),
        mac_address: str = '',
        network_alias: Sequence[str] | str = (),
        health_cmd: str = '',
        health_interval: str | None = None,
        health_timeout: str | None = None,
        health_start_period: str | None = None,
        health_start_interval: str | None = None,
        health_retries: int | None = None,
        no_healthcheck: bool = False,
        safe: bool = False,
        no_safe: bool = False,
        changes: bool = False,
        timeout: float = 0.0,
        no_raise_error: bool = False,
        trace: bool = False,
    ) -> RunResult:
        """Run the cell's Python in a new container."""
    def sandbox(
        self,
        verb: Literal['ls', 'list', 'show', 'keep', 'discard', 'save'] | None = None,
        *words: str,
        body: str = '',
        inputs: Mapping[str, object] | None = None,
        outputs: Sequence[str] | str = (),
        shell: bool = False,
        name: str = '',
        volume: Sequence[str] | str = (),
        network: str = '',
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpus: float = 0.0,
        pids_limit: int = 0,
        timeout: float = 0.0,
        no_raise_error: bool = False,
        yes: bool = False,
        force: bool = False,
        all: bool = False,
        trace: bool = False,
    ) -> Result:
        """Run the cell in a throw-away copy of the notebook's own environment."""
    @property
    def compose(self) -> ComposeWords:
        """The services of a Compose file, together."""
    @property
    def kernel(self) -> KernelWords:
        """Kernels that run in containers: put one into the launcher, list them, remove one."""
    def freeze(
        self,
        *,
        notebook: str = '',
        from_: str = 'host',
        with_: Sequence[str] | str = (),
        tag: str = '',
        check: bool = False,
        network: str = '',
        trace: bool = False,
    ) -> FreezeResult:
        """Write a Dockerfile of what this session or a notebook uses, build it, try it."""
    def debug(
        self,
        step: str = 'last',
        *command: str,
        body: str = '',
        env: Mapping[str, object] | Sequence[str] | str = (),
        workdir: str = '',
        user: str = '',
        privileged: bool = False,
        tty: bool = False,
        name: str = '',
        volume: Sequence[str] | str = (),
        network: str = '',
        detach: bool = False,
        keep: bool = False,
        list: bool = False,
        append: Sequence[str] | str = (),
        append_tried: bool = False,
        forget: bool = False,
        no_raise_error: bool = False,
        trace: bool = False,
    ) -> Result:
        """Go on in the step of a build that failed."""
    def attach(self, container: str, *, trace: bool = False) -> Result:
        """Go to the terminal of a container."""
    def ps(
        self,
        *,
        all: bool = False,
        quiet: bool = False,
        last: int = 0,
        latest: bool = False,
        size: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        no_trunc: bool = False,
        trace: bool = False,
    ) -> ContainerTable | Message:
        """List containers."""
    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: str = 'all',
        since: str = '',
        until: str = '',
        timestamps: bool = False,
        live: bool = False,
        details: bool = False,
        trace: bool = False,
    ) -> Logs | LogPanel:
        """Show what a container wrote."""
    def start(self, *container: str, trace: bool = False) -> Message:
        """Start the daemon, or containers."""
    def stop(self, *container: str, time: int | None = None, signal: str = '', trace: bool = False) -> Message:
        """Stop containers, or (in a shell, without a name) the daemon."""
    def kill(self, *container: str, signal: str = 'KILL', trace: bool = False) -> Message:
        """Send a signal to containers."""
    def rm(self, *container: str, force: bool = False, volumes: bool = False, trace: bool = False) -> Message:
        """Remove containers."""
    def restart(self, *container: str, time: int | None = None, signal: str = '', trace: bool = False) -> Message:
        """Stop containers and start them again."""
    def pause(self, *container: str, trace: bool = False) -> Message:
        """Freeze all processes of containers."""
    def unpause(self, *container: str, trace: bool = False) -> Message:
        """Let frozen containers go on."""
    def wait(self, *container: str, trace: bool = False) -> Message:
        """Wait until containers have ended, and tell their exit codes."""
    def rename(self, container: str, name: str, *, trace: bool = False) -> Message:
        """Give a container another name."""
    def update(
        self,
        *container: str,
        memory: int | str = 0,
        memory_swap: int | str = 0,
        cpus: float = 0.0,
        pids_limit: int = 0,
        cpu_shares: int | None = None,
        cpu_period: int | None = None,
        cpu_quota: int | None = None,
        cpu_rt_period: int | None = None,
        cpu_rt_runtime: int | None = None,
        cpuset_cpus: str = '',
        cpuset_mems: str = '',
        memory_reservation: int | str | None = None,
        blkio_weight: int | None = None,
        restart: str = '',
        trace: bool = False,
    ) -> Message:
        """Change the limits of containers."""
    def top(self, container: str, *ps_arguments: str, trace: bool = False) -> Processes:
        """List the processes of a container."""
    def stats(
        self,
        *container: str,
        all: bool = False,
        no_stream: bool = False,
        no_trunc: bool = False,
        df: bool = False,
        trace: bool = False,
    ) -> Usages | UsageStream:
        """Tell what containers use now: processor, memory, network, disk."""
    def dashboard(self, *container: str, trace: bool = False) -> Dashboard:
        """Show all containers on one page: use over the last hour, logs, processes, files, networks, volumes, disk."""
    def diff(self, container: str, other: str = '', *, trace: bool = False) -> Changes | ImageDiff:
        """List the files that a container added (A), changed (C) or deleted (D), or what differs between two images."""
    def port(self, container: str, port: str = '', *, trace: bool = False) -> Message:
        """List the published ports of a container."""
    def cp(self, source: str, target: str, *, trace: bool = False) -> Message:
        """Copy files into a container or out of it."""
    def commit(
        self,
        container: str,
        name: str = '',
        *,
        author: str = '',
        message: str = '',
        change: Sequence[str] | str = (),
        no_pause: bool = False,
        trace: bool = False,
    ) -> Message:
        """Make an image of what a container has changed."""
    def export(self, container: str, *, output: str = 'container.tar', trace: bool = False) -> Message:
        """Write the files of a container into a tar."""
    def images(
        self,
        name: str | None = None,
        *,
        all: bool = False,
        quiet: bool = False,
        digests: bool = False,
        filter: Mapping[str, object] | Sequence[str] | str = (),
        no_trunc: bool = False,
        trace: bool = False,
    ) -> ImageTable | Message:
        """List images."""
    def pull(self, image: str, *, quiet: bool = False, platform: str = '', trace: bool = False) -> PullResult | Message:
        """Fetch an image from its registry."""
    def push(
        self,
        image: str,
        *,
        all_tags: bool = False,
        quiet: bool = False,
        trace: bool = False,
    ) -> PushResult | Message:
        """Send an image to its registry."""
    def tag(self, image: str, name: str, *, trace: bool = False) -> Message:
        """Give an image one more name."""
    def rmi(self, *image: str, force: bool = False, no_prune: bool = False, trace: bool = False) -> Message:
        """Remove images."""
    def history(
        self,
        image: str,
        *,
        no_trunc: bool = False,
        quiet: bool = False,
        trace: bool = False,
    ) -> History | Message:
        """List the layers of an image."""
    def layers(self, image: str, *, trace: bool = False) -> ImageLayers:
        """Explore the layers of an image: files added, changed and removed, and wasted bytes."""
    def save(self, *image: str, output: str = 'image.tar', trace: bool = False) -> Message:
        """Write images into a tar."""
    def load(self, *, input: str = 'image.tar', quiet: bool = False, trace: bool = False) -> Message:
        """Read images from a tar, or from a folder in the OCI layout."""
    def import_(
        self,
        file: str,
        name: str = '',
        *,
        change: Sequence[str] | str = (),
        message: str = '',
        trace: bool = False,
    ) -> Message:
        """Make an image of a tar of files."""
    @property
    def container(self) -> ContainerWords:
        """Containers: the same commands as without this word, and prune."""
    @property
    def image(self) -> ImageWords:
        """Images: the same commands as without this word, bootstrap and prune."""
    @property
    def network(self) -> NetworkWords:
        """List, make, inspect, join and remove networks."""
    @property
    def volume(self) -> VolumeWords:
        """List, make, inspect and remove volumes."""
    def inspect(
        self,
        *name: str,
        type: Literal['container', 'image', 'network', 'volume', ''] = '',
        size: bool = False,
        trace: bool = False,
    ) -> Inspection:
        """Show all that is known of containers, images, networks or volumes."""
    def login(
        self,
        server: str = '',
        *,
        username: str | None = None,
        password: str | None = None,
        trace: bool = False,
    ) -> Message:
        """Log in to a registry, for pull, push and build."""
    def logout(self, server: str = '', *, trace: bool = False) -> Message:
        """Forget the login at a registry."""
    @property
    def system(self) -> SystemWords:
        """Tell what takes how much disk, and remove what nobody uses."""
    @property
    def builder(self) -> BuilderWords:
        """Build images, and look after the cache of builds."""
    @property
    def registry(self) -> RegistryWords:
        """Serve images to others: docker, podman and skopeo push to it and pull from it."""
    def events(
        self,
        *,
        since: str = '',
        until: str = '',
        filter: Mapping[str, object] | Sequence[str] | str = (),
        trace: bool = False,
    ) -> Events:
        """Show what happens in the daemon, until --until or you interrupt."""
    def info(self, *, trace: bool = False) -> Table:
        """Tell what the daemon is and has."""
    def version(self, *, trace: bool = False) -> Table:
        """Tell the versions of the daemon."""
    def trace(self, *words: str, diagram: bool = False) -> Result:
        """Show how a container was started, call by call; save it, and show it anywhere."""
    def diagram(self, file: str | None = None) -> Result:
        """Show the parts from client to kernel, and light those that are at work."""
    def doctor(self, *, storage: bool = False, repair: bool = False, deep: bool = False) -> Result:
        """Check what this machine allows, and how to mend it."""
    def status(self) -> Message:
        """Tell whether the daemon runs."""
    def use(self, host: str | None = None) -> Message:
        """Work with another Docker or Podman daemon."""
    def config(
        self,
        key: Literal['host', 'image', 'timeout', 'safe', 'open_lines', 'short_errors', 'aliases'] | None = None,
        value: str | None = None,
        *,
        reset: bool = False,
        generate: bool = False,
        trace: bool = False,
    ) -> SettingsTable | Message:
        """Show and change settings."""
