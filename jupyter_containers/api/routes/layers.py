"""/images/NAME/layers: what is in each layer of an image, and a file of one. Docker's API has neither.

    GET /images/NAME/layers?digests=1&content=PATH&content=FOLDER/
        JSON lines, as images.listing.lines tells them, beginning with the lowest layer. With `digests` a line about a
        file has a digest of its content; the content of PATH, and of all in FOLDER/, comes along in base64, up to
        16 MiB of each. {"errorDetail": …, "error": …} is the last line of what could not be read to its end.
    GET /images/NAME/layers/NUMBER/file?path=PATH&limit=BYTES
        The file as it is in that layer, 0 being the lowest; links are not followed.

The layer of `host` is not listed, and its line says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from aiohttp import web

from jupyter_containers.api.blocking import send_from_thread
from jupyter_containers.api.json_lines import error_line
from jupyter_containers.api.routing import Route, engine_of, flag, integer
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.images import listing
from jupyter_containers.images.listing import Wanted

_BUNCH_BYTES, _BUNCH_SECONDS = 64 * 1024, 0.2
_MOST_CONTENTS = 32
_NO_LIMIT = 1 << 62


async def look(request: web.Request) -> web.StreamResponse:
    contents = request.query.getall("content", [])
    if len(contents) > _MOST_CONTENTS:
        raise InvalidParameter(f"{len(contents)} times content; at most {_MOST_CONTENTS} are answered")
    wanted = Wanted(flag(request, "digests"), frozenset(contents))
    listings = engine_of(request).layer_listings
    async with listings.opened(request.match_info["name"]) as view:

        def produce(write: Callable[[bytes], object]) -> None:
            bunch, lines = _Bunch(write), listing.lines(view.image, listings.content, wanted)
            # Without the first line there is no answer, but a status.
            bunch.add(next(lines))
            try:
                for line in lines:
                    bunch.add(line)
            except ContainersError as error:
                bunch.add(error_line(error))
            bunch.send()

        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        return await send_from_thread(request, response, produce, buffer_bytes=1)


async def read(request: web.Request) -> web.StreamResponse:
    # A name need not be text: aiohttp's own reading of a query would lose what is not.
    given = parse_qs(request.rel_url.raw_query_string, errors="surrogateescape")
    path = given.get("path", [""])[0]
    if not path:
        raise InvalidParameter("which file? parameter path is empty")
    limit = integer(request, "limit", _NO_LIMIT)
    if limit is None or limit < 1:
        raise InvalidParameter(f"limit {limit}: it is a number of bytes, at least 1")
    number, listings = int(request.match_info["number"]), engine_of(request).layer_listings
    async with listings.opened(request.match_info["name"]) as view:

        def produce(write: Callable[[bytes], object]) -> None:
            left = limit
            for piece in listing.file_pieces(view.image, listings.content, number, path):
                write(piece[:left])
                left -= len(piece)
                if left <= 0:
                    return

        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        return await send_from_thread(request, response, produce)


class _Bunch:
    """Lines that go out together: each way to the loop costs as much as many of them."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lines: list[bytes] = []
        self._size = 0
        self._sent_at = time.monotonic()

    def add(self, line: object) -> None:
        text = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        self._lines.append(text)
        self._size += len(text)
        if self._size >= _BUNCH_BYTES or time.monotonic() - self._sent_at >= _BUNCH_SECONDS:
            self.send()

    def send(self) -> None:
        if self._lines:
            self._write(b"".join(self._lines))
        self._lines, self._size, self._sent_at = [], 0, time.monotonic()


ROUTES = (
    Route("GET", "/images/{name:.+}/layers", look),
    Route("GET", "/images/{name:.+}/layers/{number:[0-9]{1,4}}/file", read),
)
