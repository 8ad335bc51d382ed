"""/images, what comes in and goes out: pull, import, load, save, push."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from jupyter_containers.api.blocking import send_from_thread
from jupyter_containers.api.json_lines import JsonLines, Outbox
from jupyter_containers.api.naming import credentials_of, platform_of, reference_of
from jupyter_containers.api.routing import Route, engine_of, flag, text
from jupyter_containers.api.tracing import recorded
from jupyter_containers.api.wire.progress import loading_json, progress_json
from jupyter_containers.engine.transfers import Loaded, Pulled
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Progress, shown_url

_CHUNK = 256 * 1024


async def create(request: web.Request) -> web.StreamResponse:
    """Pull (`fromImage`) or import (`fromSrc`)."""
    if text(request, "fromSrc"):
        return await _import(request)
    image, tag = text(request, "fromImage"), text(request, "tag")
    if not image:
        raise InvalidParameter("which image? parameter fromImage is empty")
    reference = reference_of(image.removesuffix(":"), tag)
    credentials = credentials_of(request)
    async with JsonLines(request) as lines, Outbox(lines) as outbox:
        if reference.tag or reference.digest:
            pulled = await _pull(request, reference, credentials, outbox)
            outbox.put(_verdict(reference, pulled.is_new))
            if pulled.warning:
                outbox.put({"status": f"WARNING: {pulled.warning}"})
        else:
            await _pull_all(request, reference, credentials, outbox)
    return lines.response


async def _pull_all(
    request: web.Request, repository: Reference, credentials: Credentials | None, outbox: Outbox
) -> None:
    """Pull every tag of a repository: so the API reads a name without one."""
    is_new = False
    for tag in await engine_of(request).transfers.tags(repository, credentials=credentials):
        is_new |= (await _pull(request, repository.with_tag(tag), credentials, outbox)).is_new
    outbox.put(_verdict(repository, is_new))


async def _pull(request: web.Request, reference: Reference, credentials: Credentials | None, outbox: Outbox) -> Pulled:
    def tell(step: Progress) -> None:
        outbox.put(progress_json(step))

    pulled = await engine_of(request).transfers.pull(
        reference, platform=platform_of(request), credentials=credentials, progress=tell
    )
    outbox.put({"status": f"Digest: {pulled.digest}"})
    return pulled


def _verdict(reference: Reference, is_new: bool) -> dict[str, str]:
    words = "Downloaded newer image for" if is_new else "Image is up to date for"
    return {"status": f"Status: {words} {reference.familiar}"}


async def _import(request: web.Request) -> web.StreamResponse:
    source, transfers = text(request, "fromSrc"), engine_of(request).transfers
    repository, tag = text(request, "repo"), text(request, "tag")
    name = reference_of(repository, tag).with_default_tag() if repository else None

    async def make(body: AsyncIterator[bytes]) -> Image:
        return await transfers.import_(
            body,
            name=name,
            changes=request.query.getall("changes", []),
            message=text(request, "message") or f"Imported from {shown_url(source)}",
            platform=platform_of(request),
        )

    async with JsonLines(request) as lines:
        if source == "-":
            image = await make(_body(request))
        else:
            async with transfers.fetch(source if "://" in source else f"http://{source}") as fetched:
                await lines.send({"status": f"Downloading from {shown_url(source)}"})
                image = await make(fetched.chunks)
        await lines.send({"status": str(image.config_digest)})
    return lines.response


async def load(request: web.Request) -> web.StreamResponse:
    quiet, platform = flag(request, "quiet", default=True), platform_of(request)
    # A parameter of ours: what is loaded is for a build that comes next.
    leases = flag(request, "lease", default=False)
    async with JsonLines(request) as lines, Outbox(lines) as outbox:
        # A failure is a line of the answer, where Docker's clients look for it, and not a status.
        await lines.start()

        def tell(step: Progress) -> None:
            if not quiet and (line := loading_json(step)):
                outbox.put(line)

        for loaded in await engine_of(request).transfers.load(_body(request), tell, platform, leases=leases):
            for line in _loaded_lines(loaded):
                outbox.put({"stream": line})
    return lines.response


def _loaded_lines(loaded: Loaded) -> list[str]:
    lines = [
        f"The image {name.familiar} already exists, renaming the old one with ID {old} to empty string\n"
        for name, old in loaded.replaced
    ]
    lines += [f"Loaded image: {name.familiar}\n" for name in loaded.names]
    return lines if loaded.names else [f"Loaded image ID: {loaded.image.config_digest}\n"]


def _body(request: web.Request) -> AsyncIterator[bytes]:
    return request.content.iter_chunked(_CHUNK)


async def save(request: web.Request) -> web.StreamResponse:
    name = request.match_info.get("name")
    names = request.query.getall("names", []) if name is None else [name]
    async with engine_of(request).exports.saving(names, platform_of(request)) as write_to:
        response = web.StreamResponse(headers={"Content-Type": "application/x-tar"})
        return await send_from_thread(request, response, write_to)


async def push(request: web.Request) -> web.StreamResponse:
    """Push one tag, or all tags of a repository when none is given."""
    reference = reference_of(request.match_info["name"], text(request, "tag"))
    credentials = credentials_of(request)
    platform, pushes = platform_of(request), engine_of(request).pushes
    async with JsonLines(request) as lines, Outbox(lines) as outbox:
        await lines.send({"status": f"The push refers to repository [{reference.repository}]"})

        def tell(step: Progress) -> None:
            outbox.put(progress_json(step))

        for name in pushes.names(reference):
            pushed = await pushes.push(name, credentials=credentials, platform=platform, progress=tell)
            outbox.put({"status": f"{pushed.tag}: digest: {pushed.digest} size: {pushed.size}"})
            aux = {"Tag": pushed.tag, "Digest": str(pushed.digest), "Size": pushed.size}
            outbox.put({"progressDetail": {}, "aux": aux})
    return lines.response


ROUTES = (
    Route("POST", "/images/create", recorded(create), cancels=True),
    Route("POST", "/images/load", load, cancels=True),
    Route("GET", "/images/get", save),
    Route("GET", "/images/{name:.+}/get", save),
    Route("POST", "/images/{name:.+}/push", recorded(push), cancels=True),
)
