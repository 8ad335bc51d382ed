"""The pass itself: stages and resolved base images in, a plan out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from jupyter_containers.build.dockerfile import instructions as words
from jupyter_containers.build.dockerfile.instructions import Copy, Label, Run, Statement
from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.build.dockerfile.stages import Dockerfile, Stage
from jupyter_containers.build.dockerfile.to_graph import files, settings
from jupyter_containers.build.dockerfile.to_graph.base import open_stage
from jupyter_containers.build.dockerfile.to_graph.plan import Plan, PlannedStep
from jupyter_containers.build.dockerfile.to_graph.run import run
from jupyter_containers.build.dockerfile.to_graph.state import StageState
from jupyter_containers.build.executor import NetworkMode
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.platform import host_platform

# Every step carries the config and the environment so far: without a limit a small Dockerfile could fill the memory.
MAX_CARRIED_BYTES = 128 << 20
_ENTRY_BYTES = 50

# What each instruction does to a stage; COPY and RUN need to know the other stages and stand apart.
ACTIONS: Mapping[type, Any] = {
    words.Env: settings.env, words.Label: settings.label, words.Arg: settings.arg,
    words.Workdir: files.workdir, words.User: settings.user, words.Cmd: settings.cmd,
    words.Entrypoint: settings.entrypoint, words.Expose: settings.expose, words.Volume: settings.volume,
    words.StopSignal: settings.stop_signal, words.Shell: settings.shell, words.Healthcheck: settings.healthcheck,
    words.Maintainer: settings.maintainer, words.Onbuild: settings.onbuild,
}  # fmt: skip


def plan(
    dockerfile: Dockerfile,
    target: Stage,
    images: Mapping[str, Image],
    *,
    build_args: Mapping[str, str | None],
    labels: Mapping[str, str],
    network: NetworkMode,
    emulated: Collection[str] = (),
) -> Plan:
    """Return the steps of the target and of the stages it needs. Raises DockerfileError with the lines.

    `dockerfile` has the triggers of the images already, see triggers.py. `emulated` are architectures beside this
    machine's whose programs run here.
    """
    stages: dict[int, StageState] = {}
    carried = 0
    for stage in dockerfile.needed(target):
        state = stages[stage.number] = open_stage(
            stage, stages, images, dockerfile=dockerfile, build_args=build_args, network=network, emulated=emulated
        )
        for statement in (*stage.triggers, *stage.statements):
            _act(state, statement, dockerfile, stages, images)
            carried += _weight(state.steps[-1])
            if carried > MAX_CARRIED_BYTES:
                raise statement.line.error(
                    "variables, labels and history up to here, counted once for each instruction, have more than "
                    f"{MAX_CARRIED_BYTES} bytes; put the large ones into files"
                )
    last = stages[target.number]
    _add_labels(last, labels, (target.opening, *target.statements)[-1].line)
    steps = tuple(step for state in stages.values() for step in state.steps)
    return Plan(
        steps,
        last.top,
        target.number,
        dockerfile.platform_of(target) or host_platform(),
        tuple(stage.name for stage in dockerfile.stages),
        dockerfile.warnings,
    )


def _weight(step: PlannedStep) -> int:
    """Return roughly how many bytes are kept, and hashed, for a step because of what lines before it said."""
    process = step.process
    entries = (process.env, process.labels, process.exposed_ports, process.volumes, process.on_build)
    return len(step.created_by) + sum(map(len, process.env)) + sum(map(len, entries)) * _ENTRY_BYTES


def _act(
    state: StageState,
    statement: Statement,
    dockerfile: Dockerfile,
    stages: Mapping[int, StageState],
    images: Mapping[str, Image],
) -> None:
    instruction = statement.instruction
    if isinstance(instruction, Copy):
        files.copy(state, instruction, statement, dockerfile=dockerfile, stages=stages, images=images)
    elif isinstance(instruction, Run):
        run(state, instruction, statement, dockerfile=dockerfile, stages=stages, images=images)
    else:
        ACTIONS[type(instruction)](state, instruction, statement)


def _add_labels(state: StageState, labels: Mapping[str, str], last: Line) -> None:
    """One step for each label given to the build, as dockerd tells it, without history; values are not expanded."""
    for name, value in sorted(labels.items()):
        state.change(labels={**state.process.labels, name: value})
        line = replace(last, word="LABEL", text=f"LABEL {name}={value}")
        state.add_step(Statement(Label(((name, value),)), line), "")
