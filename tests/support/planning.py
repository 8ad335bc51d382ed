"""A Dockerfile through all the pure passes, with base images that exist only as values, and the result as text."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jupyter_containers.build.dockerfile import lines
from jupyter_containers.build.dockerfile.stages import divide
from jupyter_containers.build.dockerfile.to_graph.convert import plan
from jupyter_containers.build.dockerfile.to_graph.plan import Plan
from jupyter_containers.build.dockerfile.triggers import with_triggers
from jupyter_containers.images.walk import Image
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ImageConfig, ProcessDefaults, process_to_json
from jupyter_containers.oci.manifest import Manifest
from jupyter_containers.oci.platform import Platform

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")


def image(process: ProcessDefaults, platform: Platform = AMD64) -> Image:
    """Return an image of one layer that is nowhere."""
    layer = Descriptor(media_types.OCI_LAYER, Digest.of(b"layer"), 5)
    config = ImageConfig(platform, (layer.digest,), process)
    content = config.to_bytes()
    manifest = Manifest(
        media_types.OCI_MANIFEST, Descriptor(media_types.OCI_CONFIG, Digest.of(content), len(content)), (layer,)
    )
    return Image(
        Descriptor(media_types.OCI_MANIFEST, Digest.of(manifest.to_bytes()), 1), manifest, config, Digest.of(content)
    )


IMAGES: Mapping[str, Image] = {
    "busybox": image(ProcessDefaults(env=("PATH=/bin",), cmd=("sh",))),
    "busybox linux/arm64/v8": image(ProcessDefaults(env=("PATH=/bin",), cmd=("sh",)), ARM64),
    "a": image(ProcessDefaults()),
    "triggers": image(ProcessDefaults(env=("PATH=/bin",), on_build=("RUN echo triggered", "ENV A=3"))),
    "shaped": image(ProcessDefaults(env=("PATH=/bin",), entrypoint=("base",), cmd=("arg",), working_dir="/base")),
}


def planned(
    text: str,
    *,
    target: str = "",
    build_args: Mapping[str, str | None] = {},
    labels: Mapping[str, str] = {},
    platform: Platform | None = None,
    emulated: Collection[str] = (),
    images: Mapping[str, Image] = IMAGES,
) -> Plan:
    parsed = with_triggers(divide(lines.read(text), build_args, platform=platform, target=target), images)
    stage = parsed.target(target)
    return plan(
        parsed, stage, images, build_args=build_args, labels=labels, network="default", emulated=emulated
    )  # fmt: skip


def described(found: Plan) -> str:
    """Return a plan as text: a line for each step, what it does, and the config at the end."""
    result: list[str] = []
    for step in found.steps:
        place = f"{step.lines[0]}" if step.lines[0] == step.lines[1] else f"{step.lines[0]}-{step.lines[1]}"
        result.append(f"{place}: {step.text}")
        if step.created_by:
            result.append(f"  history {step.created_by!r}")
        if step.vertex is not None and step.opens is None:
            result += [f"  {name} {value!r}" for name, value in step.vertex.operation.definition().items() if value]
    last = [step for step in found.steps if step.stage == found.stage][-1]
    result += [f"{name} {value!r}" for name, value in process_to_json(last.process).items()]
    result += [f"warning {line}: {text}" for line, text in found.warnings]
    return "\n".join(result) + "\n"
