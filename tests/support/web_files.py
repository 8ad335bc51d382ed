"""A few files on a web server of the loopback, for what daemons fetch by URL."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Of every file, as HTTP and as seconds since the epoch.
MODIFIED, MODIFIED_SECONDS = "Tue, 02 Jan 2024 03:04:05 GMT", 1_704_164_645


@contextmanager
def web_files(files: Mapping[str, bytes]) -> Iterator[str]:
    """Serve `files` by their paths; yields `http://host:port`. The mapping may be changed meanwhile."""

    class Answerer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Last-Modified", MODIFIED)
            self.send_header("Content-Length", str(len(content or b"gone")))
            self.end_headers()
            self.wfile.write(b"gone" if content is None else content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answerer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="web files")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
