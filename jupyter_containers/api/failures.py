"""Errors on the wire: a kind becomes a status, the message becomes {"message": …}."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from jupyter_containers.api.routing import Handler, json_answer
from jupyter_containers.errors import ContainersError

_log = logging.getLogger(__name__)


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors in Docker's form. An unexpected one is logged with its traceback, and answered as 500."""
    try:
        return await handler(request)
    except ContainersError as error:
        return failure(error)
    except web.HTTPException as error:
        if error.status == 304:
            raise
        return _answer(error.status, error.text if isinstance(error, web.HTTPRequestEntityTooLarge) else error.reason)
    except RequestPayloadError as error:
        return _answer(400, f"the request body broke off: {error}")
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge: whatever it was, the client gets a sentence and the log all
        _log.exception("%s %s failed", request.method, request.path)
        return _answer(500, str(error) or type(error).__name__)


def failure(error: ContainersError) -> web.Response:
    """Return the answer for an error; `details["status"]` overrides the kind's status where Docker's differs."""
    return _answer(int(error.details.get("status", error.status)), error.message)


def _answer(status: int, message: str | None) -> web.Response:
    return json_answer({"message": message or "unknown error"}, status=status)
