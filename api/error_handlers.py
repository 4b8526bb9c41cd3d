"""The answer that a program gets for an error: problem details (RFC 9457) with the facts of the error."""

from __future__ import annotations

import json

from flask import Response

from core.errors import ServiceError, Unavailable
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import RETRY_SECONDS, details

MIMETYPE = "application/problem+json"


def problem_answer(error: ServiceError) -> Response:
    """The response to a program for `error`."""
    body = details(error, language_for(DEFAULT_LANGUAGE))
    headers = {"Retry-After": str(RETRY_SECONDS)} if isinstance(error, Unavailable) else None
    return Response(json.dumps(body, ensure_ascii=False), status=body["status"], headers=headers, mimetype=MIMETYPE)
