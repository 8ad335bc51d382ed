"""API: the Docker Engine REST API over unix sockets and TCP with TLS, on aiohttp.

I own HTTP, Docker's JSON and its status codes. I may touch the engine, through the values of its use-cases; I decide
nothing about containers or images.

    request ──▶ failures ──▶ version ──▶ routes/<resource>.py ──▶ engine
                                              │ wire/<resource>.py: Docker's JSON ↔ our values
                                              ├ json_lines.py, streams.py: answers that last
                                              └ hijack.py, web_socket.py: attach and exec, the connection as bytes

Connections come through listeners.py (addresses) ─▶ tls.py ─▶ front.py (limits) ─▶ origins.py (no web pages).

Routes are data (routing.Route); a path that Docker has and we do not is answered 501 with a sentence, never with an
empty success. Start at server.py. Source: Docker Engine API v1.51.
"""
