"""The `--change` of `docker import` and `docker commit`: Dockerfile instructions that only touch the config."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from jupyter_containers.build.dockerfile import lines
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.instructions import parse
from jupyter_containers.build.dockerfile.to_graph.convert import ACTIONS
from jupyter_containers.build.dockerfile.to_graph.state import StageState
from jupyter_containers.build.graph import vertex
from jupyter_containers.build.operations.definitions import ImageRoot
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.image_config import ProcessDefaults

_NUMBERED = re.compile(r"^dockerfile parse error on line \d+: ")
# Source: moby, builder/dockerfile, validCommitCommands.
ALLOWED = frozenset({
    "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip


def apply_changes(process: ProcessDefaults, changes: Sequence[str]) -> ProcessDefaults:
    """Return `process` with instructions such as `CMD ["sh"]` or `ENV A=b` applied, in order.

    Raises InvalidParameter (DockerfileError) for an instruction that is none of these or has wrong arguments.
    """
    text = "\n".join(changes)
    if not text.strip():
        return process
    state = StageState(0, vertex(ImageRoot(None)), process, {}, {})
    try:
        for line in lines.read(text).lines:
            if line.word not in ALLOWED:
                raise InvalidParameter(f"{line.word.lower()} is not a valid change command")
            statement = parse(line)
            ACTIONS[type(statement.instruction)](state, statement.instruction, statement)
    except DockerfileError as error:
        # There is no Dockerfile whose lines could be counted.
        raise InvalidParameter(_NUMBERED.sub("", error.message)) from error
    # BuildKit's mark alone: docker commit and import do not set it.
    return replace(state.process, args_escaped=process.args_escaped)
